"""Queries on incidents: insert, update, read, list, count."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, bindparam, case, func, insert, or_, select, update

from geogrid.errors import NotFoundError
from geogrid.model import (
    UNCOUNTED_STATUSES,
    Incident,
    IncidentStatus,
    Layer,
    LocateStatus,
    OnSpot,
    Placement,
    Point,
    Progress,
    Report,
    Triage,
)
from geogrid.store.change_feed import add_change, describe_left_bounds
from geogrid.store.id_sequences import read_last_ids
from geogrid.store.steps import INCIDENT_STEPS
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from sqlalchemy import Connection, Row, Select, Table

    from geogrid.incidents.query import BoundingBox
    from geogrid.model import NewIncident, Step
    from geogrid.store.incident_conditions import Choice

_PLACED = [field.name for field in fields(Placement) if field.name != "wgs84"]
_PROGRESS = [field.name for field in fields(Progress)]
# SQLite accepts at most 32,766 parameters in a statement.
_MAX_PARAMETERS = 10_000


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """The numbers of received, handled and synthetic incidents."""

    received: int
    handled: int
    synthetic: int


@dataclass(frozen=True, slots=True)
class Keyset:
    """A position in a list ordered by time and id: just after this row."""

    at: datetime
    id: int


def reserve_incident_id(connection: Connection) -> int:
    """Return the id of the next incident, which the same transaction has to insert."""
    return _next_numbers(connection, incidents, 1)[0]


def add_reserved_incident(connection: Connection, incident_id: int, arrival: NewIncident) -> None:
    """Insert an incident with the id of `reserve_incident_id`, and its first steps."""
    connection.execute(insert(incidents), [{"id": incident_id, **_to_row(arrival, datetime.now(UTC))}])
    INCIDENT_STEPS.add(connection, ((incident_id, step) for step in arrival.steps))


def add_incidents(connection: Connection, arrivals: Sequence[NewIncident]) -> list[int]:
    """Insert incidents with their first steps and return their ids in the same order."""
    if not arrivals:
        return []
    now = datetime.now(UTC)
    ids = insert_numbered(connection, incidents, [_to_row(arrival, now) for arrival in arrivals])
    INCIDENT_STEPS.add(
        connection,
        ((incident_id, step) for incident_id, arrival in zip(ids, arrivals, strict=True) for step in arrival.steps),
    )
    return ids


def apply_step(
    connection: Connection,
    incident: Incident,
    progress: Progress,
    step: Step,
    placement: Placement | None,
    report: Report | None = None,
) -> bool:
    """Store a step and the state after it; return False if another user has taken a step in the meantime.

    Parameters
    ----------
    connection
        A write transaction.
    incident
        The incident before the step.
    progress
        Its progress after the step.
    step
        The step; its number is the version of the incident plus one.
    placement, report
        The placement and the report after the step; ``None`` keeps them.
    """
    incident_id = incident.id
    values = _progress_row(progress) | (_placement_row(placement) if placement else {})
    values |= _correctable_row(report) if report else {}
    query = update(incidents).where(incidents.c.id == incident_id, incidents.c.version == step.number - 1)
    if connection.execute(query.values(values)).rowcount != 1:
        return False
    INCIDENT_STEPS.add(connection, [(incident_id, step)])
    add_change(connection, incident_id, step.number, describe_left_bounds(incident, progress, placement, report))
    return True


def mark_merged(connection: Connection, targets: Mapping[int, int]) -> None:
    """Store the incident into which each incident is merged; `targets` maps ids to ids."""
    if targets:
        query = update(incidents).where(incidents.c.id == bindparam("number")).values(merged_into=bindparam("target"))
        connection.execute(
            query, [{"number": incident_id, "target": target} for incident_id, target in targets.items()]
        )


def get_incident(connection: Connection, incident_id: int) -> Incident:
    """Return one incident.

    Raises
    ------
    NotFoundError
        If no incident has this id.
    """
    row = connection.execute(select(incidents).where(incidents.c.id == incident_id)).first()
    if row is None:
        raise NotFoundError("No incident has this id.", code="incident_unknown", field="id")
    return incident_from_row(row)


def list_merged(connection: Connection, target_id: int) -> list[Incident]:
    """Return the incidents that are merged into an incident directly, in the order of their ids."""
    query = select(incidents).where(incidents.c.merged_into == target_id, incidents.c.status == IncidentStatus.MERGED)
    return read_incidents(connection, query.order_by(incidents.c.id))


def list_parts(connection: Connection, incident_id: int) -> list[Incident]:
    """Return the parts of a split incident in the order of their numbers."""
    query = select(incidents).where(incidents.c.part_of == incident_id).order_by(incidents.c.part)
    return read_incidents(connection, query)


def list_due_escalations(connection: Connection, moment: datetime) -> list[int]:
    """Return the ids of the incidents due for escalation at a moment, longest due first."""
    due = incidents.c.escalate_at
    return list(connection.execute(select(incidents.c.id).where(due <= moment).order_by(due, incidents.c.id)).scalars())


def find_nearby_incidents(
    connection: Connection, category: str, box: BoundingBox, since: datetime, until: datetime, *, limit: int
) -> list[Incident]:
    """Return at most `limit` incidents of a category in a box and a period, newest first.

    Void and merged incidents and parts of split incidents are excluded. The index on category and time limits the rows
    that are read.
    """
    query = select(incidents).where(
        incidents.c.category == category,
        incidents.c.reported_at.between(since, until),
        incidents.c.lon.between(box.west, box.east),
        incidents.c.lat.between(box.south, box.north),
        incidents.c.status.not_in(UNCOUNTED_STATUSES),
        incidents.c.part_of.is_(None),
    )
    return [
        incident_from_row(row)
        for row in connection.execute(query.order_by(incidents.c.reported_at.desc()).limit(limit))
    ]


def page_incidents(connection: Connection, choice: Choice, *, after: Keyset | None, limit: int) -> list[Incident]:
    """Return at most `limit` incidents after a position in the list, newest first."""
    query = choice.select(*choice.row())
    if after is not None:
        time, number = incidents.c.reported_at, incidents.c.id
        query = query.where(or_(time < after.at, and_(time == after.at, number < after.id)))
    return read_incidents(
        connection, query.order_by(incidents.c.reported_at.desc(), incidents.c.id.desc()).limit(limit)
    )


def read_incidents(connection: Connection, query: Select[Any]) -> list[Incident]:
    """Return the incidents of a query that selects all incident columns."""
    return [incident_from_row(row) for row in connection.execute(query)]


def count_incidents(connection: Connection, choice: Choice) -> IncidentCounts:
    """Count the incidents of a choice."""
    handled = case((incidents.c.handled_at.is_not(None), 1), else_=0)
    synthetic = case((incidents.c.synthetic, 1), else_=0)
    query = choice.select(func.count(), func.coalesce(func.sum(handled), 0), func.coalesce(func.sum(synthetic), 0))
    return IncidentCounts(*connection.execute(query).one())


def count_by_grid(connection: Connection, choice: Choice) -> dict[str, int]:
    """Count by grid code; an incident in a dedicated grid counts for the dedicated grid and for its base grid."""
    counts: dict[str, int] = {}
    for column in (choice.placed.base_code, choice.placed.dedicated_code):
        query = choice.select(column, func.count()).where(column.is_not(None)).group_by(column)
        counts.update((code, count) for code, count in connection.execute(query))
    return counts


def read_incident_points(connection: Connection, choice: Choice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the longitudes and latitudes (WGS 84) of the incidents of a choice."""
    query = choice.select(incidents.c.lon, incidents.c.lat)
    points = np.array([tuple(row) for row in connection.execute(query)], dtype=np.float64).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def get_newest_report_time(connection: Connection) -> datetime | None:
    """Return the report time of the newest incident, or None if there are no incidents."""
    return connection.execute(
        select(incidents.c.reported_at).order_by(incidents.c.reported_at.desc()).limit(1)
    ).scalar_one_or_none()


