"""Reader of incidents from the database as NumPy arrays.

The database joins the incidents of a block into one text, a line of CSV each, which pyarrow parses. Python then handles
no single row, which would take twice as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Integer, cast, false, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from geogrid.stats.coded_column import NONE, Coded, code, index_type
from geogrid.stats.incident_arrays import Columns, raster_cells
from geogrid.store.durations import lasted_no_time, tenths_of_hours
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection

_ROW = incidents.c
_TEXTS: Final = (
    "category", "source", "status", "base_layer", "base_code", "dedicated_code", "community_code", "street_code",
)  # fmt: skip
#: The types of the columns of a line.
_TYPES: Final[dict[str, pa.DataType]] = {
    "number": pa.int64(), "reported": pa.int64(), "lon": pa.float64(), "lat": pa.float64(), "handled": pa.bool_(),
    "synthetic": pa.bool_(), "part": pa.bool_(), "closing": pa.int32(), "due": pa.int64(), "runs": pa.bool_(),
    "late": pa.bool_(), "instant": pa.bool_(), **dict.fromkeys(_TEXTS, pa.dictionary(pa.int32(), pa.string())),
}  # fmt: skip
_CSV: Final = {
    "read_options": csv.ReadOptions(use_threads=False, column_names=list(_TYPES)),
    "parse_options": csv.ParseOptions(newlines_in_values=True),
    "convert_options": csv.ConvertOptions(
        column_types=_TYPES, null_values=[""], true_values=["1", "t"], false_values=["0", "f"], strings_can_be_null=True
    ),
}
#: Range of ids of one query, and number of single ids.
_BLOCK: Final = 50_000
_MAX_IDS: Final = 5_000
_POINT: Final = ("lon", "lat")
#: SQLite does not print all digits of a number. Multiplied by this power of two, a coordinate of at least 0.125 degrees
#: is an exact integer; a smaller one is wrong by less than 1e-16 degrees.
_FRACTION: Final = 2.0**55


class whole_seconds(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """SQL function: whole seconds from 1970 to a moment."""

    type = Integer()
    inherit_cache = True


@compiles(whole_seconds, "sqlite")
def _sqlite_seconds(element: whole_seconds, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own contract
    # Without the fraction, which SQLite rounds to milliseconds: 0.9999 s would become the next second.
    return f"CAST(strftime('%s', substr({compiler.process(element.clauses, **more)}, 1, 19)) AS INTEGER)"


@compiles(whole_seconds, "postgresql")
def _postgresql_seconds(element: whole_seconds, compiler: Any, **more: Any) -> str:  # noqa: ANN401 - as above
    # EXTRACT would calculate with the slow type NUMERIC.
    return f"CAST(floor(date_part('epoch', {compiler.process(element.clauses, **more)})) AS BIGINT)"


def read_columns(connection: Connection, after: int = 0) -> Columns:
    """Return the incidents with an id above `after`."""
    starts = range(after, get_newest_incident_id(connection), _BLOCK)
    return _read(connection, (_ROW.id.between(start + 1, start + _BLOCK) for start in starts))


def read_changed_columns(connection: Connection, after: int, last: int, last_id: int) -> Columns:
    """Return the current state of the incidents up to `last_id` with changes in ``(after, last]``."""
    number = changes.c.incident
    query = select(number).where(changes.c.id > after, changes.c.id <= last, number <= last_id).distinct()
    ids = connection.execute(query.order_by(number)).scalars().all()
    return _read(connection, (_ROW.id.in_(ids[start : start + _MAX_IDS]) for start in range(0, len(ids), _MAX_IDS)))


def get_newest_incident_id(connection: Connection) -> int:
    """Return the id of the newest incident, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(_ROW.id), 0))).scalar_one())


def describe_columns(connection: Connection) -> str:
    """Return the SQL text that defines the columns."""
    return str(select(*_expressions().values()).compile(connection))


def _expressions() -> dict[str, ColumnElement[Any]]:
    return {
        "number": _ROW.id,
        "reported": whole_seconds(_ROW.reported_at),
        "lon": _ROW.lon,
        "lat": _ROW.lat,
        "handled": _ROW.handled_at.is_not(None),
        "synthetic": _ROW.synthetic,
        "part": _ROW.part_of.is_not(None),
        "closing": func.coalesce(tenths_of_hours(_ROW.reported_at, _ROW.closed_at), -1),
        "due": func.coalesce(whole_seconds(_ROW.due_at), -1),
        # Without a due time the comparisons are NULL, which would be missing in the line.
        "runs": func.coalesce(or_(_ROW.suspended_at.is_(None), _ROW.suspended_at > _ROW.due_at), false()),
        "late": func.coalesce(or_(_ROW.handled_at.is_(None), _ROW.handled_at > _ROW.due_at), false()),
        "instant": lasted_no_time(),
        **{name: func.coalesce(_ROW[name], "") for name in _TEXTS},
    }


def _read(connection: Connection, conditions: Iterable[ColumnElement[bool]]) -> Columns:
    lines = func.aggregate_strings(_line(connection.dialect.name), "\n")
    texts = (connection.execute(select(lines).where(condition)).scalar_one() for condition in conditions)
    empty = pa.table({name: pa.array([], kind) for name, kind in _TYPES.items()})
    table = pa.concat_tables([empty, *(_parse(text, connection.dialect.name) for text in texts if text is not None)])
    table = table.unify_dictionaries()
    numeric: dict[str, Any] = {name: table[name].to_numpy() for name in _TYPES if name not in _TEXTS}
    coded: dict[str, Any] = {name: _to_coded(table[name]) for name in _TEXTS}
    return Columns(**numeric, **coded, cell=raster_cells(numeric["lon"], numeric["lat"]))


def _line(dialect: str) -> ColumnElement[str]:
    expressions = _expressions()
    if dialect == "sqlite":
        # %w doubles quotation marks.
        formats = ",".join('"%w"' if name in _TEXTS else "%d" for name in expressions)
        expressions |= {name: cast(expressions[name] * _FRACTION, Integer) for name in _POINT}
        return func.printf(formats, *expressions.values())
    # quote_ident doubles quotation marks, and is twice as fast as replace.
    quoted = {name: func.quote_ident(expressions[name]) for name in _TEXTS}
    return func.concat_ws(",", *(expressions | quoted).values())


def _parse(lines: str, dialect: str) -> pa.Table:
    """Return the incidents of a block, ordered by id: aggregates have no order."""
    table = csv.read_csv(pa.py_buffer(lines.encode()), **_CSV)
    for name in _POINT if dialect == "sqlite" else ():
        degrees = pa.compute.divide(table[name], _FRACTION)
        table = table.set_column(table.schema.get_field_index(name), name, degrees)
    ids = table["number"].to_numpy()
    return table if (ids[1:] > ids[:-1]).all() else table.sort_by("number")


def _to_coded(column: pa.ChunkedArray) -> Coded[str]:
    """Return a column as `Coded`; the dictionaries of all chunks are equal."""
    if not column.num_chunks:
        return code([])
    values = tuple(column.chunk(0).dictionary.to_pylist())
    kind = index_type(len(values))
    indices: list[NDArray[Any]] = [chunk.indices.fill_null(NONE).to_numpy().astype(kind) for chunk in column.chunks]
    return Coded(values, np.concatenate(indices))
