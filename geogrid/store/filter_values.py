"""The values that a filter can have: the codes of areas in any generation, and values that incidents have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geogrid.errors import QueryError
from geogrid.model import Layer
from geogrid.store.tables import areas, generations, incidents

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


def has_area(connection: Connection, layers: Collection[Layer], code: str) -> bool:
    """Return whether an area of these layers has a code, in any generation."""
    # All columns of the primary key, so that the database reads no other row.
    query = (
        select(areas.c.code)
        .where(areas.c.generation.in_(select(generations.c.id)), areas.c.layer.in_(layers), areas.c.code == code)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def check_area(connection: Connection, code: str | None) -> None:
    """Raise if a filter names an area that no generation has; None is no filter.

    Raises
    ------
    QueryError
        With the code ``area``.
    """
    if code is not None and not has_area(connection, list(Layer), code):
        raise QueryError(
            "No area has this code.",
            code="area",
            field="area",
            remedy="Use the code of a street, community, village or grid.",
        )


def has_layer(connection: Connection, layers: Collection[Layer]) -> bool:
    """Return whether any generation has an area of these layers."""
    query = select(areas.c.code).where(areas.c.generation.in_(select(generations.c.id)), areas.c.layer.in_(layers))
    return connection.execute(query.limit(1)).first() is not None


def area_codes(connection: Connection, layers: Collection[Layer], limit: int) -> list[str]:
    """Return the first codes of these layers in any generation, in their order."""
    query = select(areas.c.code).where(areas.c.layer.in_(layers)).distinct().order_by(areas.c.code).limit(limit)
    return list(connection.scalars(query))


def has_incident(connection: Connection, column: str, value: str) -> bool:
    """Return whether an incident has a value in an indexed column."""
    return connection.execute(select(incidents.c.id).where(incidents.c[column] == value).limit(1)).first() is not None