def get_oldest_report_time(connection: Connection) -> datetime | None:
    """Return the report time of the oldest incident, or None if there are no incidents."""
    return connection.execute(
        select(incidents.c.reported_at).order_by(incidents.c.reported_at).limit(1)
    ).scalar_one_or_none()


def find_known_external_ids(connection: Connection, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the pairs (source, external id) that incidents in the database have."""
    ids_by_source: dict[str, set[str]] = {}
    for source, external_id in pairs:
        ids_by_source.setdefault(source, set()).add(external_id)
    known = set()
    for source, external_ids in ids_by_source.items():
        ordered = sorted(external_ids)
        for start in range(0, len(ordered), _MAX_PARAMETERS):
            chunk = ordered[start : start + _MAX_PARAMETERS]
            query = select(incidents.c.external_id).where(
                incidents.c.source == source, incidents.c.external_id.in_(chunk)
            )
            known |= {(source, external_id) for external_id in connection.execute(query).scalars()}
    return known


def _to_row(arrival: NewIncident, created_at: datetime) -> dict[str, Any]:
    report = arrival.report
    return {
        "reported_at": report.reported_at,
        "created_at": created_at,
        "source": report.source,
        "external_id": report.external_id,
        "synthetic": report.synthetic,
        "claimed_grid": report.claimed_grid,
        **_correctable_row(report),
        **_placement_row(arrival.placement),
        **_progress_row(arrival.progress),
    }


def _correctable_row(report: Report) -> dict[str, Any]:
    """Return the columns of a report that a correction can change."""
    return {
        "category": report.category,
        "description": report.description,
        "accuracy_m": report.accuracy_m,
        "given_x": report.point.lon,
        "given_y": report.point.lat,
        "datum": report.datum,
    }


def _placement_row(placement: Placement) -> dict[str, Any]:
    row = {name: getattr(placement, name) for name in _PLACED}
    return row | {"lon": placement.wgs84.lon, "lat": placement.wgs84.lat}


def _progress_row(progress: Progress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in _PROGRESS} | {"called": progress.called or None}


def incident_from_row(row: Row[Any]) -> Incident:
    """Return the incident of a row with all incident columns."""
    report = Report(
        reported_at=row.reported_at,
        category=row.category,
        source=row.source,
        point=Point(row.given_x, row.given_y),
        datum=row.datum,
        description=row.description,
        handled_at=row.handled_at,
        external_id=row.external_id,
        synthetic=row.synthetic,
        claimed_grid=row.claimed_grid,
        closed_at=row.closed_at,
        accuracy_m=row.accuracy_m,
    )
    placed = {name: getattr(row, name) for name in _PLACED}
    placed["locate_status"] = LocateStatus(row.locate_status)
    placed["base_layer"] = Layer(row.base_layer) if row.base_layer else None
    progress = {name: getattr(row, name) for name in _PROGRESS}
    progress["status"] = IncidentStatus(row.status)
    progress["called"] = row.called or ()
    progress["triage"] = Triage(row.triage) if row.triage else None
    progress["on_spot"] = OnSpot(row.on_spot) if row.on_spot else None
    placement = Placement(wgs84=Point(row.lon, row.lat), **placed)
    return Incident(row.id, report, placement, row.created_at, Progress(**progress))


def list_provisional(connection: Connection) -> list[int]:
    """Return the ids of the incidents with provisional due times."""
    query = (
        select(incidents.c.id).where(incidents.c.due_provisional, incidents.c.split_into == 0).order_by(incidents.c.id)
    )
    return list(connection.execute(query).scalars())


def lock_incidents(connection: Connection, numbers: Iterable[int]) -> None:
    """Keep other writers from some incidents until the transaction ends.

    They are locked in the order of their numbers, so two transactions that want the same never wait for each other.
    SQLite has one writer at a time and needs no locks.
    """
    wanted = select(incidents.c.id).where(incidents.c.id.in_(sorted(numbers)))
    connection.execute(wanted.order_by(incidents.c.id).with_for_update()).all()


def merged_finally(connection: Connection, number: int) -> int:
    """Return the incident at the end of the chain that an incident was merged along; itself, where it was not."""
    chain = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == number).cte(recursive=True)
    following = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == chain.c.merged_into)
    # Not UNION ALL: a circle, which no merge can make, would come to an end too.
    chain = chain.union(following)
    final = select(chain.c.id).where(chain.c.merged_into.is_(None))
    return connection.execute(final).scalar_one_or_none() or number


def insert_numbered(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows into a table with the key `id`, and return their numbers in the order given."""
    numbers = _next_numbers(connection, table, len(rows))
    connection.execute(insert(table), [{"id": number, **row} for number, row in zip(numbers, rows, strict=True)])
    return numbers


def _next_numbers(connection: Connection, table: Table, count: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        # One transaction writes at a time, and SQLite itself would give the same numbers.
        last = read_last_ids(connection).get(table.name, 0)
        return list(range(last + 1, last + 1 + count))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    query = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
    return list(connection.execute(query).scalars())
