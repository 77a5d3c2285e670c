"""Tests of the reader of incident columns: each value equals the one that a query of rows returns."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select, update

from geogrid.stats.coded_column import Coded
from geogrid.store.incident_array_reader import read_changed_columns, read_columns
from geogrid.store.tables import changes, incidents

pytestmark = pytest.mark.both_databases

TEXTS = ("category", "source", "status", "base_layer", "base_code", "dedicated_code", "community_code", "street_code")
#: Values that need care as CSV, as decimal digits, or as seconds.
ODD = [
    {"base_code": 'a"b,\nc', "street_code": None, "lon": math.nextafter(113.3, 0), "lat": -math.pi},
    {"base_code": "'%s, 甲", "category": " 1 ", "lon": -179.999_999_999_999_97, "lat": 0.125},
    {"closed_at": None, "due_at": None, "handled_at": None, "lon": 1 / 3, "lat": math.nextafter(0.5, 1)},
    {"reported_at": datetime(2022, 3, 1, 1, 2, 3, 999_999, UTC), "due_at": datetime(2022, 3, 1, 1, 2, 3, 1, UTC)},
    {"due_at": None, "handled_at": datetime(2022, 3, 1, tzinfo=UTC), "suspended_at": datetime(2022, 3, 1, tzinfo=UTC)},
    {"reported_at": datetime(1969, 12, 31, 23, 59, 58, 500_000, UTC), "synthetic": False},
]


def expected(connection):
    """Return the columns by name, from rows."""
    rows = connection.execute(select(incidents).order_by(incidents.c.id)).all()
    seconds = [math.floor(row.reported_at.timestamp()) for row in rows]
    return {
        "number": [row.id for row in rows],
        "reported": seconds,
        "lon": [row.lon for row in rows],
        "lat": [row.lat for row in rows],
        "handled": [row.handled_at is not None for row in rows],
        "synthetic": [row.synthetic for row in rows],
        "part": [row.part_of is not None for row in rows],
        "runs": [row.suspended_at is None or (row.due_at and row.suspended_at > row.due_at) or False for row in rows],
        "late": [row.handled_at is None or (row.due_at and row.handled_at > row.due_at) or False for row in rows],
        "due": [-1 if row.due_at is None else math.floor(row.due_at.timestamp()) for row in rows],
        "cell": [math.floor(row.lon / 0.001) * 1_000_000 + math.floor(row.lat / 0.001) for row in rows],
        **{name: [getattr(row, name) for row in rows] for name in TEXTS},
    }


def decoded(columns, name):
    column = getattr(columns, name)
    if isinstance(column, Coded):
        return np.array([*column.values, None], dtype=object)[column.index].tolist()
    return column.tolist()


@pytest.fixture
def odd(store):
    """The ids of the incidents with odd values."""
    with store.write() as connection:
        ids = connection.execute(select(incidents.c.id).order_by(incidents.c.id).limit(len(ODD))).scalars().all()
        for number, values in zip(ids, ODD, strict=True):
            connection.execute(update(incidents).where(incidents.c.id == number).values(values))
    return ids


def test_columns_contain_the_values_of_the_rows(store, odd, monkeypatch):
    monkeypatch.setattr("geogrid.store.incident_array_reader._BLOCK", 37)
    with store.read() as connection:
        columns, rows = read_columns(connection), expected(connection)
    assert {name: decoded(columns, name) for name in rows} == rows
    assert len(set(columns.cell.values)) == len(columns.cell.values)


def test_changed_columns_contain_each_changed_incident_once(store, odd, monkeypatch):
    monkeypatch.setattr("geogrid.store.incident_array_reader._MAX_IDS", 2)
    with store.write() as connection:
        first = connection.execute(select(changes.c.id).order_by(changes.c.id.desc()).limit(1)).scalar() or 0
        for number in [*odd, odd[0]]:
            connection.execute(changes.insert().values(incident=number, version=1))
    with store.read() as connection:
        columns = read_changed_columns(connection, first, first + 10**6, odd[-2])
        rows = expected(connection)
    assert columns.number.tolist() == sorted(odd[:-1])
    chosen = {name: values[: len(odd) - 1] for name, values in rows.items()}
    assert {name: decoded(columns, name) for name in rows} == chosen


def test_database_without_incidents_gives_empty_columns(new_store):
    with new_store.read() as connection:
        columns = read_columns(connection)
    assert len(columns.number) == len(columns.category.index) == 0
    assert columns.cells(columns.part).count.tolist() == []
