"""Incidents as columns, read from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import extract, func, or_, select

from geogrid.stats.incident_columns import NONE, Coded, Columns, number_texts
from geogrid.store.durations import tenths_of_hours
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Connection, Row

_ROW = incidents.c
_TEXTS: Final = (
    "category", "source", "status", "base_layer", "base_code", "dedicated_code", "community_code", "street_code",
)  # fmt: skip
#: What the columns before these are made of.
_PLAIN: Final = (
    np.int64, np.float64, np.float64, np.float64, np.bool_, np.bool_, np.int32, np.float64, np.bool_, np.bool_,
)  # fmt: skip
#: Where among them seconds are.
_SECONDS: Final = (1, 7)
_PART: Final = 50_000
#: A statement takes so many numbers.
_MOST: Final = 5_000


def read_columns(connection: Connection, after: int = 0) -> Columns:
    """Return the incidents whose numbers are greater than one."""
    return _read(connection, _ROW.id > after)


def read_changed_columns(connection: Connection, after: int, last: int) -> Columns | None:
    """Return the incidents that have changed between two changes, as they are now; None for too many to ask for."""
    query = select(changes.c.incident).where(changes.c.id > after, changes.c.id <= last).distinct().limit(_MOST + 1)
    numbers = connection.execute(query).scalars().all()
    return None if len(numbers) > _MOST else _read(connection, _ROW.id.in_(numbers))


def get_newest_incident_id(connection: Connection) -> int:
    """Return the number of the newest incident, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(_ROW.id), 0))).scalar_one())


def _read(connection: Connection, condition: ColumnElement[bool]) -> Columns:
    wanted = (
        _ROW.id, extract("epoch", _ROW.reported_at), _ROW.lon, _ROW.lat, _ROW.handled_at.is_not(None), _ROW.synthetic,
        func.coalesce(tenths_of_hours(_ROW.reported_at, _ROW.closed_at), -1),
        func.coalesce(extract("epoch", _ROW.due_at), -1),
        or_(_ROW.suspended_at.is_(None), _ROW.suspended_at > _ROW.due_at),
        or_(_ROW.handled_at.is_(None), _ROW.handled_at > _ROW.due_at),
        *(_ROW[name] for name in _TEXTS),
    )  # fmt: skip
    query = select(*wanted).where(condition).order_by(_ROW.id)
    texts: list[dict[str | None, int]] = [{None: NONE} for _ in _TEXTS]
    # Part by part: a million rows of Python's own objects would take a gigabyte.
    with connection.execution_options(yield_per=_PART).execute(query) as rows:
        parts = [_arrays(part, texts) for part in rows.partitions()]
    joined: list[Any] = [np.concatenate(column) for column in zip(*(parts or [_arrays([], texts)]), strict=True)]
    plain, coded = joined[: len(_PLAIN)], joined[len(_PLAIN) :]
    names = [tuple(name for name in places if name is not None) for places in texts]
    return Columns(*plain, *(Coded(*pair) for pair in zip(names, coded, strict=True)))


def _arrays(rows: Sequence[Row[Any]], texts: Sequence[dict[str | None, int]]) -> list[NDArray[Any]]:
    """Return rows as columns; texts that are new get the next number."""
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * (len(_PLAIN) + len(texts))
    plain: list[NDArray[Any]] = [np.array(column, kind) for column, kind in zip(columns, _PLAIN, strict=False)]
    # Only PostgreSQL tells parts of a second.
    for place in _SECONDS:
        plain[place] = np.floor(plain[place]).astype(np.int64)
    return plain + [number_texts(column, places) for column, places in zip(columns[len(_PLAIN) :], texts, strict=True)]
