"""The queue of incidents whose place a person has to settle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.incidents import incident_from_row
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Bounds, Incident
    from geogrid.store.incidents import Keyset


def page_triage(connection: Connection, bounds: Bounds, *, after: Keyset | None, limit: int) -> list[Incident]:
    """Return at most `limit` incidents that wait within bounds, the oldest first, from just after a place."""
    time, number = incidents.c.reported_at, incidents.c.id
    query = select(incidents).where(incidents.c.triage.is_not(None), *bounds_conditions(bounds))
    if after is not None:
        query = query.where(or_(time > after.at, and_(time == after.at, number > after.id)))
    return [incident_from_row(row) for row in connection.execute(query.order_by(time, number).limit(limit))]
