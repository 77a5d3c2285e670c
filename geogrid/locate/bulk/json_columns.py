"""Convert JSON records to columns.

JSON has no schema, so the file is read twice: first for the types of each member, then for the values. A member of one
type becomes a column of that type; mixed types, lists and objects become JSON text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa

from geogrid.errors import FileError
from geogrid.locate.bulk.json_block_reader import read_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from geogrid.locate.bulk.json_block_reader import Record

GEOMETRY_COLUMN: Final = "geometry"
_MAX_COLUMNS: Final = 2_000
_EXACT: Final = 2**53
_LARGEST: Final = 2**63
JSON_TYPE: Final = pa.json_(pa.string())
_LARGE, _HUGE = "large", "huge"
#: Column type by the kinds of values; JSON text for all other sets.
_TYPES: Final[Mapping[frozenset[object], pa.DataType]] = {
    frozenset(): pa.string(),
    frozenset({str}): pa.string(),
    frozenset({bool}): pa.bool_(),
    frozenset({int}): pa.int64(),
    frozenset({int, _LARGE}): pa.int64(),
    frozenset({_LARGE}): pa.int64(),
    frozenset({float}): pa.float64(),
    frozenset({int, float}): pa.float64(),
}


def read_geojson(path: Path, block: int, members: Record | None = None) -> Iterator[list[Record]]:
    """Yield the features of a GeoJSON file as records: id, properties and geometry.

    After the last record `members` contains the other members of the file, such as crs.
    """
    for features in read_features(path, block, members):
        yield [_record(feature) for feature in features]


def _record(feature: Record) -> Record:
    properties = feature.get("properties")
    record = {} if feature.get("id") is None else {"id": feature["id"]}
    record |= properties if isinstance(properties, dict) else {}
    geometry = feature.get(GEOMETRY_COLUMN)
    # The geometry of the feature overrides a property with this name.
    return {**record, GEOMETRY_COLUMN: None if geometry is None else msgspec.Raw(msgspec.json.encode(geometry))}


def find_schema(blocks: Iterator[list[Record]]) -> tuple[pa.Schema, int]:
    """Return the schema of records, and the number of records.

    Examples
    --------
    >>> schema, rows = find_schema(iter([[{"a": 1, "b": "001"}, {"a": 2.5, "c": [1]}]]))
    >>> {field.name: str(field.type) for field in schema}, rows
    ({'a': 'double', 'b': 'string', 'c': 'extension<arrow.json>'}, 2)
    """
    kinds: dict[str, set[object]] = {}
    rows = 0
    for records in blocks:
        rows += len(records)
        for record in records:
            for name, value in record.items():
                if value is not None:
                    kinds.setdefault(name, set()).add(_kind(value))
                elif name not in kinds:
                    kinds[name] = set()
        if len(kinds) > _MAX_COLUMNS:
            raise FileError(f"The records have more than {_MAX_COLUMNS:,} different members.", code="too_large")
    return pa.schema([(name, _type(found)) for name, found in kinds.items()]), rows


def _type(kinds: set[object]) -> pa.DataType:
    return _TYPES.get(frozenset(kinds), JSON_TYPE)


def _kind(value: object) -> object:
    kind = type(value)
    if kind is int and not -_EXACT <= value <= _EXACT:  # type: ignore[operator]
        return _LARGE if -_LARGEST <= value < _LARGEST else _HUGE  # type: ignore[operator]
    return kind


def to_batch(records: list[Record], schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch of records; a missing member is null."""
    columns = [_column([record.get(field.name) for record in records], field.type) for field in schema]
    return pa.record_batch(columns, schema=schema)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind != JSON_TYPE:
        return pa.array(values, kind)
    texts = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return pa.ExtensionArray.from_storage(JSON_TYPE, pa.array(texts, pa.string()))
