"""Read the points of a batch request: columns in JSON, NDJSON, CSV or an Arrow stream.

Errors do not repeat input, and sizes declared in the body are not trusted. Decoding JSON to Python numbers holds the
interpreter lock and blocks all other requests, so JSON is limited to fewer points.
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
from geogrid.locate.bulk.point_columns import PointColumns, find_columns, read_columns
from geogrid.locate.bulk.refusal_codes import RefusalReason
from geogrid.tabular.arrow_buffers import owned_buffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class BatchType(StrEnum):
    """Media type of a batch request or response."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    ARROW = "application/vnd.apache.arrow.stream"


#: Maximum number of points in one request.
MAX_POINTS: Final = {
    BatchType.JSON: 100_000,
    BatchType.NDJSON: 100_000,
    BatchType.CSV: 1_000_000,
    BatchType.ARROW: 1_000_000,
}
#: Maximum bytes of a point in JSON: two numbers with all digits, and blanks.
_TEXT_BYTES: Final = 80
_CHUNK_BYTES: Final = 200_000


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    lon: list[float | None]
    lat: list[float | None]


class _Record(msgspec.Struct):
    lon: float | None = None
    lat: float | None = None


_COLUMNS: Final = msgspec.json.Decoder(_Columns)
_RECORDS: Final = msgspec.json.Decoder(_Record)
_DECODE_ERRORS: Final = (
    pa.ArrowException,
    msgspec.MsgspecError,
    ValueError,
    OverflowError,
    MemoryError,
    OSError,
    struct.error,
)


def read_points(body: bytes, kind: BatchType) -> PointColumns:
    """Return the points of a request body.

    Raises
    ------
    InputError
        If the body does not match its media type, has no columns lon and lat, or has too many points.

    Examples
    --------
    >>> points = read_points(b'{"lon": [113.3, null], "lat": [40, 40.1]}', BatchType.JSON)
    >>> points.lat.tolist(), points.reasons.tolist()
    ([40.0, 40.1], [0, 20])
    """
    readers = {
        BatchType.JSON: _read_json,
        BatchType.NDJSON: _read_ndjson,
        BatchType.CSV: _read_csv,
        BatchType.ARROW: _read_arrow,
    }
    if kind in (BatchType.JSON, BatchType.NDJSON) and len(body) > MAX_POINTS[kind] * _TEXT_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        points = readers[kind](body)
    except (FileError, RecursionError, *_DECODE_ERRORS) as error:
        raise InputError(
            "The body does not match its content type, or has no numeric columns lon and lat.",
            code="batch",
            field="body",
            remedy=_REMEDIES[kind],
        ) from error
    check_count(len(points.lon), kind)
    return points


_REMEDIES: Final = {
    BatchType.JSON: 'Send {"lon": [113.3, …], "lat": [40.09, …]}: two lists of the same length, with numbers or null.',
    BatchType.NDJSON: 'Send lines such as {"lon": 113.3, "lat": 40.09}, with numbers or null.',
    BatchType.CSV: "Send UTF-8 text with a header row and the columns lon and lat.",
    BatchType.ARROW: "Send an uncompressed stream with the numeric columns lon and lat.",
}


def check_count(points: int, kind: BatchType) -> None:
    """Raise InputError if a request has too many points."""
    if points > MAX_POINTS[kind]:
        raise InputError(
            f"The request has more than {MAX_POINTS[kind]:,} points.",
            code="points_too_many",
            field="body",
            remedy=f"Send smaller requests. {BatchType.CSV} allows {MAX_POINTS[BatchType.CSV]:,} points.",
        )


def _points(lon: Sequence[float | None], lat: Sequence[float | None]) -> PointColumns:
    """Return point columns; None, which becomes NaN, is a missing coordinate. JSON itself has no NaN."""
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    reasons = np.where(np.isnan(x) | np.isnan(y), np.uint8(RefusalReason.MISSING), np.uint8(RefusalReason.NONE))
    return PointColumns(x, y, reasons)


