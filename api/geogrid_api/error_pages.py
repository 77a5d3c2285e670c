"""Errors as HTML pages, for browsers; `geogrid_api.problem_details` returns them as RFC 9457 problems."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi.responses import RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import AccessError, ForbiddenError, GeogridError, NotFoundError
from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.services.sessions import find_session_actor
from geogrid_api.admin_access import make_frame
from geogrid_api.authentication import SESSION_COOKIE
from geogrid_api.page_access import landing_path
from geogrid_api.page_dependencies import html_response
from geogrid_maps.admin_error_texts import admin_refusal
from geogrid_maps.admin_page import admin_page, page_name
from geogrid_maps.admin_texts import STATUS_TEXTS, admin_text

if TYPE_CHECKING:
    from fastapi import Request

    from geogrid.model import Actor

#: Errors on these paths are RFC 9457 problems, unless the path ends in ``.html``.
_API_PATHS: Final = ("/v1", "/openapi.json", "/health", "/static/")


def is_page_request(request: Request) -> bool:
    """Return whether a browser opens a page, so that errors must be HTML; scripts and programs with a key do not."""
    headers = request.headers
    return (
        accepts_page(request)
        and "hx-request" not in headers
        and "authorization" not in headers
        # Scripts of a page send "cors" or "same-origin".
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
    )


def accepts_page(request: Request) -> bool:
    """Return whether a request to a page names HTML among the types it accepts."""
    return "text/html" in request.headers.get("accept", "") and _is_page_path(request.url.path)


def is_part_request(request: Request) -> bool:
    """Return whether a page loads a part of itself with htmx."""
    return "hx-request" in request.headers and _is_page_path(request.url.path)


def render_problem_page(request: Request, status: int, error: Exception | None = None, detail: str = "") -> Response:
    """Return an error page in the language of the request, with a link to a page that the account may open.

    If the page needs a login, return a redirect to the login page; if it needs layers, a redirect to the setup page.

    Parameters
    ----------
    request
        Failed request.
    status
        HTTP status of the response.
    error
        Error to describe.
    detail
        English text for errors that geogrid does not raise itself.
    """
    lang = Language.EN if request.query_params.get("lang") == Language.EN else Language.ZH
    if isinstance(error, AccessError) and request.method == "GET":
        return _redirect_to_login(request, lang)
    if isinstance(error, NotFoundError) and error.code == "no_generation" and request.method == "GET":
        return _redirect_to_setup(lang)
    actor = _find_actor(request) if status < HTTPStatus.INTERNAL_SERVER_ERROR else None
    home = landing_path(actor, lang) if actor else _heatmap_path(lang)
    what = STATUS_TEXTS.get(status, STATUS_TEXTS[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 422])[lang]
    html = admin_page(
        "admin_problem.html",
        # The path of the failed request is not a page, so it is not linked.
        make_frame(getattr(request.app.state, "geogrid", None), actor, lang, "/"),
        what=what,
        why=_explain(error, detail, lang),
        advice=_advice(error, actor, lang),
        home=home,
        home_name=page_name(home, lang),
    )
    return html_response(html, status)


def _is_page_path(path: str) -> bool:
    return path.endswith(".html") or not path.startswith(_API_PATHS)


def _explain(error: Exception | None, detail: str, lang: Language) -> str:
    if isinstance(error, GeogridError):
        return admin_refusal(error, lang).what
    return detail if lang is Language.EN else ""


def _advice(error: Exception | None, actor: Actor | None, lang: Language) -> str:
    if actor is None or not isinstance(error, ForbiddenError) or error.permission is None:
        return ""
    return admin_text("role_by_admin" if has_permission(actor, Permission.USERS_MANAGE) else "role_by_other", lang)


def _find_actor(request: Request) -> Actor | None:
    if hasattr(request.state, "actor"):
        actor: Actor | None = request.state.actor
        return actor
    token, state = request.cookies.get(SESSION_COOKIE), getattr(request.app.state, "geogrid", None)
    if token and state:
        with suppress(GeogridError):
            return find_session_actor(state.store, token)
    return None


def _redirect_to_login(request: Request, lang: Language) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    english = "&lang=en" if lang is Language.EN else ""
    path = quote(request.url.path + query, safe="")
    return RedirectResponse(f"/login?next={path}{english}", HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


def _redirect_to_setup(lang: Language) -> Response:
    english = "?lang=en" if lang is Language.EN else ""
    return RedirectResponse(f"/setup{english}", HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


def _heatmap_path(lang: Language) -> str:
    return "/maps/heatmap?lang=en" if lang is Language.EN else "/maps/heatmap"
