"""Who may open the desk's pages: whoever is logged in; all others are led to the login page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import Language
from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission
from geogrid_api.authentication import OptionalActorDep
from geogrid_api.landing_pages import HOME_PATH, is_page
from geogrid_api.security_headers import make_page_headers

if TYPE_CHECKING:
    from fastapi import FastAPI

LOGIN_PATH: Final = "/login"


class LoginRequiredError(Exception):
    """Nobody is logged in, or no longer."""


async def require_desk_user(actor: OptionalActorDep) -> Actor:
    """Return who is at the desk.

    Raises
    ------
    LoginNeededError
        If nobody is logged in.
    ForbiddenError
        If the account may not read incidents.
    """
    if actor is None:
        raise LoginRequiredError
    check_permission(actor, Permission.INCIDENTS_READ)
    return actor


DeskActorDep = Annotated[Actor, Depends(require_desk_user)]


def get_language(lang: Language = Language.ZH) -> Language:
    """Return the language that is asked for."""
    return lang


LanguageDep = Annotated[Language, Depends(get_language)]


def safe_redirect(path: str, home: str = HOME_PATH) -> str:
    """Return where a login leads: a page of our own, or else home.

    Examples
    --------
    >>> safe_redirect("/m?lang=en"), led_to("https://elsewhere.invalid/desk"), led_to("//elsewhere.invalid")
    ('/m?lang=en', '/', '/')
    """
    plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    return path if plain and is_page(path) else home


def html_response(html: str, status: int = HTTPStatus.OK, *, images: str = "") -> HTMLResponse:
    """Return a page, or a part of one, which belongs to the one who asked and to nobody else.

    Images may come from one more origin, see `geogrid_api.security_headers.make_page_headers`.
    """
    # It shows what the one who asked may see, and is gone with the session.
    return HTMLResponse(html, status, headers=make_page_headers(images=images) | {"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Redirect requests for pages without a session to the login page."""
    app.add_exception_handler(LoginRequiredError, _on_login_needed)


def _on_login_needed(request: Request, _error: Exception) -> Response:
    if "hx-request" in request.headers:
        # The open page asks for the login itself and keeps everything typed: see desk_session.js.
        return Response(status_code=HTTPStatus.UNAUTHORIZED)
    # A form is not sent again after the login; its page is opened instead.
    path = _page_of(request)
    return RedirectResponse(_login(request, safe_redirect(path)), HTTPStatus.SEE_OTHER)


def _page_of(request: Request) -> str:
    """Return the address of the page that a request for a page, a fragment or a form belongs to."""
    path, query = request.url.path, request.url.query
    if path.startswith("/desk/"):
        number = request.path_params.get("number")
        return f"/desk?incident={number}" if number else "/desk"
    if path.startswith("/m/"):
        return "/m"
    return f"{path}?{query}" if query else path


def _login(request: Request, path: str) -> str:
    english = "&lang=en" if request.query_params.get("lang") == Language.EN else ""
    return f"{LOGIN_PATH}?next={quote(path, safe='')}{english}"
