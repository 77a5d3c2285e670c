"""Copy all rows from one database to another and compare the contents."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely
from sqlalchemy import insert, select, text

from geogrid.errors import SetupError
from geogrid.store.database_checks import count_rows
from geogrid.store.id_sequences import raise_last_ids, read_last_ids
from geogrid.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Row, Table

_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class TableContent:
    """The row count of a table and the SHA-256 of its values in primary key order."""

    rows: int
    digest: str


def copy_tables(
    source: Connection, target: Connection, advance: Callable[[int], object] = lambda _rows: None
) -> dict[str, TableContent]:
    """Copy every table into a database with empty tables, and compare the contents.

    Parameters
    ----------
    source, target
        Database transactions. The caller rolls back the second one if this function raises.
    advance
        Called with the number of rows copied since the last call.

    Raises
    ------
    SetupError
        If the contents of a table differ afterwards.
    """
    copied: dict[str, TableContent] = {}
    with _defer_foreign_keys(target):
        for table in metadata.sorted_tables:
            copied[table.name] = _hash_rows(_copy_table(source, target, table, advance))
    raise_last_ids(target, read_last_ids(source))
    for table in metadata.sorted_tables:
        if _hash_rows(_read_chunks(target, table)) != copied[table.name]:
            raise SetupError(f"The copy of table {table.name} differs from its source.", code="copy_differs")
    return copied


def is_empty(connection: Connection) -> bool:
    """Return whether all tables of geogrid are empty."""
    return not any(count_rows(connection).values())


def _copy_table(
    source: Connection, target: Connection, table: Table, advance: Callable[[int], object]
) -> Iterator[Sequence[Row[Any]]]:
    for rows in _read_chunks(source, table):
        target.execute(insert(table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name
        advance(len(rows))
        yield rows


def _read_chunks(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as result:
        yield from result.partitions()


def _hash_rows(chunks: Iterator[Sequence[Row[Any]]]) -> TableContent:
    digest, count = hashlib.sha256(), 0
    for rows in chunks:
        count += len(rows)
        for row in rows:
            digest.update(repr([_comparable(value) for value in row]).encode())
    return TableContent(count, digest.hexdigest())


def _comparable(value: object) -> object:
    return shapely.to_wkb(value) if isinstance(value, shapely.Geometry) else value


@contextmanager
def _defer_foreign_keys(connection: Connection) -> Iterator[None]:
    """Check foreign keys at commit, so that rows can be inserted before the rows they reference."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        yield
        return
    query = "SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint WHERE contype = 'f' AND "
    query += "connamespace = current_schema()::regnamespace"
    foreign_keys = connection.execute(text(query)).all()
    for table, name in foreign_keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
    yield
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name in foreign_keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE")
