"""Who may open the desk's pages: whoever is logged in; all others are led to the login page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.access import check_permission
from geogrid.model import Actor, Permission
from geogrid_api.actors import MaybeActorDep
from geogrid_api.landing import FIRST, is_page
from geogrid_api.security import page_policy
from geogrid_maps.view import Language

if TYPE_CHECKING:
    from fastapi import FastAPI

LOGIN: Final = "/login"


class LoginNeededError(Exception):
    """Nobody is logged in, or no longer."""


async def desk_actor(actor: MaybeActorDep) -> Actor:
    """Return who is at the desk.

    Raises
    ------
    LoginNeededError
        If nobody is logged in.
    ForbiddenError
        If the account may not read incidents.
    """
    if actor is None:
        raise LoginNeededError
    check_permission(actor, Permission.INCIDENTS_READ)
    return actor


DeskActorDep = Annotated[Actor, Depends(desk_actor)]


def language_of(lang: Language = Language.ZH) -> Language:
    """Return the language that is asked for."""
    return lang


LanguageDep = Annotated[Language, Depends(language_of)]


def led_to(path: str, home: str = FIRST) -> str:
    """Return where a login leads: a page of our own, or else home.

    Examples
    --------
    >>> led_to("/m?lang=en"), led_to("https://elsewhere.invalid/desk"), led_to("//elsewhere.invalid")
    ('/m?lang=en', '/', '/')
    """
    plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    return path if plain and is_page(path) else home


def page(html: str, status: int = HTTPStatus.OK, *, images: str = "") -> HTMLResponse:
    """Return a page, or a part of one, which belongs to the one who asked and to nobody else.

    Images may come from one more origin, see `geogrid_api.security.page_policy`.
    """
    # It shows what the one who asked may see, and is gone with the session.
    return HTMLResponse(html, status, headers=page_policy(images=images) | {"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Lead to the login page whoever is not logged in."""
    app.add_exception_handler(LoginNeededError, _on_login_needed)


def _on_login_needed(request: Request, _error: Exception) -> Response:
    if "hx-request" in request.headers:
        # A part of a page cannot be a login: the page as a whole goes there.
        back = request.headers.get("hx-current-url", "")
        path = led_to("/" + back.split("/", 3)[3] if back.count("/") > 2 else "")  # noqa: PLR2004 - scheme and host
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": _login(request, path)})
    query = f"?{request.url.query}" if request.url.query else ""
    # A form is not sent again by the login, and its address shows no page.
    path = led_to(request.url.path + query) if request.method == "GET" else FIRST
    return RedirectResponse(_login(request, path), HTTPStatus.SEE_OTHER)


def _login(request: Request, path: str) -> str:
    english = "&lang=en" if request.query_params.get("lang") == Language.EN else ""
    return f"{LOGIN}?next={quote(path, safe='')}{english}"
