"""Queries on the saved mappings of imported tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from geogrid.model import SavedMapping
from geogrid.store.tables import import_mappings

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COLUMNS = import_mappings.c


def list_mappings(connection: Connection) -> list[SavedMapping]:
    """Return all saved mappings, by list and name."""
    query = select(_COLUMNS.list, _COLUMNS.name, _COLUMNS.content, _COLUMNS.saved_at)
    return [SavedMapping(*row) for row in connection.execute(query.order_by(_COLUMNS.list, _COLUMNS.name))]


def find_mapping(connection: Connection, list_name: str, name: str) -> SavedMapping | None:
    """Return the mapping of a list with a name, or None."""
    saved = list_mappings(connection)
    return next((mapping for mapping in saved if (mapping.list, mapping.name) == (list_name, name)), None)


def write_mapping(connection: Connection, mapping: SavedMapping) -> None:
    """Insert a mapping, or replace the one of the same list and name."""
    remove_mapping(connection, mapping.list, mapping.name)
    row = {
        "list": mapping.list,
        "name": mapping.name,
        "content": mapping.content,
        "saved_at": mapping.saved_at,
    }
    connection.execute(insert(import_mappings), row)


def remove_mapping(connection: Connection, list_name: str, name: str) -> bool:
    """Delete a mapping, and return whether it existed."""
    condition = (_COLUMNS.list == list_name) & (_COLUMNS.name == name)
    return connection.execute(delete(import_mappings).where(condition)).rowcount > 0
