"""Errors as RFC 9457 problems. No response repeats input of the client."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from geogrid.errors import (
    AccessError,
    ConflictError,
    ForbiddenError,
    GeogridError,
    InputError,
    NotFoundError,
    PreconditionError,
    QueryError,
    RateError,
    RetryError,
    RowsError,
    SetupError,
    StaleError,
    UnavailableError,
)
from geogrid_api.error_pages import is_page_request, render_problem_page
from geogrid_api.security_headers import DEFAULT_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE: Final = "application/problem+json"

#: HTTP status by error class; the first match counts.
STATUS: Final[tuple[tuple[type[GeogridError], HTTPStatus], ...]] = (
    (AccessError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (RateError, HTTPStatus.TOO_MANY_REQUESTS),
    (PreconditionError, HTTPStatus.PRECONDITION_REQUIRED),
    (StaleError, HTTPStatus.PRECONDITION_FAILED),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SetupError, HTTPStatus.SERVICE_UNAVAILABLE),
)

#: Errors of routes that require authentication.
AUTH_ERRORS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
#: Errors of figures and lists: no generation was active, it has not been restated, or the query is invalid.
FIGURE_ERRORS: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


class FieldError(BaseModel):
    """An error in one part of a request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON pointer into the request, such as /query/lat or /body/category.")
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """An error in the format of RFC 9457."""

    type: Annotated[str, Field(examples=["urn:geogrid:problem:datum_unknown"])]
    title: str
    status: int
    code: str = Field(description="Stable identifier of the error.")
    detail: str
    field: str | None = Field(None, description="Parameter or field with the error.")
    errors: list[FieldError] = Field(default=[], description="Errors of the request parts or rows.")
    allowed: list[str] = Field(default=[], description="Actions or values that are allowed instead.")


def problem_responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of a route's error responses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


class PlainErrorMiddleware:
    """ASGI middleware that turns plain-text errors of Starlette, for large bodies and ranges, into problems.

    Parameters
    ----------
    app
        Application with all other middleware.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Replace a plain-text error, and pass on all other responses."""
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            problem = _problem_for(message, scope)
            if problem:
                replaced = True
                await problem(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, send_problem)


def install(app: FastAPI) -> None:
    """Install the error handlers of an application, and describe problems in its OpenAPI document."""
    make_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = make_openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}), Problem=problem)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    app.add_exception_handler(GeogridError, on_geogrid_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_crash)


def http_status(error: GeogridError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _problem_response(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    field: str | None = None,
    errors: list[FieldError] | None = None,
    allowed: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = ProblemDetails(
        type=f"urn:geogrid:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail,
        field=field,
        errors=errors or [],
        allowed=list(allowed),
    )
    content = problem.model_dump(exclude_defaults=True)
    # Responses of the middleware bypass `SecurityHeadersMiddleware`, so the headers are added here.
    return JSONResponse(content, status, headers={**DEFAULT_HEADERS, **(headers or {})}, media_type=MEDIA_TYPE)


async def on_geogrid_error(request: Request, error: Exception) -> Response:
    """Return the problem of a geogrid error, or its page for a browser."""
    assert isinstance(error, GeogridError)  # noqa: S101 - registered for this class
    status = http_status(error)
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, RetryError):
        headers["Retry-After"] = str(error.retry_after_s)
    if is_page_request(request):
        page = await run_in_threadpool(render_problem_page, request, status, error)
        page.headers.update(headers)
        return page
    detail = f"{error.message} {error.remedy}" if error.remedy else error.message
    rows = error.faults if isinstance(error, RowsError) else ()
    faults = [FieldError(pointer=f"/body/rows/{fault.row}", code=fault.code, detail=fault.message) for fault in rows]
    return _problem_response(
        status,
        code=error.code,
        title=error.title,
        detail=detail,
        field=error.field,
        errors=faults,
        allowed=error.allowed if isinstance(error, ConflictError | QueryError) else (),
        headers=headers,
    )


async def on_validation_error(request: Request, error: Exception) -> Response:
    """Return the problem of a request that FastAPI refuses, or its page for a browser."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    # Pydantic's input is left out. A parameter that two dependencies share has two equal errors, hence dict.fromkeys.
    faults = list(
        dict.fromkeys(
            FieldError(pointer=_pointer(entry), code=entry["type"], detail=entry["msg"]) for entry in error.errors()
        )
    )
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
    if is_page_request(request):
        return await run_in_threadpool(render_problem_page, request, HTTPStatus.UNPROCESSABLE_ENTITY, detail=detail)
    return _problem_response(
        HTTPStatus.UNPROCESSABLE_ENTITY, code="validation", title=InputError.title, detail=detail, errors=faults
    )


def _pointer(entry: Mapping[str, Any]) -> str:
    # The name of an unknown field is input of the client, so it is left out.
    path = entry["loc"][:-1] if entry["type"] == "extra_forbidden" else entry["loc"]
    return "/" + "/".join(map(str, path))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if is_page_request(request):
        return await run_in_threadpool(render_problem_page, request, error.status_code)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        # A chunked body over the limit. Its status phrase differs between Python versions.
        code, title, detail = _PLAIN_ERRORS[error.status_code]
        return _problem_response(error.status_code, code=code, title=title, detail=detail)
    if error.status_code == HTTPStatus.BAD_REQUEST and isinstance(error.__cause__, UnicodeError | RecursionError):
        # FastAPI returns 422 for all other JSON errors.
        fault = FieldError(
            pointer="/body", code="json_invalid", detail="The body is not JSON in UTF-8, or its nesting is too deep."
        )
        detail = f"{fault.pointer}: {fault.detail}"
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _problem_response(status, code="validation", title=InputError.title, detail=detail, errors=[fault])
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return _problem_response(error.status_code, code=code, title=phrase, detail=f"{phrase}.", headers=error.headers)


async def _on_crash(request: Request, _error: Exception) -> Response:
    if is_page_request(request):
        return await run_in_threadpool(render_problem_page, request, HTTPStatus.INTERNAL_SERVER_ERROR)
    return _problem_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal",
        title="Internal error · 内部错误",
        detail="The service failed. The server log contains the cause.",
    )


def _problem_for(message: Message, scope: Scope) -> Response | None:
    """Return the problem that replaces a plain-text error, or None for any other message."""
    if message["type"] != "http.response.start" or message["status"] not in _PLAIN_ERRORS:
        return None
    headers = Headers(raw=message["headers"])
    if headers.get("content-type", "").startswith((MEDIA_TYPE, "text/html")):
        return None
    if message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and is_page_request(Request(scope)):
        return render_problem_page(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    kept = {name: headers[name] for name in ("Accept-Encoding", "Content-Range") if name in headers}
    code, title, detail = _PLAIN_ERRORS[message["status"]]
    return _problem_response(message["status"], code=code, title=title, detail=detail, headers=kept)


_PLAIN_ERRORS: Final[Mapping[int, tuple[str, str, str]]] = {
    HTTPStatus.BAD_REQUEST: (
        "bad_request",
        "Bad request · 请求无效",
        "The header Range selects no bytes. Send bytes=FIRST-LAST.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "content_too_large",
        "Content too large · 内容过大",
        "The request is larger than the limit of this service. Send smaller parts.",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "content_encoding",
        "Unsupported content encoding · 不支持的内容编码",
        "The body is compressed. Send it without the header Content-Encoding, and not compressed.",
    ),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: (
        "range",
        "Range not satisfiable · 范围无效",
        "The range starts after the end of the file. The header Content-Range has the size of the file.",
    ),
}
