"""All rows from one database to another, and the proof that they came over."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely
from sqlalchemy import func, insert, select, text

from geogrid.errors import SetupError
from geogrid.store.schema_version import count_rows
from geogrid.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Row, Table

_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class TableContent:
    """How many rows a table has, and a SHA-256 of all of their values in the order of the key."""

    rows: int
    digest: str


def copy_tables(
    source: Connection, target: Connection, advance: Callable[[int], object] = lambda _rows: None
) -> dict[str, TableContent]:
    """Copy every table into a database whose tables are there and empty, and compare what arrived.

    Parameters
    ----------
    source, target
        Transactions; the second one writes, and is to be rolled back if this raises.
    advance
        Called with the number of rows copied since the last call.

    Raises
    ------
    SetupError
        If a table does not hold afterwards what the other one does.
    """
    sent: dict[str, TableContent] = {}
    with _keys_checked_at_the_end(target):
        for table in metadata.sorted_tables:
            sent[table.name] = _digest(_copied(source, target, table, advance))
    _go_on_counting(target)
    for table in metadata.sorted_tables:
        if _digest(_parts(target, table)) != sent[table.name]:
            raise SetupError(f"The table {table.name} did not arrive as it was.", code="copy_differs")
    return sent


def is_empty(connection: Connection) -> bool:
    """Return whether none of geogrid's tables has rows."""
    return not any(count_rows(connection).values())


def _copied(
    source: Connection, target: Connection, table: Table, advance: Callable[[int], object]
) -> Iterator[Sequence[Row[Any]]]:
    for rows in _parts(source, table):
        target.execute(insert(table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name
        advance(len(rows))
        yield rows


def _parts(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as result:
        yield from result.partitions()


def _digest(parts: Iterator[Sequence[Row[Any]]]) -> TableContent:
    digest, number = hashlib.sha256(), 0
    for rows in parts:
        number += len(rows)
        for row in rows:
            digest.update(repr([_plain(value) for value in row]).encode())
    return TableContent(number, digest.hexdigest())


def _plain(value: object) -> object:
    return shapely.to_wkb(value) if isinstance(value, shapely.Geometry) else value


@contextmanager
def _keys_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """Let rows come before those that they refer to, in their own table or in another."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        return
    query = "SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint WHERE contype = 'f' AND "
    query += "connamespace = current_schema()::regnamespace"
    keys = connection.execute(text(query)).all()
    for table, name in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
    yield
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")


def _go_on_counting(connection: Connection) -> None:
    """Let new rows be numbered after those that were copied."""
    if connection.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            largest = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            # Without rows there is nothing to go on from, and setval takes no NULL for a number.
            connection.execute(select(func.setval(sequence, largest)))
