"""Dependencies for the headers Idempotency-Key and If-Match, against repeated requests and lost updates."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from geogrid.errors import InputError, PreconditionError
from geogrid.model import Incident
from geogrid.services.idempotency import MAX_KEY, IdempotentRequest, RepeatedRequest
from geogrid_api.schemas.incidents import make_incident_response

if TYPE_CHECKING:
    from fastapi import FastAPI

_TAG: Final = re.compile(r'"([0-9]{1,9})"')


#: The header alone, for a route that hashes its request itself.
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=MAX_KEY,
        pattern=r"^[!-~]+$",
        description="Unique key from the client. A request with a known key returns the first response.",
    ),
]


async def read_idempotency_key(
    request: Request, idempotency_key: IdempotencyKey = None
) -> IdempotentRequest[Incident] | None:
    """Return the idempotency key with a hash of the request, or None without the header."""
    if idempotency_key is None:
        return None
    content = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return IdempotentRequest(
        idempotency_key,
        hashlib.sha256(content).hexdigest(),
        lambda incident: make_incident_response(incident).model_dump_json(),
    )


IdempotencyDep = Annotated[IdempotentRequest[Incident] | None, Depends(read_idempotency_key)]


async def read_if_match(
    if_match: Annotated[str | None, Header(description="ETag of the version that the client has read.")] = None,
) -> int:
    """Return the version that the client expects.

    Raises
    ------
    PreconditionError
        If the header If-Match is missing.
    InputError
        If it is not an ETag of this API.
    """
    if if_match is None:
        raise PreconditionError(
            "The header If-Match is missing.",
            field="If-Match",
            remedy="Send the ETag of the last read, so that no concurrent change is lost.",
        )
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise InputError('If-Match is not an ETag such as "3".', code="etag", field="If-Match")
    return int(tag[1])


VersionDep = Annotated[int, Depends(read_if_match)]


def install(app: FastAPI) -> None:
    """Install the handler that returns the first response again for a repeated request."""
    app.add_exception_handler(RepeatedRequest, _on_repeated)


async def _on_repeated(request: Request, error: Exception) -> Response:
    assert isinstance(error, RepeatedRequest)  # noqa: S101 - registered for this class
    status = getattr(request.scope.get("route"), "status_code", None) or 200
    return Response(error.answer, status, media_type="application/json", headers={"Idempotency-Replayed": "true"})
