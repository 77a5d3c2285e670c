"""Many points to grids, in one request.

Open without a key, as single points are: the answers are the same, and a key would not make them cost less. What one
request may cost is bound by the number of its points, and what all of them may cost at once by a queue.
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
from geogrid_api.authentication import ANYBODY, admit_to_locate
from geogrid_api.batch_reader import MOST, BatchType, read_points
from geogrid_api.dependencies import AppState, DatumDep, HouseDep
from geogrid_api.problems import DOORS, responses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.bulk.assignment_target import AssignmentTarget, GridAssignment
    from geogrid.model import Generation

router = APIRouter(prefix="/v1", tags=["locate 定位"], dependencies=[Depends(admit_to_locate)])

_SHOWN: Final = 20
_NUMBERS: Final = {"type": "array", "items": {"type": ["number", "null"]}, "maxItems": MOST[BatchType.JSON]}
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
    "Geogrid-Generation": {"description": "The generation of layers that answered.", "schema": {"type": "integer"}},
    "Geogrid-Synthetic": {"description": "Whether its shapes are made up.", "schema": {"type": "boolean"}},
}


class OnInvalid(StrEnum):
    """What becomes of points that cannot be located."""

    REFUSE = "refuse"
    SKIP = "skip"


def _content(json_schema: dict[str, Any]) -> dict[str, Any]:
    """Return what OpenAPI is to say of a body: JSON in full, the others as bytes."""
    bytes_only = {"schema": {"type": "string", "format": "binary"}}
    return {str(kind): {"schema": json_schema} if kind is BatchType.JSON else bytes_only for kind in BatchType}


@router.post(
    "/locate/batch",
    response_class=Response,
    responses={
        **responses(*DOORS, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY),
        200: {
            "description": "The answers, in the order of the points.",
            "headers": _HEADERS,
            "content": _content(_ANSWER),
        },
    },
    openapi_extra={"requestBody": {"required": True, "content": _content(_COLUMNS)}, **ANYBODY},
)
async def locate_batch(
    request: Request,
    datum: DatumDep,
    house: HouseDep,
    as_of: Annotated[
        str | None, Query(max_length=40, description="By the layers in force at this moment; by default now.")
    ] = None,
    on_invalid: Annotated[
        OnInvalid,
        Query(description="What if points cannot be located: refuse them all and name the first, or skip these."),
    ] = OnInvalid.REFUSE,
) -> Response:
    """Say for many points which grids hold them.

    The points come as columns `lon` and `lat`, or rows with them, in JSON, NDJSON, CSV or an Arrow stream. The answer
    has the columns `base_code`, `dedicated_code` and `status` in the order of the points, in the same format or in
    that of `Accept`. It tells membership alone: a point just outside is `outside`, and not drawn to a grid as by
    `/v1/locate`. A point that is skipped has the status `refused` and no codes.
    """
    kind = _type(request.headers.get("content-type", ""))
    if kind is None:
        raise InputError(
            "The content type is not one that points come in.",
            code="content_type",
            field="Content-Type",
            remedy=f"Send {', '.join(BatchType)}.",
        )
    asked = (_type(text) for text in request.headers.get("accept", "").split(","))
    answer_kind = next((found for found in asked if found), kind)
    body = await request.body()
    return await anyio.to_thread.run_sync(
        _locate, house, body, kind, answer_kind, datum, as_of, on_invalid, limiter=house.batches
    )


def _type(text: str) -> BatchType | None:
    name = text.split(";", maxsplit=1)[0].strip().lower()
    return BatchType(name) if name in list(BatchType) else None


def _locate(
    house: AppState,
    body: bytes,
    kind: BatchType,
    answer_kind: BatchType,
    datum: str,
    as_of: str | None,
    on_invalid: OnInvalid,
) -> Response:
    snapshot = house.snapshots.current if as_of is None else house.snapshots.at(parse_timestamp(as_of))
    points = read_points(body, kind)
    target = grid_target(snapshot.locator)
    answers = target.assign(points, datum)
    if on_invalid is OnInvalid.REFUSE:
        _refuse(answers.reasons)
    generation = snapshot.generation
    headers = {
        "Geogrid-Generation": str(generation.id),
        "Geogrid-Synthetic": str(generation.synthetic).lower(),
    }
    content = write_answers(target, answers, generation, answer_kind)
    return Response(content, headers=headers, media_type=str(answer_kind))


def _refuse(reasons: NDArray[np.uint8]) -> None:
    """Raise if a point cannot be located."""
    bad = np.flatnonzero(reasons)
    if not len(bad):
        return
    first = [(row, RefusalReason(reasons[row])) for row in bad[:_SHOWN].tolist()]
    faults = [RowFault(row + 1, reason.code, f"Row {row + 1}: {reason.sentence}") for row, reason in first]
    raise RowsError(
        f"{len(bad):,} of {len(reasons):,} points cannot be located; the first are named.",
        faults,
        remedy="Correct them, or send on_invalid=skip.",
    )


def write_answers(target: AssignmentTarget, answers: GridAssignment, generation: Generation, kind: BatchType) -> bytes:
    """Return the columns that are added, in the order of the points."""
    if kind is BatchType.JSON:
        head = {"generation": generation.id, "synthetic": generation.synthetic}
        return msgspec.json.encode(head | _lists(target, answers))
    if kind is BatchType.NDJSON:
        columns = _lists(target, answers)
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


def _lists(target: AssignmentTarget, answers: GridAssignment) -> dict[str, list[Any]]:
    # The position of no polygon, -1, points to the None at the end.
    codes = {
        column: np.array([*values.tolist(), None], dtype=object)[answers.positions[column]].tolist()
        for column, values in target.codes.items()
    }
    return codes | {STATUS_COLUMN: np.array(STATUS_WORDS, dtype=object)[answers.status].tolist()}
