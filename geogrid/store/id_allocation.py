"""Allocate row ids before inserting: a bulk insert without RETURNING is several times as fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table


def insert_with_ids(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows into a table with the key `id` and return their ids in the same order."""
    ids = _allocate_ids(connection, table, len(rows))
    connection.execute(insert(table), [{"id": row_id, **row} for row_id, row in zip(ids, rows, strict=True)])
    return ids


def _allocate_ids(connection: Connection, table: Table, count: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        # One transaction writes at a time, and SQLite itself would assign the same ids.
        last = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    query = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return list(connection.execute(query).scalars())
