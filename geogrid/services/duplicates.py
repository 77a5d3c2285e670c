"""Possible duplicates of a report or an incident, and the target of a merged incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.geo.coordinate_checks import check_coordinates
from geogrid.incidents.duplicates import DuplicateQuery, rank_duplicates, search_window
from geogrid.incidents.grid_assignment import to_wgs84
from geogrid.incidents.validation import check_category
from geogrid.model import Point
from geogrid.permissions import check_incident_bounds, incident_within_bounds
from geogrid.store import incidents as table
from geogrid.store.incidents import merged_finally

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Incident
    from geogrid.store.database import Store

MAX_DUPLICATES: Final = 20
# Maximum number of nearby incidents to compare; newer ones take precedence.
_MAX_CANDIDATES: Final = 500


def find_duplicates(
    store: Store,
    rules: RuleSet,
    actor: Actor,
    point: Point,
    datum: str,
    category: str,
    moment: datetime,
    description: str = "",
) -> list[Duplicate]:
    """Return the incidents that an unsubmitted report may duplicate, most likely first.

    Parameters
    ----------
    store, rules
        The database and the rules.
    actor
        The user; incidents outside the bounds of the actor are excluded.
    point, datum
        The point and its canonical datum, see `geogrid.geo.datums.parse_datum`.
    category, moment, description
        The category, the report time and the description.

    Raises
    ------
    InputError
        If the point is not on the Earth, or if the category is unknown.
    """
    check_category(category, rules.categories)
    check_coordinates(point.lon, point.lat, datum)
    lon, lat = to_wgs84([point], [datum])
    query = DuplicateQuery(Point(float(lon[0]), float(lat[0])), category, moment, description)
    with store.read() as connection:
        return rank_nearby_incidents(connection, rules, actor, query)


def find_duplicates_of_incident(store: Store, rules: RuleSet, actor: Actor, incident_id: int) -> list[Duplicate]:
    """Return the possible duplicates of an incident, most likely first.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, incident_id)
        check_incident_bounds(actor, incident)
        return rank_nearby_incidents(connection, rules, actor, query_for_incident(incident))


def find_final_incident_id(store: Store, incident: Incident) -> int | None:
    """Return the id of the incident at the end of a chain of merges, or None if the incident is not merged."""
    if incident.progress.merged_into is None:
        return None
    with store.read() as connection:
        return merged_finally(connection, incident.id)


def query_for_incident(incident: Incident) -> DuplicateQuery:
    """Return the query for duplicates of an incident."""
    report = incident.report
    return DuplicateQuery(
        incident.placement.wgs84,
        report.category,
        report.reported_at,
        report.description,
        incident.progress.part_of or incident.id,
    )


def rank_nearby_incidents(
    connection: Connection, rules: RuleSet, actor: Actor, query: DuplicateQuery
) -> list[Duplicate]:
    """Return the possible duplicates of a query, most likely first."""
    limits = rules.duplicates.range_of(query.category, rules.categories)
    box, since, until = search_window(query, limits)
    nearby = table.find_nearby_incidents(connection, query.category, box, since, until, limit=_MAX_CANDIDATES)
    candidates = [
        incident
        for incident in nearby
        if incident.id != query.incident and incident_within_bounds(actor.bounds, incident)
    ]
    return rank_duplicates(query, candidates, rules.duplicates, limits)[:MAX_DUPLICATES]
