"""Who may open the desk's pages: whoever is logged in; all others are led to the login page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import AccessError
from geogrid.model import Actor, Permission, Role
from geogrid.permissions import may
from geogrid_api.authentication import MaybeActorDep
from geogrid_api.problems import on_geogrid_error
from geogrid_api.security_headers import page_policy
from geogrid_maps.desk import render
from geogrid_maps.desk_refusals import REFUSALS

if TYPE_CHECKING:
    from fastapi import FastAPI

LOGIN: Final = "/login"
#: Where a login may lead: nowhere but to pages of our own that ask for one.
_LED_TO: Final = ("/desk", "/m", "/incidents", "/maps/", "/figures", "/v1/cards/")


class LoginNeededError(Exception):
    """Nobody is logged in, or no longer."""


class NotForThemError(Exception):
    """Who is logged in may not read incidents."""


async def desk_actor(actor: MaybeActorDep) -> Actor:
    """Return who is at the desk.

    Raises
    ------
    LoginNeededError
        If nobody is logged in.
    NotForThemError
        If that may not read incidents.
    """
    if actor is None:
        raise LoginNeededError
    if not may(actor, Permission.INCIDENTS_READ):
        raise NotForThemError
    return actor


DeskActorDep = Annotated[Actor, Depends(desk_actor)]


def language_of(lang: Language = Language.ZH) -> Language:
    """Return the language that is asked for."""
    return lang


LanguageDep = Annotated[Language, Depends(language_of)]


def home_of(actor: Actor) -> str:
    """Return the page that somebody works at: grid workers have a telephone, all others the desk.

    Examples
    --------
    >>> from geogrid.model import Role
    >>> home_of(Actor("user:1", "test", frozenset({Role.GRID_WORKER})))
    '/m'
    """
    return "/m" if actor.roles == {Role.GRID_WORKER} else "/desk"


def led_to(path: str, home: str = "/desk") -> str:
    """Return where a login leads: a page of our own, or else home.

    Examples
    --------
    >>> led_to("/m?lang=en"), led_to("https://elsewhere.invalid/desk"), led_to("//elsewhere.invalid")
    ('/m?lang=en', '/desk', '/desk')
    """
    plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    begins = any(
        path == one or path.startswith((f"{one}?", one if one.endswith("/") else f"{one}/")) for one in _LED_TO
    )
    return path if plain and begins else home


def page(html: str, status: int = HTTPStatus.OK, *, images: str = "") -> HTMLResponse:
    """Return a page, or a part of one, which belongs to the one who asked and to nobody else.

    Images may come from one more origin, see `geogrid_api.security_headers.page_policy`.
    """
    # It shows what the one who asked may see, and is gone with the session.
    return HTMLResponse(html, status, headers=page_policy(images=images) | {"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Redirect requests for pages without a session to the login page."""
    app.add_exception_handler(LoginNeededError, _on_login_needed)
    app.add_exception_handler(AccessError, _on_access_error)
    app.add_exception_handler(NotForThemError, _on_not_for_them)


def _on_login_needed(request: Request, _error: Exception) -> Response:
    if "hx-request" in request.headers:
        # The open page asks for the login itself and keeps everything typed: see desk_session.js.
        return Response(status_code=HTTPStatus.UNAUTHORIZED)
    return RedirectResponse(_login(request, led_to(_page_of(request))), HTTPStatus.SEE_OTHER)


def _on_access_error(request: Request, error: Exception) -> Response:
    """Redirect a browser that opens a page to the login page; return a problem to programs and scripts."""
    opened = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    # Scripts of maps ask for parts of pages; only a browser's address bar or a link opens a page.
    opened = opened and request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    if opened and "authorization" not in request.headers and led_to(request.url.path, ""):
        return _on_login_needed(request, error)
    return on_geogrid_error(request, error)


def _page_of(request: Request) -> str:
    """Return the path of the page that a request belongs to: a part of the desk, or a form, is no page."""
    path, query = request.url.path, request.url.query
    if path.startswith("/desk/"):
        number = request.path_params.get("number")
        return f"/desk?incident={number}" if number else "/desk"
    if path.startswith("/m/"):
        return "/m"
    return f"{path}?{query}" if query else path


def _on_not_for_them(request: Request, _error: Exception) -> Response:
    lang = Language.EN if request.query_params.get("lang") == Language.EN else Language.ZH
    return page(render("desk_closed.html", lang, what=REFUSALS["permission"][lang]), HTTPStatus.FORBIDDEN)


def _login(request: Request, path: str) -> str:
    english = "&lang=en" if request.query_params.get("lang") == Language.EN else ""
    return f"{LOGIN}?next={quote(path, safe='')}{english}"
