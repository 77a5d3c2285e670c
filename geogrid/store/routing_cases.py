"""Query of the cases of stored incidents that routing rules test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, select

from geogrid.model import Layer
from geogrid.rules.routing import RoutingCase
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class IncidentCase:
    """The properties of an incident that routing rules read, with its id and report time."""

    id: int
    reported_at: datetime
    case: RoutingCase


def iterate_cases(connection: Connection, since: datetime, until: datetime) -> Iterator[IncidentCase]:
    """Yield the routing cases of all incidents reported in a period, newest first."""
    moment = incidents.c.reported_at
    query = (
        select(
            incidents.c.id,
            moment,
            incidents.c.category,
            incidents.c.source,
            case((incidents.c.dedicated_code.is_not(None), Layer.DEDICATED.value), else_=incidents.c.base_layer),
            incidents.c.street_code,
        )
        .where(moment >= since, moment < until)
        .order_by(moment.desc(), incidents.c.id.desc())
    )
    for incident_id, reported_at, category, source, layer, street in connection.execute(query):
        yield IncidentCase(incident_id, reported_at, RoutingCase.at(reported_at, category, source, layer, street))
