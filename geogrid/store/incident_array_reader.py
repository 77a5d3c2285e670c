"""Reader of incidents from the database as NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import extract, func, or_, select

from geogrid.stats.incident_arrays import NONE, Coded, Columns, number_texts
from geogrid.store.durations import lasted_no_time, tenths_of_hours
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection, Row

_ROW = incidents.c
_TEXTS: Final = (
    "category", "source", "status", "base_layer", "base_code", "dedicated_code", "community_code", "street_code",
)  # fmt: skip
#: The dtypes of the columns before the text columns.
_NUMERIC: Final = (
    np.int64, np.float64, np.float64, np.float64, np.bool_, np.bool_, np.bool_, np.int32, np.float64,
    np.bool_, np.bool_, np.bool_,
)  # fmt: skip
#: Positions of the columns in seconds since 1970.
_SECONDS: Final = (1, 8)
_CHUNK: Final = 50_000
#: Maximum number of ids in one query.
_MAX_IDS: Final = 5_000


def read_columns(connection: Connection, after: int = 0) -> Columns:
    """Return the incidents with an id above `after`."""
    return _read(connection, _ROW.id > after)


def read_changed_columns(connection: Connection, after: int, last: int) -> Columns | None:
    """Return the current state of the incidents with changes in ``(after, last]``, or None if there are too many."""
    query = select(changes.c.incident).where(changes.c.id > after, changes.c.id <= last).distinct().limit(_MAX_IDS + 1)
    ids = connection.execute(query).scalars().all()
    return None if len(ids) > _MAX_IDS else _read(connection, _ROW.id.in_(ids))


def get_newest_incident_id(connection: Connection) -> int:
    """Return the id of the newest incident, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(_ROW.id), 0))).scalar_one())


def get_oldest_incident_id(connection: Connection) -> int:
    """Return the id of the oldest incident, or 0."""
    return int(connection.execute(select(func.coalesce(func.min(_ROW.id), 0))).scalar_one())


def _read(connection: Connection, condition: ColumnElement[bool]) -> Columns:
    columns = (
        _ROW.id, extract("epoch", _ROW.reported_at), _ROW.lon, _ROW.lat, _ROW.handled_at.is_not(None), _ROW.synthetic,
        _ROW.part_of.is_not(None),
        func.coalesce(tenths_of_hours(_ROW.reported_at, _ROW.closed_at), -1),
        func.coalesce(extract("epoch", _ROW.due_at), -1),
        or_(_ROW.suspended_at.is_(None), _ROW.suspended_at > _ROW.due_at),
        or_(_ROW.handled_at.is_(None), _ROW.handled_at > _ROW.due_at),
        lasted_no_time(),
        *(_ROW[name] for name in _TEXTS),
    )  # fmt: skip
    query = select(*columns).where(condition).order_by(_ROW.id)
    indices_by_text: list[dict[str | None, int]] = [{None: NONE} for _ in _TEXTS]
    # In chunks: a million rows as Python objects would take a gigabyte.
    with connection.execution_options(yield_per=_CHUNK).execute(query) as rows:
        chunks = [_to_arrays(chunk, indices_by_text) for chunk in rows.partitions()]
    arrays: list[Any] = [
        np.concatenate(column) for column in zip(*(chunks or [_to_arrays([], indices_by_text)]), strict=True)
    ]
    numeric, coded = arrays[: len(_NUMERIC)], arrays[len(_NUMERIC) :]
    names = [tuple(name for name in indices if name is not None) for indices in indices_by_text]
    return Columns(*numeric, *(Coded(*pair) for pair in zip(names, coded, strict=True)))


def _to_arrays(rows: Sequence[Row[Any]], indices_by_text: Sequence[dict[str | None, int]]) -> list[NDArray[Any]]:
    """Return rows as arrays; each new text gets the next index."""
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * (len(_NUMERIC) + len(indices_by_text))
    numeric: list[NDArray[Any]] = [np.array(column, kind) for column, kind in zip(columns, _NUMERIC, strict=False)]
    # Only PostgreSQL returns fractions of a second.
    for position in _SECONDS:
        numeric[position] = np.floor(numeric[position]).astype(np.int64)
    return numeric + [
        number_texts(column, indices) for column, indices in zip(columns[len(_NUMERIC) :], indices_by_text, strict=True)
    ]
