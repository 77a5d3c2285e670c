"""Login page, and login and logout with a session cookie."""

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
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import SESSION_COOKIE, CookieDep, OptionalActorDep, check_same_origin
from geogrid_api.page_access import landing_path, may_open
from geogrid_api.page_dependencies import LOGIN_PATH, LanguageDep, html_response, safe_redirect
from geogrid_maps.desk import render
from geogrid_maps.desk_texts import desk_text

router = APIRouter(include_in_schema=False)

_MAX_BYTES = 16_000


@router.get(LOGIN_PATH, response_class=HTMLResponse)
def show_login(
    state: StateDep,
    actor: OptionalActorDep,
    cookie: CookieDep,
    lang: LanguageDep,
    next: str = "",  # noqa: A002 - name of the parameter
) -> Response:
    """Show the login page with the reason for it, or redirect a user who is logged in."""
    if actor is not None:
        return RedirectResponse(_target_path(actor, next, lang), HTTPStatus.SEE_OTHER)
    next_path = safe_redirect(next, "")
    reason = desk_text("session_ended_back", lang) if cookie else desk_text("login_needed", lang)
    return _page(state, lang, next_path, reason=reason if next_path else "")


@router.post(LOGIN_PATH, response_class=HTMLResponse, max_body_size=_MAX_BYTES)
def log_in(
    request: Request,
    state: StateDep,
    cookie: CookieDep,
    lang: LanguageDep,
    name: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=MAX_LENGTH)],
    next: Annotated[str, Form(max_length=1_000)] = "",  # noqa: A002 - name of the parameter
) -> Response:
    """Log in and redirect; a wrong password shows the login page again with the error.

    A request with the header ``HX-Request``, from the login dialog of an open page, gets no redirect.
    """
    # Pages of other sites must not log users in.
    check_same_origin(request)
    try:
        session = service.log_in(state.store, name, password, request.client.host if request.client else "")
    except AccessError:
        return _page(state, lang, safe_redirect(next, ""), "name_or_password", HTTPStatus.UNAUTHORIZED)
    except RateError as error:
        throttled = _page(state, lang, safe_redirect(next, ""), "too_many", HTTPStatus.TOO_MANY_REQUESTS)
        throttled.headers["Retry-After"] = str(error.retry_after_s)
        return throttled
    if cookie:
        # End the previous session: after its cookie is replaced, the user cannot log out of it.
        service.log_out(state.store, cookie)
    response: Response = RedirectResponse(_target_path(session.actor, next, lang), HTTPStatus.SEE_OTHER)
    if "hx-request" in request.headers:
        response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=int(service.SESSION_LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
def log_out(request: Request, state: StateDep, cookie: CookieDep, lang: LanguageDep) -> Response:
    """End the session and show the login page."""
    check_same_origin(request)
    if cookie:
        service.log_out(state.store, cookie)
    response = RedirectResponse(f"{LOGIN_PATH}?lang={lang}", HTTPStatus.SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


def _target_path(actor: Actor, path: str, lang: Language) -> str:
    """Return the requested page if the actor may open it, or the landing page."""
    requested = safe_redirect(path, "")
    return requested if requested and may_open(actor, requested) else landing_path(actor, lang)


def _page(
    state: AppState,
    lang: Language,
    next_path: str,
    problem: str | None = None,
    status: int = HTTPStatus.OK,
    *,
    reason: str = "",
) -> HTMLResponse:
    other = {"lang": Language.EN if lang is Language.ZH else Language.ZH} | ({"next": next_path} if next_path else {})
    html = render(
        "desk_login.html",
        lang,
        district=state.rules.profile.district.label(lang),
        next=next_path,
        other=f"?{urlencode(other)}",
        problem=desk_text(problem, lang) if problem else "",
        reason=reason,
    )
    return html_response(html, status)
