"""Use cases around duplicates: what may be the same incident, and where a merged one is dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.geo import datums
from geogrid.incidents.duplicates import DuplicateQuery, rank_duplicates, search_window
from geogrid.incidents.grid_assignment import to_wgs84
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

#: Past so many a desk looks no further.
MAX_DUPLICATES: Final = 20
# In a place where more are near, those nearest in time are compared.
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
    """Return the incidents that a report, not made yet, may be a duplicate of, the likeliest first.

    Parameters
    ----------
    store, rules
        The house.
    actor
        Who asks; incidents outside of the actor's bounds are not told.
    point, datum
        Where, and in which datum (see `geogrid.geo.datums.parse_datum`).
    category, moment, description
        What, when, and what was said of it.

    Raises
    ------
    InputError
        If the point cannot be, or the category is not in the list.
    """
    if category not in rules.categories:
        raise InputError("The category is not in the list.", code="category_unknown", field="category")
    datums.check(point.lon, point.lat, datum)
    lon, lat = to_wgs84([point], [datum])
    sought = DuplicateQuery(Point(float(lon[0]), float(lat[0])), category, moment, description)
    with store.read() as connection:
        return seek(connection, rules, actor, sought)


def duplicates_of(store: Store, rules: RuleSet, actor: Actor, number: int) -> list[Duplicate]:
    """Return the incidents that an incident may be the same as, the likeliest first.

    Raises
    ------
    NotFoundError, ForbiddenError
        If there is no such incident within the actor's bounds.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, number)
        check_incident_bounds(actor, incident)
        return seek(connection, rules, actor, sought_of(incident))


def final_incident(store: Store, incident: Incident) -> int | None:
    """Return the number of the incident in which a merged one is dealt with, or None of one that is not merged."""
    if incident.progress.merged_into is None:
        return None
    with store.read() as connection:
        return merged_finally(connection, incident.id)


def sought_of(incident: Incident) -> DuplicateQuery:
    """Return what duplicates of an incident are like."""
    report = incident.report
    return DuplicateQuery(
        incident.placement.wgs84, report.category, report.reported_at, report.description, incident.id
    )


def seek(connection: Connection, rules: RuleSet, actor: Actor, sought: DuplicateQuery) -> list[Duplicate]:
    """Return possible duplicates, the likeliest first, in a transaction that is open."""
    box, since, until = search_window(sought, rules.duplicates.range_of(sought.category))
    near = table.incidents_near(connection, sought.category, box, since, until, limit=_MAX_CANDIDATES)
    candidates = [one for one in near if one.id != sought.incident and incident_within_bounds(actor.bounds, one)]
    return rank_duplicates(sought, candidates, rules.duplicates)[:MAX_DUPLICATES]
