"""Errors of query parameters as HTML pages, for browsers; `geogrid_api.problem_details` returns them as problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid_api.error_pages import accepts_page, is_part_request
from geogrid_api.problem_details import on_geogrid_error, on_validation_error
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.query_error_page import query_error_page

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response


def install(app: FastAPI) -> None:
    """Install the error handlers of query parameters."""
    app.add_exception_handler(QueryError, _on_query_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)


async def _on_query_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, QueryError)  # noqa: S101 - registered for this class
    if not _is_browser(request):
        return await on_geogrid_error(request, error)
    return await run_in_threadpool(_page, request, error.code, error.field or "", error.allowed)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    if not _is_browser(request):
        return await on_validation_error(request, error)
    paths = [entry["loc"] for entry in error.errors() if entry["loc"][0] == "query"]
    return await run_in_threadpool(_page, request, "validation", str(paths[0][-1]) if paths else "")


def _is_browser(request: Request) -> bool:
    return request.method == "GET" and (accepts_page(request) or is_part_request(request))


def _page(request: Request, code: str, parameter: str, allowed: tuple[str, ...] = ()) -> Response:
    language = Language.EN if request.query_params.get("lang") == Language.EN else Language.ZH
    template = "query_error_part.html" if is_part_request(request) else "query_error.html"
    html = query_error_page(template, request.url.path, code, parameter, allowed, language)
    headers = make_page_headers() | {"Cache-Control": "no-store"}
    return HTMLResponse(html, HTTPStatus.UNPROCESSABLE_ENTITY, headers=headers)
