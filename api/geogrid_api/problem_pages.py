"""Errors as HTML pages, for browsers that open a page; `geogrid_api.problems` has them as RFC 9457."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi.responses import RedirectResponse, Response

from geogrid.constants import Language
from geogrid.errors import AccessError, ForbiddenError, GeogridError
from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.services.sessions import find_session
from geogrid_api.admin_doors import frame_of
from geogrid_api.authentication import COOKIE
from geogrid_api.desk_auth import page
from geogrid_api.landing import landing_of
from geogrid_maps.admin import admin_page, page_name
from geogrid_maps.admin_refusals import admin_refusal
from geogrid_maps.admin_texts import STATUS_TEXTS, admin_text

if TYPE_CHECKING:
    from fastapi import Request

    from geogrid.model import Actor

#: Paths for programs: every error is an RFC 9457 problem, except on paths that end in ``.html``.
_PROGRAMS: Final = ("/v1", "/openapi.json", "/health", "/static/")


def wants_page(request: Request) -> bool:
    """Return whether a request comes from a browser that opens a page."""
    path = request.url.path
    return (
        "text/html" in request.headers.get("accept", "")
        and "hx-request" not in request.headers
        and (path.endswith(".html") or not path.startswith(_PROGRAMS))
    )


def problem_page(request: Request, status: int, error: Exception | None = None, detail: str = "") -> Response:
    """Return an error page in the language of the request, with a link to a page that the account may open.

    A browser that opens a page without the login that it needs is led to the login page.

    Parameters
    ----------
    request
        The request that failed.
    status
        Of the response.
    error
        The reason, where it is one of geogrid's errors.
    detail
        The reason in English, where there is no such error.
    """
    lang = Language.EN if request.query_params.get("lang") == Language.EN else Language.ZH
    if isinstance(error, AccessError) and request.method == "GET":
        return _to_login(request, lang)
    actor = _actor_of(request) if status < HTTPStatus.INTERNAL_SERVER_ERROR else None
    home = landing_of(actor, lang) if actor else _heat_map(lang)
    what = STATUS_TEXTS.get(status, STATUS_TEXTS[500 if status >= HTTPStatus.INTERNAL_SERVER_ERROR else 422])[lang]
    html = admin_page(
        "admin_problem.html",
        # The address is not repeated: it is no page.
        frame_of(actor, lang, "/"),
        what=what,
        why=_why(error, detail, lang),
        advice=_advice(error, actor, lang),
        home=home,
        home_name=page_name(home, lang),
    )
    return page(html, status)


def _why(error: Exception | None, detail: str, lang: Language) -> str:
    if isinstance(error, GeogridError):
        return admin_refusal(error, lang).what
    return detail if lang is Language.EN else ""


def _advice(error: Exception | None, actor: Actor | None, lang: Language) -> str:
    if actor is None or not isinstance(error, ForbiddenError) or error.permission is None:
        return ""
    return admin_text("role_by_admin" if has_permission(actor, Permission.USERS_MANAGE) else "role_by_other", lang)


def _actor_of(request: Request) -> Actor | None:
    if hasattr(request.state, "actor"):
        found: Actor | None = request.state.actor
        return found
    token, house = request.cookies.get(COOKIE), getattr(request.app.state, "house", None)
    if token and house:
        with suppress(GeogridError):
            return find_session(house.store, token)
    return None


def _to_login(request: Request, lang: Language) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    english = "&lang=en" if lang is Language.EN else ""
    path = quote(request.url.path + query, safe="")
    return RedirectResponse(f"/login?next={path}{english}", HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


def _heat_map(lang: Language) -> str:
    return "/maps/heatmap?lang=en" if lang is Language.EN else "/maps/heatmap"
