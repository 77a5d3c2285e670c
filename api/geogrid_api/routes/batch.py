"""Locate many points in one request.

Anonymous users may call it like `/v1/locate`. The number of points of a request and the number of concurrent requests
are limited.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
import msgspec
import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request, Response
from pyarrow import csv

from geogrid.errors import InputError, RowFault, RowsError
from geogrid.local_time import parse_timestamp
from geogrid.locate.bulk.assignment_target import STATUS_COLUMN, STATUS_WORDS, grid_target
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, check_locate_access
from geogrid_api.batch_reader import MAX_POINTS, BatchType, read_points
from geogrid_api.dependencies import DatumDep
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.bulk.assignment_target import AssignmentTarget, GridAssignment
    from geogrid.model import Generation

router = APIRouter(prefix="/v1", tags=["locate 定位"], dependencies=[Depends(check_locate_access)])

_MAX_LISTED: Final = 20
_NUMBERS: Final = {"type": "array", "items": {"type": ["number", "null"]}, "maxItems": MAX_POINTS[BatchType.JSON]}
_COLUMNS: Final = {
    "type": "object",
    "properties": {"lon": _NUMBERS, "lat": _NUMBERS},
    "required": ["lon", "lat"],
    "additionalProperties": False,
    "example": {"lon": [113.3058], "lat": [40.0912]},
}
_CODES: Final = {"type": "array", "items": {"type": ["string", "null"]}}
_ANSWER: Final = {
    "type": "object",
    "properties": {
        "generation": {"type": "integer"},
        "synthetic": {"type": "boolean"},
        "base_code": _CODES,
        "dedicated_code": _CODES,
        "status": {"type": "array", "items": {"type": "string", "enum": list(STATUS_WORDS)}},
    },
    "required": ["generation", "synthetic", "base_code", "dedicated_code", "status"],
}
_HEADERS: Final = {
    "Geogrid-Generation": {"description": "Id of the generation used.", "schema": {"type": "integer"}},
    "Geogrid-Synthetic": {
        "description": "Whether the shapes of the generation are synthetic.",
        "schema": {"type": "boolean"},
    },
}


class OnInvalid(StrEnum):
    """Treatment of points that cannot be located."""

    REFUSE = "refuse"
    SKIP = "skip"


def _content(json_schema: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI content of a body: a schema for JSON, bytes for the other media types."""
    bytes_only = {"schema": {"type": "string", "format": "binary"}}
    return {str(kind): {"schema": json_schema} if kind is BatchType.JSON else bytes_only for kind in BatchType}


@router.post(
    "/locate/batch",
    response_class=Response,
    responses={
        **problem_responses(
            *AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY
        ),
        200: {
            "description": "Codes and status, in the order of the points.",
            "headers": _HEADERS,
            "content": _content(_ANSWER),
        },
    },
    openapi_extra={"requestBody": {"required": True, "content": _content(_COLUMNS)}, **OPTIONAL_AUTH},
)
async def locate_batch(
    request: Request,
    datum: DatumDep,
    state: StateDep,
    as_of: Annotated[
        str | None, Query(max_length=40, description="Use the generation active at this time; by default now.")
    ] = None,
    on_invalid: Annotated[
        OnInvalid,
        Query(description="Points that cannot be located: refuse the request and list the first ones, or skip them."),
    ] = OnInvalid.REFUSE,
) -> Response:
    """Return the grids that contain many points.

    Send `lon` and `lat` as columns or rows in JSON, NDJSON, CSV or an Arrow stream. The response has the columns
    `base_code`, `dedicated_code` and `status` in the order of the points, in the same format or in that of `Accept`.
    Unlike `/v1/locate`, points just outside the district are `outside` and are not snapped. Skipped points have the
    status `refused` and no codes.
    """
    kind = _parse_media_type(request.headers.get("content-type", ""))
    if kind is None:
        raise InputError(
            "Points of this content type cannot be read.",
            code="content_type",
            field="Content-Type",
            remedy=f"Send {', '.join(BatchType)}.",
        )
    accepted = (_parse_media_type(text) for text in request.headers.get("accept", "").split(","))
    answer_kind = next((media_type for media_type in accepted if media_type), kind)
    body = await request.body()
    return await anyio.to_thread.run_sync(
        _locate, state, body, kind, answer_kind, datum, as_of, on_invalid, limiter=state.batch_limiter
    )


def _parse_media_type(text: str) -> BatchType | None:
    name = text.split(";", maxsplit=1)[0].strip().lower()
    return BatchType(name) if name in list(BatchType) else None


def _locate(
    state: AppState,
    body: bytes,
    kind: BatchType,
    answer_kind: BatchType,
    datum: str,
    as_of: str | None,
    on_invalid: OnInvalid,
) -> Response:
    snapshot = state.snapshots.current if as_of is None else state.snapshots.at(parse_timestamp(as_of))
    points = read_points(body, kind)
    target = grid_target(snapshot.locator)
    answers = target.assign(points, datum)
    if on_invalid is OnInvalid.REFUSE:
        _check_reasons(answers.reasons)
    generation = snapshot.generation
    headers = {
        "Geogrid-Generation": str(generation.id),
        "Geogrid-Synthetic": str(generation.synthetic).lower(),
    }
    content = encode_batch(target, answers, generation, answer_kind)
    return Response(content, headers=headers, media_type=str(answer_kind))


def _check_reasons(reasons: NDArray[np.uint8]) -> None:
    """Raise RowsError if a point cannot be located."""
    bad = np.flatnonzero(reasons)
    if not len(bad):
        return
    first = [(row, RefusalReason(reasons[row])) for row in bad[:_MAX_LISTED].tolist()]
    faults = [RowFault(row + 1, reason.code, f"Row {row + 1}: {reason.sentence}") for row, reason in first]
    raise RowsError(
        f"{len(bad):,} of {len(reasons):,} points cannot be located; `errors` lists the first ones.",
        faults,
        remedy="Correct these points, or send on_invalid=skip.",
    )


def encode_batch(target: AssignmentTarget, answers: GridAssignment, generation: Generation, kind: BatchType) -> bytes:
    """Return the response body: codes and status, in the order of the points."""
    if kind is BatchType.JSON:
        head = {"generation": generation.id, "synthetic": generation.synthetic}
        return msgspec.json.encode(head | _make_lists(target, answers))
    if kind is BatchType.NDJSON:
        columns = _make_lists(target, answers)
        records = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
        return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    table = pa.record_batch(target.columns(answers), schema=pa.schema(target.fields))
    sink = pa.BufferOutputStream()
    if kind is BatchType.CSV:
        csv.write_csv(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_batch(table)
    return bytes(sink.getvalue())


def _make_lists(target: AssignmentTarget, answers: GridAssignment) -> dict[str, list[Any]]:
    # Position -1, for no polygon, selects the None at the end.
    codes = {
        column: np.array([*values.tolist(), None], dtype=object)[answers.positions[column]].tolist()
        for column, values in target.codes.items()
    }
    return codes | {STATUS_COLUMN: np.array(STATUS_WORDS, dtype=object)[answers.status].tolist()}
