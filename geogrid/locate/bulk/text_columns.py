"""Convert columns of any type to text, for CSV and JSON."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

_ENCODER: Final = msgspec.json.Encoder(enc_hook=str)


def to_csv_column(column: pa.Array) -> pa.Array:
    """Return a column for CSV: bytes as hexadecimal, lists and structs as JSON.

    Examples
    --------
    >>> to_csv_column(pa.array([[1, 2], None])).to_pylist(), to_csv_column(pa.array([b"ab"])).to_pylist()
    (['[1,2]', None], ['6162'])
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return to_csv_column(column.storage)
    if pa.types.is_dictionary(kind) and not pa.types.is_string(kind.value_type):
        return to_csv_column(column.dictionary_decode())
    if _is_bytes(kind):
        return pa.array([None if value is None else value.hex() for value in column.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else encode_json(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_time(kind) or pa.types.is_interval(kind) or pa.types.is_float16(kind):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return column


def to_json_values(column: pa.Array) -> list[Any]:
    """Return the values of a column for `encode_json`: times as ISO 8601 text, bytes as hexadecimal, JSON unchanged."""
    kind = column.type
    if isinstance(kind, pa.JsonType):
        return [None if text is None else msgspec.Raw(text.encode()) for text in column.storage.to_pylist()]
    if isinstance(kind, pa.BaseExtensionType):
        return to_json_values(column.storage)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return list(pc.cast(column, pa.string()).to_pylist())
    if _is_bytes(kind):
        return list(to_csv_column(column).to_pylist())
    return list(column.to_pylist())


def encode_json(value: object) -> str:
    """Return a value as JSON; NaN and infinity become null."""
    return _ENCODER.encode(value).decode()


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )
