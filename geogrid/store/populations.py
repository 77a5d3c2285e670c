"""How many people live in areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from geogrid.model import Population
from geogrid.store.tables import populations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

# A statement of SQLite takes 32,766 parameters.
_CHUNK = 10_000


def read_populations(connection: Connection) -> dict[str, Population]:
    """Return the people of all areas that somebody has told of, by code."""
    table = populations.c
    query = select(table.code, table.people, table.source, table.synthetic)
    return {code: Population(*rest) for code, *rest in connection.execute(query)}


def write_populations(connection: Connection, people: Mapping[str, Population]) -> None:
    """Keep the people of some areas in the place of what was said of them before."""
    codes = list(people)
    for first in range(0, len(codes), _CHUNK):
        connection.execute(delete(populations).where(populations.c.code.in_(codes[first : first + _CHUNK])))
    if people:
        rows = [
            {"code": code, "people": one.people, "source": one.source, "synthetic": one.synthetic}
            for code, one in people.items()
        ]
        connection.execute(insert(populations), rows)
