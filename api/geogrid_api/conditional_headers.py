"""Headers that keep a request from being done twice, or upon something that has changed."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from geogrid.errors import InputError, PreconditionError
from geogrid.model import Incident
from geogrid.services.idempotency import MAX_KEY, Once, RepeatedRequest
from geogrid_api.schemas.incidents import make_incident_response

if TYPE_CHECKING:
    from fastapi import FastAPI

_TAG: Final = re.compile(r'"([0-9]{1,9})"')


async def read_idempotency_key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAX_KEY,
            pattern=r"^[!-~]+$",
            description="Made up by the caller; a request that comes again with it gets the first answer.",
        ),
    ] = None,
) -> Once[Incident] | None:
    """Return what tells that the request has come before, where the caller asks for it."""
    if idempotency_key is None:
        return None
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Once(
        idempotency_key,
        hashlib.sha256(asked).hexdigest(),
        lambda incident: make_incident_response(incident).model_dump_json(),
    )


IdempotencyDep = Annotated[Once[Incident] | None, Depends(read_idempotency_key)]


async def read_if_match(
    if_match: Annotated[str | None, Header(description="The ETag of the incident as the caller has seen it.")] = None,
) -> int:
    """Return the version that a step is to be taken upon.

    Raises
    ------
    PreconditionError
        If the caller does not say.
    """
    if if_match is None:
        raise PreconditionError(
            "The header If-Match is missing.",
            field="If-Match",
            remedy="Send the ETag that reading it gave, so that nobody's step is lost.",
        )
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise InputError('If-Match is not a tag such as "3".', code="etag", field="If-Match")
    return int(tag[1])


VersionDep = Annotated[int, Depends(read_if_match)]


def install(app: FastAPI) -> None:
    """Answer what came before with its first answer."""
    app.add_exception_handler(RepeatedRequest, _on_repeated)


def _on_repeated(request: Request, error: Exception) -> Response:
    assert isinstance(error, RepeatedRequest)  # noqa: S101 - the handler is registered for it
    status = getattr(request.scope.get("route"), "status_code", None) or 200
    return Response(error.answer, status, media_type="application/json", headers={"Idempotency-Replayed": "true"})
