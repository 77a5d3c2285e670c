"""Incidents: insert, read, page through, count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, case, func, insert, or_, select

from geogrid.errors import NotFoundError
from geogrid.model import Incident, IncidentStatus, Layer, LocateStatus, Placement, Point, Report, Source
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection, Row

    from geogrid.store.choice import Choice

# A statement of SQLite takes 32,766 parameters.
_MAX_PARAMETERS = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many incidents there are, how many of them were handled, and how many are made up."""

    received: int
    handled: int
    synthetic: int


@dataclass(frozen=True, slots=True)
class Keyset:
    """The place in a list ordered by time, newest first: after this incident."""

    reported_at: datetime
    id: int


def add_incidents(connection: Connection, reports: Sequence[Report], placements: Sequence[Placement]) -> list[int]:
    """Insert incidents and return their numbers in the order given."""
    if not reports:
        return []
    now = datetime.now(UTC)
    rows = [_to_row(report, placement, now) for report, placement in zip(reports, placements, strict=True)]
    statement = insert(incidents).returning(incidents.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def get_incident(connection: Connection, number: int) -> Incident:
    """Return one incident.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    row = connection.execute(select(incidents).where(incidents.c.id == number)).first()
    if row is None:
        raise NotFoundError("There is no incident of this number.", code="incident_unknown", field="id")
    return _from_row(row)


def page_incidents(connection: Connection, choice: Choice, *, after: Keyset | None, limit: int) -> list[Incident]:
    """Return at most `limit` incidents, newest first, from just after a place in the list."""
    query = choice.select(*choice.row())
    if after is not None:
        time, number = incidents.c.reported_at, incidents.c.id
        query = query.where(or_(time < after.reported_at, and_(time == after.reported_at, number < after.id)))
    query = query.order_by(incidents.c.reported_at.desc(), incidents.c.id.desc()).limit(limit)
    return [_from_row(row) for row in connection.execute(query)]


def count_incidents(connection: Connection, choice: Choice) -> Counts:
    """Count the incidents of a choice, from the rows."""
    handled = case((incidents.c.status == IncidentStatus.HANDLED, 1), else_=0)
    synthetic = case((incidents.c.synthetic, 1), else_=0)
    query = choice.select(func.count(), func.coalesce(func.sum(handled), 0), func.coalesce(func.sum(synthetic), 0))
    return Counts(*connection.execute(query).one())


def count_by_grid(connection: Connection, choice: Choice) -> dict[str, int]:
    """Count by grid: an incident in a dedicated grid counts for that and for its base grid."""
    counts: dict[str, int] = {}
    for column in (choice.placed.base_code, choice.placed.dedicated_code):
        query = choice.select(column, func.count()).where(column.is_not(None)).group_by(column)
        counts.update((code, number) for code, number in connection.execute(query))
    return counts


def incident_points(connection: Connection, choice: Choice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitudes and latitudes (WGS 84) of the incidents of a choice."""
    query = choice.select(incidents.c.lon, incidents.c.lat)
    points = np.array([tuple(row) for row in connection.execute(query)], dtype=np.float64).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def newest_report(connection: Connection) -> datetime | None:
    """Return when the newest incident was reported, or None where there is none."""
    return connection.execute(
        select(incidents.c.reported_at).order_by(incidents.c.reported_at.desc()).limit(1)
    ).scalar_one_or_none()


def known_external_ids(connection: Connection, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which of the pairs (source, external id) are in the store."""
    wanted: dict[str, set[str]] = {}
    for source, number in pairs:
        wanted.setdefault(source, set()).add(number)
    known = set()
    for source, numbers in wanted.items():
        ordered = sorted(numbers)
        for first in range(0, len(ordered), _MAX_PARAMETERS):
            some = ordered[first : first + _MAX_PARAMETERS]
            query = select(incidents.c.external_id).where(
                incidents.c.source == source, incidents.c.external_id.in_(some)
            )
            known |= {(source, number) for number in connection.execute(query).scalars()}
    return known


def _to_row(report: Report, placement: Placement, created_at: datetime) -> dict[str, Any]:
    return {
        "reported_at": report.reported_at,
        "handled_at": report.handled_at,
        "created_at": created_at,
        "status": report.status,
        "category": report.category,
        "source": report.source,
        "external_id": report.external_id,
        "description": report.description,
        "synthetic": report.synthetic,
        "claimed_grid": report.claimed_grid,
        "given_x": report.point.lon,
        "given_y": report.point.lat,
        "datum": report.datum,
        "lon": placement.wgs84.lon,
        "lat": placement.wgs84.lat,
        "locate_status": placement.locate_status,
        "generation": placement.generation,
        "base_code": placement.base_code,
        "base_layer": placement.base_layer,
        "dedicated_code": placement.dedicated_code,
        "community_code": placement.community_code,
        "street_code": placement.street_code,
    }


def _from_row(row: Row[Any]) -> Incident:
    report = Report(
        reported_at=row.reported_at,
        category=row.category,
        source=Source(row.source),
        point=Point(row.given_x, row.given_y),
        datum=row.datum,
        description=row.description,
        handled_at=row.handled_at,
        external_id=row.external_id,
        synthetic=row.synthetic,
        claimed_grid=row.claimed_grid,
    )
    placement = Placement(
        wgs84=Point(row.lon, row.lat),
        locate_status=LocateStatus(row.locate_status),
        generation=row.generation,
        base_code=row.base_code,
        base_layer=Layer(row.base_layer) if row.base_layer else None,
        dedicated_code=row.dedicated_code,
        community_code=row.community_code,
        street_code=row.street_code,
    )
    return Incident(row.id, report, placement, row.created_at)
