"""Queries on the population of areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from geogrid.model import Population
from geogrid.store.tables import populations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

# SQLite accepts at most 32,766 parameters in a statement.
_CHUNK = 10_000


def read_populations(connection: Connection) -> dict[str, Population]:
    """Return the known populations by area code."""
    table = populations.c
    query = select(table.code, table.people, table.source, table.synthetic)
    return {code: Population(*rest) for code, *rest in connection.execute(query)}


def write_populations(connection: Connection, populations_by_code: Mapping[str, Population]) -> None:
    """Insert or replace the populations of areas, by code."""
    codes = list(populations_by_code)
    for start in range(0, len(codes), _CHUNK):
        connection.execute(delete(populations).where(populations.c.code.in_(codes[start : start + _CHUNK])))
    if populations_by_code:
        rows = [
            {"code": code, "people": population.people, "source": population.source, "synthetic": population.synthetic}
            for code, population in populations_by_code.items()
        ]
        connection.execute(insert(populations), rows)
