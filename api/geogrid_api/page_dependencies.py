"""Dependencies and responses of HTML pages: login redirect, language and response headers."""

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
from geogrid_api.page_access import HOME_PATH, is_page
from geogrid_api.security_headers import make_page_headers

if TYPE_CHECKING:
    from fastapi import FastAPI

LOGIN_PATH: Final = "/login"


class LoginRequiredError(Exception):
    """The page needs a login, and the request has no valid session."""


async def require_desk_user(actor: OptionalActorDep) -> Actor:
    """Return the user of the desk.

    Raises
    ------
    LoginNeededError
        If the request is anonymous.
    ForbiddenError
        If the account may not read incidents.
    """
    if actor is None:
        raise LoginRequiredError
    check_permission(actor, Permission.INCIDENTS_READ)
    return actor


DeskActorDep = Annotated[Actor, Depends(require_desk_user)]


async def get_language(lang: Language = Language.ZH) -> Language:
    """Return the language of the request."""
    return lang


LanguageDep = Annotated[Language, Depends(get_language)]


def safe_redirect(path: str, home: str = HOME_PATH) -> str:
    """Return the path to open after a login, or ``home`` if it is not a page of this service.

    Examples
    --------
    >>> safe_redirect("/m?lang=en"), safe_redirect("https://elsewhere.invalid/desk")
    ('/m?lang=en', '/')
    """
    plain = path.isprintable() and "\\" not in path and not path.startswith("//")
    return path if plain and is_page(path) else home


def html_response(html: str, status: int = HTTPStatus.OK, *, images: str = "") -> HTMLResponse:
    """Return a page or a fragment that no cache stores, because it depends on the user.

    Parameters
    ----------
    html, status
        Body and status of the response.
    images
        Additional origin for images, see `geogrid_api.security_headers.make_page_headers`.
    """
    return HTMLResponse(html, status, headers=make_page_headers(images=images) | {"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Redirect requests for pages without a valid session to the login page."""
    app.add_exception_handler(LoginRequiredError, _on_login_needed)


async def _on_login_needed(request: Request, _error: Exception) -> Response:
    if "hx-request" in request.headers:
        # desk_session.js shows a login dialog over the open page, which keeps its input.
        return Response(status_code=HTTPStatus.UNAUTHORIZED)
    # A form is not submitted again after the login; its page opens instead.
    path = _page_path(request)
    return RedirectResponse(_login_url(request, safe_redirect(path)), HTTPStatus.SEE_OTHER)


def _page_path(request: Request) -> str:
    """Return the path of the page that a page, fragment or form request belongs to."""
    path, query = request.url.path, request.url.query
    if path.startswith("/desk/"):
        incident_id = request.path_params.get("incident_id")
        return f"/desk?incident={incident_id}" if incident_id else "/desk"
    if path.startswith("/ledger/") and "entry_id" in request.path_params:
        return f"/ledger/{request.path_params['entry_id']}"
    if path.startswith("/m/"):
        return "/m"
    return f"{path}?{query}" if query else path


def _login_url(request: Request, path: str) -> str:
    english = "&lang=en" if request.query_params.get("lang") == Language.EN else ""
    return f"{LOGIN_PATH}?next={quote(path, safe='')}{english}"
