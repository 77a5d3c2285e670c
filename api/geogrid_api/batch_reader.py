"""The points of a request that brings many: columns of JSON, NDJSON, CSV or an Arrow stream.

Nothing here repeats what was sent, and nothing allocates by what a body says of itself. Text of JSON is turned into
Python's own numbers, which stops all other requests for as long as it takes; so it may bring fewer points.
"""

from __future__ import annotations

import struct
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import csv
from starlette.exceptions import HTTPException

from geogrid.errors import FileError, InputError
from geogrid.locate.bulk.buffers import owned_buffer
from geogrid.locate.bulk.point_columns import PointColumns, find_columns, read_columns
from geogrid.locate.bulk.refusal_codes import RefusalReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class BatchType(StrEnum):
    """A media type that points come in and answers go out."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    ARROW = "application/vnd.apache.arrow.stream"


#: The most points of one request.
MOST: Final = {BatchType.JSON: 100_000, BatchType.NDJSON: 100_000, BatchType.CSV: 1_000_000, BatchType.ARROW: 1_000_000}
#: Bytes a point, with all the digits that a number has and blanks between.
_TEXT_BYTES: Final = 80
_PIECE_BYTES: Final = 200_000


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    lon: list[float | None]
    lat: list[float | None]


class _Record(msgspec.Struct):
    lon: float | None = None
    lat: float | None = None


_COLUMNS: Final = msgspec.json.Decoder(_Columns)
_RECORDS: Final = msgspec.json.Decoder(_Record)
_FAULTS: Final = (
    pa.ArrowException,
    msgspec.MsgspecError,
    ValueError,
    OverflowError,
    MemoryError,
    OSError,
    struct.error,
)


def read_points(body: bytes, kind: BatchType) -> PointColumns:
    """Return the points of a body.

    Raises
    ------
    InputError
        If it is not what its type says, has no points, or too many.

    Examples
    --------
    >>> points = read_points(b'{"lon": [113.3, null], "lat": [40, 40.1]}', BatchType.JSON)
    >>> points.lat.tolist(), points.reasons.tolist()
    ([40.0, 40.1], [0, 4])
    """
    readers = {
        BatchType.JSON: _read_json,
        BatchType.NDJSON: _read_ndjson,
        BatchType.CSV: _read_csv,
        BatchType.ARROW: _read_arrow,
    }
    if kind in (BatchType.JSON, BatchType.NDJSON) and len(body) > MOST[kind] * _TEXT_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        points = readers[kind](body)
    except (FileError, RecursionError, *_FAULTS) as error:
        raise InputError(
            "The body is not what its content type says, or has no columns of numbers lon and lat.",
            code="batch",
            field="body",
            remedy=_REMEDIES[kind],
        ) from error
    check_count(len(points.lon), kind)
    return points


_REMEDIES: Final = {
    BatchType.JSON: 'Send {"lon": [113.3, …], "lat": [40.09, …]}: numbers or null, as many of one as of the other.',
    BatchType.NDJSON: 'Send lines such as {"lon": 113.3, "lat": 40.09}: numbers or null.',
    BatchType.CSV: "Send UTF-8 with a header and the columns lon and lat.",
    BatchType.ARROW: "Send an uncompressed stream with the number columns lon and lat.",
}


def check_count(points: int, kind: BatchType) -> None:
    """Raise if a request has too many points."""
    if points > MOST[kind]:
        raise InputError(
            f"There are more than {MOST[kind]:,} points.",
            code="points_too_many",
            field="body",
            remedy=f"Send them in parts; {BatchType.ARROW} and {BatchType.CSV} take {MOST[BatchType.ARROW]:,}.",
        )


def _points(lon: Sequence[float | None], lat: Sequence[float | None]) -> PointColumns:
    """JSON has no NaN, so what is one here was null."""
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    reasons = np.where(np.isnan(x) | np.isnan(y), np.uint8(RefusalReason.MISSING), np.uint8(RefusalReason.NONE))
    return PointColumns(x, y, reasons)


def _read_json(body: bytes) -> PointColumns:
    columns = _COLUMNS.decode(body)
    if len(columns.lon) != len(columns.lat):
        raise ValueError("lon and lat are not of one length")
    return _points(columns.lon, columns.lat)


def _read_ndjson(body: bytes) -> PointColumns:
    records: list[_Record] = []
    begin = 0
    while begin < len(body):
        # Piece by piece: between two of them other requests have their turn.
        end = body.find(b"\n", begin + _PIECE_BYTES) + 1 or len(body)
        records += _RECORDS.decode_lines(body[begin:end])
        begin = end
    return _points([record.lon for record in records], [record.lat for record in records])


def _read_csv(body: bytes) -> PointColumns:
    where = find_columns(csv.open_csv(owned_buffer(body), parse_options=_LINES).schema)
    names = [where.lon, where.lat]
    texts = csv.ConvertOptions(
        include_columns=names, column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
    )
    table = csv.read_csv(owned_buffer(body), parse_options=_LINES, convert_options=texts)
    check_count(len(table), BatchType.CSV)
    return _join([read_columns(batch, where) for batch in table.to_batches()])


_LINES: Final = csv.ParseOptions(newlines_in_values=True)


def _read_arrow(body: bytes) -> PointColumns:
    _check_messages(body)
    schema = pa.ipc.open_stream(body).schema
    where = find_columns(schema.remove_metadata())
    columns = [schema.get_field_index(name) for name in (where.lon, where.lat)]
    if not all(_is_number(schema.field(column).type) for column in columns):
        raise ValueError("not numbers")
    found, count = [], 0
    for batch in pa.ipc.open_stream(body, options=pa.ipc.IpcReadOptions(included_fields=columns)):
        if batch.num_rows < 0:
            raise ValueError("fewer than no rows")
        count += batch.num_rows
        check_count(count, BatchType.ARROW)
        batch.validate(full=True)
        found.append(read_columns(batch, where))
    return _join(found)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _join(parts: list[PointColumns]) -> PointColumns:
    def joined(name: str, kind: type) -> NDArray[np.generic]:
        return np.concatenate([np.zeros(0, dtype=kind), *(getattr(part, name) for part in parts)])

    return PointColumns(joined("lon", np.float64), joined("lat", np.float64), joined("reasons", np.uint8))  # type: ignore[arg-type]


def _check_messages(body: bytes) -> None:
    """Raise if a message of a stream is compressed: what it would unpack to is known only to who sent it.

    A message begins with a FlatBuffers table; Arrow has verified it when it hands the message on.
    """
    reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(body))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        data = bytes(message.metadata)
        table = int.from_bytes(data[:4], "little")
        header = _follow(data, table, _HEADER)
        if message.type == "dictionary":
            header = _follow(data, header, _DICTIONARY_DATA) if header else None
        if message.type != "schema" and (header is None or _place(data, header, _COMPRESSION)):
            raise ValueError("compressed")


# The numbers of fields in Message.fbs.
_HEADER, _DICTIONARY_DATA, _COMPRESSION = 2, 1, 3


def _place(data: bytes, table: int, field: int) -> int | None:
    """Return where a field of a FlatBuffers table stands, or None where it is not set."""
    (back,) = struct.unpack_from("<i", data, table)
    vtable = table - back
    (size,) = struct.unpack_from("<H", data, vtable)
    entry = 4 + 2 * field
    offset = struct.unpack_from("<H", data, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else None


def _follow(data: bytes, table: int, field: int) -> int | None:
    """Return where the table begins that a field refers to."""
    place = _place(data, table, field)
    return place + int(struct.unpack_from("<I", data, place)[0]) if place else None
