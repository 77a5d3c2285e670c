"""The login page of people, over the sessions of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import AccessError, RateError
from geogrid.model import Actor
from geogrid.services import sessions as service
from geogrid.services.passwords import MAX_LENGTH
from geogrid_api.authentication import COOKIE, CookieDep, MaybeActorDep, check_same_origin
from geogrid_api.dependencies import HouseDep
from geogrid_api.desk_auth import LOGIN, LanguageDep, led_to, page
from geogrid_api.landing import landing_of, may_open
from geogrid_maps.desk import render
from geogrid_maps.desk_texts import desk_text

router = APIRouter(include_in_schema=False)

_MAX_BYTES = 16_000


@router.get(LOGIN, response_class=HTMLResponse)
def login_page(
    actor: MaybeActorDep,
    cookie: CookieDep,
    lang: LanguageDep,
    next: str = "",  # noqa: A002 - as addresses have it
) -> Response:
    """Show the login page with the reason for it, or redirect a user who is logged in."""
    if actor is not None:
        return RedirectResponse(_goal(actor, next, lang), HTTPStatus.SEE_OTHER)
    led = led_to(next, "")
    reason = "session_ended_back" if cookie else "login_needed"
    return _page(lang, led, reason=reason if led else None)


@router.post(LOGIN, response_class=HTMLResponse, max_body_size=_MAX_BYTES)
def log_in(
    request: Request,
    house: HouseDep,
    cookie: CookieDep,
    lang: LanguageDep,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=MAX_LENGTH)],
    next: Annotated[str, Form(max_length=1_000)] = "",  # noqa: A002 - as addresses have it
) -> Response:
    """Log in and redirect; a wrong password shows the login page again, with the reason.

    A script that logs in over an open page sends the header ``HX-Request`` and gets no redirect.
    """
    # Nobody is logged in by a page of somebody else's.
    check_same_origin(request)
    try:
        session = service.log_in(house.store, name, password, request.client.host if request.client else "")
    except AccessError:
        return _page(lang, led_to(next, ""), "name_or_password", HTTPStatus.UNAUTHORIZED)
    except RateError as error:
        refused = _page(lang, led_to(next, ""), "too_many", HTTPStatus.TOO_MANY_REQUESTS)
        refused.headers["Retry-After"] = str(error.retry_after_s)
        return refused
    if cookie:
        # Nobody can log out of a session whose cookie is gone.
        service.log_out(house.store, cookie)
    answer: Response = RedirectResponse(_goal(session.actor, next, lang), HTTPStatus.SEE_OTHER)
    if "hx-request" in request.headers:
        answer = Response(status_code=HTTPStatus.NO_CONTENT)
    answer.set_cookie(
        COOKIE,
        session.token,
        max_age=int(service.LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout")
def log_out(request: Request, house: HouseDep, cookie: CookieDep, lang: LanguageDep) -> Response:
    """End the session and show the login page."""
    check_same_origin(request)
    if cookie:
        service.log_out(house.store, cookie)
    answer = RedirectResponse(f"{LOGIN}?lang={lang}", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def _goal(actor: Actor, path: str, lang: Language) -> str:
    """Return the page that a login leads to: the one that was asked for, if the actor may open it."""
    asked = led_to(path, "")
    return asked if asked and may_open(actor, asked) else landing_of(actor, lang)


def _page(
    lang: Language,
    led: str,
    problem: str | None = None,
    status: int = HTTPStatus.OK,
    *,
    reason: str | None = None,
) -> HTMLResponse:
    other = {"lang": Language.EN if lang is Language.ZH else Language.ZH} | ({"next": led} if led else {})
    html = render(
        "desk_login.html",
        lang,
        next=led,
        other=f"?{urlencode(other)}",
        problem=desk_text(problem, lang) if problem else "",
        reason=desk_text(reason, lang) if reason else "",
    )
    return page(html, status)
