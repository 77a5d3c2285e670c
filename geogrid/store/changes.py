"""In which order incidents came in and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from geogrid.model import Change
from geogrid.store.choice import bounds_conditions
from geogrid.store.tables import changes, incidents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Bounds


def add_change(connection: Connection, incident: int, version: int) -> None:
    """Note that an incident has come in, or was taken a step on."""
    connection.execute(insert(changes).values(incident=incident, version=version))


def newest_change(connection: Connection) -> int:
    """Return the number of the last change, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one())


def changes_between(connection: Connection, bounds: Bounds, after: int, last: int) -> list[Change]:
    """Return the changes after one and up to another, of incidents that lie within bounds now, the oldest first."""
    query = (
        select(changes.c.id, changes.c.incident, changes.c.version)
        .join(incidents, incidents.c.id == changes.c.incident)
        .where(changes.c.id > after, changes.c.id <= last, *bounds_conditions(bounds))
        .order_by(changes.c.id)
    )
    return [Change(*row) for row in connection.execute(query)]
