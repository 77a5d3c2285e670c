"""Fill a database with many synthetic incidents: the half-year of the demo, repeated backwards in time.

Above 1.2 million incidents, the half-years of ten years are repeated once more, so that no incident is older.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Interval, Text, func, insert, inspect, literal, select, text, type_coerce

from geogrid.demo.incidents import RECEIVED
from geogrid.demo.store_preparation import prepare_demo
from geogrid.model import SYSTEM
from geogrid.store.column_types import UtcDateTime
from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from sqlalchemy import Column, ColumnElement, Connection

    from geogrid.store.database import Store

_HALF_YEAR = timedelta(weeks=26)
_HALF_YEARS = 20
#: Number of new incidents from which it is faster to drop the indexes and to build them again at the end.
_MANY = 500_000
_SIZE = {
    "sqlite": {
        "database": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "steps": "SELECT sum(pgsize) FROM dbstat WHERE name = 'steps'",
    },
    "postgresql": {
        "database": "SELECT pg_database_size(current_database())",
        "steps": "SELECT pg_total_relation_size('steps')",
    },
}


def fill(store: Store, wanted: int) -> float:
    """Fill a database up to a number of incidents, and return the seconds.

    Each half-year is one transaction, so an interrupted call can be repeated.
    """
    prepare_demo(store)
    begin = time.perf_counter()
    with store.read() as connection:
        number = connection.execute(select(func.count()).select_from(incidents)).scalar_one()
        indexed = len(inspect(connection).get_indexes("incidents")) >= len(incidents.indexes)
    if number >= wanted and indexed:
        return 0.0
    if wanted - number >= _MANY:
        with store.write() as connection:
            _drop_indexes(connection)
    for copy in range(-(-number // RECEIVED), -(-wanted // RECEIVED)):
        with store.write() as connection:
            _add(connection, copy, min(RECEIVED, wanted - copy * RECEIVED))
    with store.write() as connection:
        _create_indexes(connection)
        connection.execute(text("ANALYZE"))
    if not store.is_sqlite:
        _vacuum(store)
    return time.perf_counter() - begin


def _drop_indexes(connection: Connection) -> None:
    for index in incidents.indexes:
        index.drop(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP INDEX IF EXISTS ix_incidents_geom")


def _create_indexes(connection: Connection) -> None:
    """Create the indexes that are missing; an interrupted call has left none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS ix_incidents_geom ON incidents USING gist (geom)")
    for index in incidents.indexes:
        index.create(connection, checkfirst=True)


def _vacuum(store: Store) -> None:
    """Update the visibility map, as autovacuum does in time; index-only scans need it."""
    with store.read() as connection:
        engine = connection.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM (ANALYZE) incidents")
        connection.exec_driver_sql("VACUUM (ANALYZE) steps")


def size(store: Store, part: str = "database") -> int | None:
    """Return the bytes of the database or of its steps; None if this build of SQLite does not report them."""
    with store.read() as connection:
        dialect = connection.dialect.name
        options = set(connection.exec_driver_sql("PRAGMA compile_options").scalars()) if dialect == "sqlite" else ()
        if part == "steps" and dialect == "sqlite" and "ENABLE_DBSTAT_VTAB" not in options:
            return None
        return int(connection.exec_driver_sql(_SIZE[dialect][part]).scalar_one())


def _add(connection: Connection, copy: int, number: int) -> None:
    """Add the first incidents of the demo, moved back by some half-years."""
    last = connection.execute(select(func.max(incidents.c.id))).scalar_one()
    copied: dict[str, ColumnElement[Any]] = {
        column.name: _before(column, copy % _HALF_YEARS * _HALF_YEAR, connection.dialect.name)
        if isinstance(column.type, UtcDateTime)
        else column
        for column in incidents.c
        if column.name not in ("id", "merged_into")
    }
    copied["external_id"] = literal(f"copy-{copy}-") + incidents.c.external_id
    demo = incidents.c.external_id.like("demo-%")
    query = select(*copied.values()).where(demo).order_by(incidents.c.id).limit(number)
    connection.execute(insert(incidents).from_select(list(copied), query))
    _add_steps(connection, incidents.c.id > last)


def _add_steps(connection: Connection, new: ColumnElement[bool]) -> None:
    """Add the first step of each new incident."""
    row: dict[str, Any] = {
        "incident": incidents.c.id,
        "number": literal(1),
        "action": literal("import"),
        "to_status": incidents.c.status,
        "at": incidents.c.created_at,
        "actor_id": literal(SYSTEM.id),
        "actor": literal(SYSTEM.name),
        "role": literal("system"),
        "note": literal(""),
    }
    connection.execute(insert(steps).from_select(list(row), select(*row.values()).where(new)))


def _before(moment: Column[Any], time_before: timedelta, dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return moment - literal(time_before, Interval)
    # SQLite's date functions drop microseconds, so the fraction of the second is appended.
    written = type_coerce(moment, Text)
    day = func.strftime("%Y-%m-%d %H:%M:%S", written, f"-{time_before.days} days", type_=Text)
    return day + func.substr(written, 20)