def _read_json(body: bytes) -> PointColumns:
    columns = _COLUMNS.decode(body)
    if len(columns.lon) != len(columns.lat):
        raise ValueError("lon and lat differ in length")
    return _points(columns.lon, columns.lat)


def _read_ndjson(body: bytes) -> PointColumns:
    records: list[_Record] = []
    start = 0
    while start < len(body):
        # Decode in chunks: other threads can run between two chunks.
        end = body.find(b"\n", start + _CHUNK_BYTES) + 1 or len(body)
        records += _RECORDS.decode_lines(body[start:end])
        start = end
    return _points([record.lon for record in records], [record.lat for record in records])


def _read_csv(body: bytes) -> PointColumns:
    names = find_columns(csv.open_csv(owned_buffer(body), parse_options=_LINES).schema)
    columns = [name for name in (names.lon, names.lat, names.point) if name]
    texts = csv.ConvertOptions(
        include_columns=columns, column_types=dict.fromkeys(columns, pa.large_string()), strings_can_be_null=False
    )
    table = csv.read_csv(owned_buffer(body), parse_options=_LINES, convert_options=texts)
    check_count(len(table), BatchType.CSV)
    return _join([read_columns(batch, names) for batch in table.to_batches()])


_LINES: Final = csv.ParseOptions(newlines_in_values=True)


def _read_arrow(body: bytes) -> PointColumns:
    _check_messages(body)
    schema = pa.ipc.open_stream(body).schema
    names = find_columns(schema.remove_metadata())
    columns = [schema.get_field_index(name) for name in (names.lon, names.lat, names.point) if name]
    if not all(_is_number(schema.field(column).type) for column in columns):
        raise ValueError("The columns of longitude and latitude are not numbers.")
    parts, count = [], 0
    for batch in pa.ipc.open_stream(body, options=pa.ipc.IpcReadOptions(included_fields=columns)):
        if batch.num_rows < 0:
            raise ValueError("negative row count")
        count += batch.num_rows
        check_count(count, BatchType.ARROW)
        batch.validate(full=True)
        parts.append(read_columns(batch, names))
    return _join(parts)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _join(parts: list[PointColumns]) -> PointColumns:
    def joined(name: str, kind: type) -> NDArray[np.generic]:
        return np.concatenate([np.zeros(0, dtype=kind), *(getattr(part, name) for part in parts)])

    return PointColumns(joined("lon", np.float64), joined("lat", np.float64), joined("reasons", np.uint8))  # type: ignore[arg-type]


def _check_messages(body: bytes) -> None:
    """Raise ValueError if a message of an Arrow stream is compressed, because its unpacked size is unknown.

    A message begins with a FlatBuffers table, which Arrow has verified.
    """
    reader = pa.ipc.MessageReader.open_stream(pa.BufferReader(body))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        data = bytes(message.metadata)
        table = int.from_bytes(data[:4], "little")
        header = _find_table(data, table, _HEADER)
        if message.type == "dictionary":
            header = _find_table(data, header, _DICTIONARY_DATA) if header else None
        if message.type != "schema" and (header is None or _find_field(data, header, _COMPRESSION)):
            raise ValueError("compressed")


# Field numbers in Message.fbs.
_HEADER, _DICTIONARY_DATA, _COMPRESSION = 2, 1, 3


def _find_field(data: bytes, table: int, field: int) -> int | None:
    """Return the byte offset of a field of a FlatBuffers table, or None if the field is not set."""
    (back,) = struct.unpack_from("<i", data, table)
    vtable = table - back
    (size,) = struct.unpack_from("<H", data, vtable)
    entry = 4 + 2 * field
    offset = struct.unpack_from("<H", data, vtable + entry)[0] if entry < size else 0
    return table + offset if offset else None


def _find_table(data: bytes, table: int, field: int) -> int | None:
    """Return the byte offset of the table that a field refers to, or None if the field is not set."""
    position = _find_field(data, table, field)
    return position + int(struct.unpack_from("<I", data, position)[0]) if position else None
