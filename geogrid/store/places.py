"""Queries on the gazetteer: places by source, and the imports of place lists."""

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


def replace_places(connection: Connection, source: str, addresses: Sequence[Address], actor: Actor) -> None:
    """Replace all places of a source by the places of a new list."""
    connection.execute(delete(places).where(places.c.source == source))
    if addresses:
        connection.execute(insert(places), [_to_row(address) for address in addresses])
    values = {"source": source, "rows": len(addresses), "imported_at": datetime.now(UTC)}
    connection.execute(insert(place_lists).values(**values, actor_id=actor.id, actor=actor.name))


def list_places(connection: Connection) -> list[Address]:
    """Return all places of the gazetteer in import order."""
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
    """Return the number of places of a source."""
    query = select(func.count()).select_from(places).where(places.c.source == source)
    return connection.execute(query).scalar_one()


def get_gazetteer_version(connection: Connection) -> int:
    """Return the version of the gazetteer: the id of the last import, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(place_lists.c.id), 0))).scalar_one())


def _to_row(address: Address) -> dict[str, object]:
    return {
        "name": address.name,
        "address": address.address,
        "kind": address.kind,
        "lon": address.wgs84.lon,
        "lat": address.wgs84.lat,
        "given_x": address.point.lon,
        "given_y": address.point.lat,
        "datum": address.datum,
        "source": address.source,
        "synthetic": address.synthetic,
    }
