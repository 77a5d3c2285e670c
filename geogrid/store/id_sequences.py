"""The last id that each table has assigned, which may exceed its largest id after rows were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from geogrid.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_last_ids(connection: Connection) -> dict[str, int]:
    """Return the last assigned id by table; tables that have assigned none are missing."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {name: last for name, last in rows if name in metadata.tables}
    found = {
        table.name: connection.exec_driver_sql(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)", (table.name, column.name)
        ).scalar_one()
        for table in metadata.sorted_tables
        if (column := table.autoincrement_column) is not None
    }
    return {name: last for name, last in found.items() if last is not None}


def raise_last_ids(connection: Connection, last_ids: Mapping[str, int]) -> None:
    """Continue the ids of each table after its largest id and after the given last ids."""
    if connection.dialect.name == "sqlite":
        # Inserts have set the sequences to the largest ids.
        known = read_last_ids(connection)
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")
        for name, last in (known | {name: max(last, known.get(name, 0)) for name, last in last_ids.items()}).items():
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            largest = func.greatest(select(func.max(column)).scalar_subquery(), last_ids.get(table.name))
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            # For an empty table without a last id the maximum is NULL, and setval(…, NULL) keeps the sequence.
            connection.execute(select(func.setval(sequence, largest)))
