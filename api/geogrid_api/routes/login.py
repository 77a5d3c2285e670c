"""The login page of people, over the sessions of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import AccessError, RateError
from geogrid.services import sessions as service
from geogrid.services.passwords import MAX_LENGTH
from geogrid_api.authentication import COOKIE, CookieDep, MaybeActorDep, check_same_origin
from geogrid_api.dependencies import HouseDep
from geogrid_api.desk_auth import LOGIN, LanguageDep, home_of, led_to, page
from geogrid_maps.desk import render
from geogrid_maps.desk_texts import say

router = APIRouter(include_in_schema=False)

_MAX_BYTES = 16_000


@router.get(LOGIN, response_class=HTMLResponse)
def login_page(actor: MaybeActorDep, lang: LanguageDep, next: str = "") -> Response:  # noqa: A002 - as addresses have it
    """Show the login page, or go on where somebody is logged in."""
    if actor is not None:
        return RedirectResponse(led_to(next, home_of(actor)), HTTPStatus.SEE_OTHER)
    return _page(lang, led_to(next, ""))


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
    """Log in and go on; a wrong password leads back, with the reason."""
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
    answer = RedirectResponse(led_to(next, home_of(session.actor)), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        session.token,
        max_age=int(service.SESSION_LIFETIME.total_seconds()),
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


def _page(lang: Language, led: str, problem: str | None = None, status: int = HTTPStatus.OK) -> HTMLResponse:
    other = Language.EN if lang is Language.ZH else Language.ZH
    return page(
        render(
            "desk_login.html", lang, next=led, other=f"?lang={other}", problem=say(problem, lang) if problem else ""
        ),
        status,
    )
