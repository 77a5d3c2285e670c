"""The gazetteer: the rows of each list, and which lists were taken in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from geogrid.model import Address, Point
from geogrid.store.tables import place_lists, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geogrid.model import Actor

_COLUMNS = [column for column in places.c if column.name != "id"]


def replace_places(connection: Connection, source: str, found: Sequence[Address], actor: Actor) -> None:
    """Keep the places of a list in place of those that an earlier list of the same source has brought."""
    connection.execute(delete(places).where(places.c.source == source))
    if found:
        connection.execute(insert(places), [_row(one) for one in found])
    values = {"source": source, "rows": len(found), "imported_at": datetime.now(UTC)}
    connection.execute(insert(place_lists).values(**values, actor_id=actor.id, actor=actor.name))


def list_places(connection: Connection) -> list[Address]:
    """Return the whole gazetteer, in the order in which it was brought."""
    return [
        Address(
            name=row.name,
            address=row.address,
            kind=row.kind,
            wgs84=Point(row.lon, row.lat),
            point=Point(row.given_x, row.given_y),
            datum=row.datum,
            source=row.source,
            synthetic=row.synthetic,
        )
        for row in connection.execute(select(*_COLUMNS).order_by(places.c.id))
    ]


def count_places(connection: Connection, source: str) -> int:
    """Return how many places of a source there are."""
    query = select(func.count()).select_from(places).where(places.c.source == source)
    return connection.execute(query).scalar_one()


def get_gazetteer_version(connection: Connection) -> int:
    """Return a number that changes with the gazetteer; 0 where nothing was ever brought."""
    return int(connection.execute(select(func.coalesce(func.max(place_lists.c.id), 0))).scalar_one())


def _row(found: Address) -> dict[str, object]:
    return {
        "name": found.name,
        "address": found.address,
        "kind": found.kind,
        "lon": found.wgs84.lon,
        "lat": found.wgs84.lat,
        "given_x": found.point.lon,
        "given_y": found.point.lat,
        "datum": found.datum,
        "source": found.source,
        "synthetic": found.synthetic,
    }
