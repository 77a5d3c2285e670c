"""Errors to RFC 9457 problems: one table of status codes, and no answer that repeats what was sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Request
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
    RateError,
    RowsError,
    SetupError,
    StaleError,
)
from geogrid_api.problem_pages import is_page_request, render_problem_page
from geogrid_api.security_headers import DEFAULT_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE: Final = "application/problem+json"

#: The first class that an error belongs to gives the status.
STATUS: Final[tuple[tuple[type[GeogridError], HTTPStatus], ...]] = (
    (AccessError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (RateError, HTTPStatus.TOO_MANY_REQUESTS),
    (PreconditionError, HTTPStatus.PRECONDITION_REQUIRED),
    (StaleError, HTTPStatus.PRECONDITION_FAILED),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SetupError, HTTPStatus.SERVICE_UNAVAILABLE),
)

#: Of what asks who calls: nobody known does, or somebody who may not.
AUTH_ERRORS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
#: Of figures and lists: no layers were in force, some incidents are not restated by them, or the query is wrong.
FIGURE_ERRORS: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="Where: a JSON pointer into the request, such as /query/lat or /body/category.")
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """An error as RFC 9457 has it."""

    type: Annotated[str, Field(examples=["urn:geogrid:problem:datum_unknown"])]
    title: str
    status: int
    code: str = Field(description="A stable word for programs.")
    detail: str
    field: str | None = Field(None, description="The parameter or field concerned.")
    errors: list[FieldError] = Field(default=[], description="All that is wrong, where more than one thing may be.")
    allowed: list[str] = Field(default=[], description="What can be done instead.")


def problem_responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is to say of the problems that a route answers with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


class PlainErrorMiddleware:
    """Turn plain refusals, which answer outside of all handlers, into problems: of the body limit, and of ranges.

    Parameters
    ----------
    app
        The whole stack of an application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything but a plain refusal."""
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            refusal = _plain_refusal(message, scope)
            if refusal:
                replaced = True
                await refusal(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, send_problem)


def install(app: FastAPI) -> None:
    """Make every error of an application a problem, in its answers and in its OpenAPI document."""
    make_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = make_openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}), Problem=problem)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    app.add_exception_handler(GeogridError, _on_geogrid_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_crash)


def http_status(error: GeogridError) -> HTTPStatus:
    """Return the status that an error is answered with."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(
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
    # Some of them answer outside of all that adds headers.
    return JSONResponse(content, status, headers={**DEFAULT_HEADERS, **(headers or {})}, media_type=MEDIA_TYPE)


def _on_geogrid_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GeogridError)  # noqa: S101 - the handler is registered for it
    status = http_status(error)
    if is_page_request(request):
        return render_problem_page(request, status, error)
    detail = f"{error.message} {error.remedy}" if error.remedy else error.message
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, RateError):
        headers["Retry-After"] = str(error.retry_after_s)
    rows = error.faults if isinstance(error, RowsError) else ()
    faults = [FieldError(pointer=f"/body/rows/{fault.row}", code=fault.code, detail=fault.message) for fault in rows]
    return _answer(
        status,
        code=error.code,
        title=error.title,
        detail=detail,
        field=error.field,
        errors=faults,
        allowed=error.allowed if isinstance(error, ConflictError) else (),
        headers=headers,
    )


def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for it
    # Of each finding only the place, the kind and pydantic's own sentence go out; the input stays where it is. The name
    # of a field that nobody asked for is input too. What two dependencies share is found wrong once.
    faults = list(
        dict.fromkeys(
            FieldError(pointer=_pointer(found), code=found["type"], detail=found["msg"]) for found in error.errors()
        )
    )
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
    if is_page_request(request):
        return render_problem_page(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail=detail)
    return _answer(
        HTTPStatus.UNPROCESSABLE_ENTITY, code="validation", title=InputError.title, detail=detail, errors=faults
    )


def _pointer(found: Mapping[str, Any]) -> str:
    steps = found["loc"][:-1] if found["type"] == "extra_forbidden" else found["loc"]
    return "/" + "/".join(map(str, steps))


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for it
    if is_page_request(request):
        return render_problem_page(request, error.status_code)
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        # The limit of a body that is read in pieces; Python changed the phrase of its status.
        code, title, detail = _REFUSALS[error.status_code]
        return _answer(error.status_code, code=code, title=title, detail=detail)
    if error.status_code == HTTPStatus.BAD_REQUEST and isinstance(error.__cause__, UnicodeError | RecursionError):
        # FastAPI calls other faults of JSON 422.
        fault = FieldError(pointer="/body", code="json_invalid", detail="The body is not JSON in UTF-8, or too deep.")
        detail = f"{fault.pointer}: {fault.detail}"
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _answer(status, code="validation", title=InputError.title, detail=detail, errors=[fault])
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    return _answer(error.status_code, code=code, title=phrase, detail=f"{phrase}.", headers=error.headers)


def _on_crash(request: Request, _error: Exception) -> Response:
    if is_page_request(request):
        return render_problem_page(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    return _answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal",
        title="Internal error · 内部错误",
        detail="The service made a mistake; its log says which.",
    )


def _plain_refusal(message: Message, scope: Scope) -> Response | None:
    """Return the problem in place of the start of a plain refusal."""
    if message["type"] != "http.response.start" or message["status"] not in _REFUSALS:
        return None
    headers = Headers(raw=message["headers"])
    if headers.get("content-type", "").startswith((MEDIA_TYPE, "text/html")):
        return None
    if message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and is_page_request(Request(scope)):
        return render_problem_page(Request(scope), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    size = headers.get("content-range")
    code, title, detail = _REFUSALS[message["status"]]
    return _answer(
        message["status"], code=code, title=title, detail=detail, headers={"Content-Range": size} if size else None
    )


_REFUSALS: Final[Mapping[int, tuple[str, str, str]]] = {
    HTTPStatus.BAD_REQUEST: (
        "bad_request",
        "Bad request · 请求无效",
        "The header Range asks for no bytes. Send bytes=FIRST-LAST.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "content_too_large",
        "Content too large · 内容过大",
        "The request is larger than this service takes. Send it in parts.",
    ),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: (
        "range",
        "No such part · 范围无效",
        "The file is shorter; the header Content-Range says how long it is.",
    ),
}
