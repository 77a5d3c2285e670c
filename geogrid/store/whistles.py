"""Queries on whistles (街道吹哨、部门报到): calls of a street to departments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, or_, select, update

from geogrid.errors import NotFoundError
from geogrid.model import ENDED_STATUSES, Bounds, IncidentStatus, Whistle
from geogrid.model.figures import WhistleCounts
from geogrid.store.incident_conditions import bounds_conditions, choose
from geogrid.store.tables import cards, incidents, steps, whistles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery

_COLUMNS = tuple(whistles.c[name] for name in Whistle.__slots__)


def next_round(connection: Connection, incident_id: int) -> int:
    """Return the number of the next call on an incident."""
    query = select(func.coalesce(func.max(whistles.c.round), 0) + 1).where(whistles.c.incident == incident_id)
    return int(connection.execute(query).scalar_one())


def add_whistles(connection: Connection, due_times: Mapping[str, datetime], **values: object) -> None:
    """Insert a whistle for each department with its due time, and with the same other values."""
    rows = [{**values, "department": department, "due_at": due_at} for department, due_at in due_times.items()]
    connection.execute(insert(whistles), rows)


def get_whistle(connection: Connection, whistle_id: int) -> Whistle:
    """Return a whistle.

    Raises
    ------
    NotFoundError
        If no whistle has this id.
    """
    row = connection.execute(select(*_COLUMNS).where(whistles.c.id == whistle_id)).first()
    if row is None:
        raise NotFoundError("No whistle has this id.", code="whistle_unknown", field="id")
    return Whistle(*row)


def list_unanswered_departments(connection: Connection, incident_id: int) -> list[str]:
    """Return the names of the departments that have not reported in to a whistle on an incident."""
    query = select(whistles.c.department).where(whistles.c.incident == incident_id, whistles.c.reported_in_at.is_(None))
    return list(connection.execute(query.distinct().order_by(whistles.c.department)).scalars())


def list_whistles_needing_card(connection: Connection, now: datetime, since: datetime) -> list[int]:
    """Return the ids of the overdue whistles without a card, longest due first; due before `since` they are ignored."""
    has_card = exists().where(cards.c.whistle == whistles.c.id)
    query = select(whistles.c.id).join(incidents, incidents.c.id == whistles.c.incident)
    query = query.where(*overdue_conditions(now), whistles.c.due_at >= since, ~has_card)
    return list(connection.execute(query.order_by(whistles.c.due_at, whistles.c.id)).scalars())


def answer_whistles(connection: Connection, incident_id: int, departments: Sequence[str], **values: object) -> None:
    """Store the same answer to all whistles on an incident to which these departments have not reported in."""
    query = update(whistles).where(
        whistles.c.incident == incident_id,
        whistles.c.department.in_(departments),
        whistles.c.reported_in_at.is_(None),
    )
    connection.execute(query.values(values))


def update_whistle(connection: Connection, whistle_id: int, **values: object) -> None:
    """Update columns of a whistle."""
    connection.execute(update(whistles).where(whistles.c.id == whistle_id).values(values))


def incident_conditions(incident_id: int) -> list[ColumnElement[bool]]:
    """Return the SQL condition for whistles on an incident."""
    return [whistles.c.incident == incident_id]


def overdue_conditions(moment: datetime) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for whistles past their due time without a response, on incidents not ended."""
    return [whistles.c.reported_in_at.is_(None), whistles.c.due_at < moment, incidents.c.status.not_in(ENDED_STATUSES)]


def visible_conditions(bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for whistles within bounds; a department sees its own calls and its own incidents."""
    conditions = bounds_conditions(Bounds(bounds.areas, bounds.categories))
    if bounds.departments:
        conditions.append(
            or_(whistles.c.department.in_(bounds.departments), incidents.c.department.in_(bounds.departments))
        )
    return conditions


def department_conditions(departments: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the SQL condition for whistles that call one of the departments."""
    return [whistles.c.department.in_(departments)]


def count_by_department(connection: Connection, filters: IncidentQuery, now: datetime) -> dict[str, WhistleCounts]:
    """Return the numbers of whistles on the incidents of a filter, by department.

    The period of the filter applies to the time of the call.
    """
    choice = choose(connection, replace(filters, since=None, until=None))
    query = choice.select(whistles.c.department, *_count_columns(now))
    query = query.join(whistles, whistles.c.incident == incidents.c.id).group_by(whistles.c.department)
    if filters.since is not None:
        query = query.where(whistles.c.blown_at >= filters.since)
    if filters.until is not None:
        query = query.where(whistles.c.blown_at < filters.until)
    return {department: WhistleCounts(*counts) for department, *counts in connection.execute(query)}


def _count_columns(now: datetime) -> list[ColumnElement[int]]:
    """Return the column of each field of `WhistleCounts`."""
    answered = whistles.c.reported_in_at.is_not(None)
    merges = select(func.max(steps.c.at)).where(
        steps.c.incident == incidents.c.id, steps.c.to_status == IncidentStatus.MERGED
    )
    merged_at = case((incidents.c.status == IncidentStatus.MERGED, merges.scalar_subquery()))
    ended_at = func.coalesce(incidents.c.closed_at, incidents.c.voided_at, merged_at)
    was_open = or_(ended_at.is_(None), whistles.c.due_at < ended_at)
    overdue = and_(~answered, whistles.c.due_at < now, was_open)
    waiting = and_(~answered, whistles.c.due_at >= now, incidents.c.status.not_in(ENDED_STATUSES))
    conditions = (
        and_(answered, whistles.c.reported_in_at <= whistles.c.due_at),
        and_(answered, whistles.c.reported_in_at > whistles.c.due_at),
        overdue,
        waiting,
        and_(~answered, ~overdue, ~waiting),
    )
    counts = [func.count().filter(condition) for condition in conditions]
    rating = whistles.c.rating
    return [func.count(), *counts, func.count(rating), func.coalesce(func.sum(rating), 0)]


def list_whistles(
    connection: Connection, conditions: Sequence[ColumnElement[Any]], *, after: int | None, limit: int
) -> list[Whistle]:
    """Return at most `limit` whistles with an id below `after`, newest first."""
    query = select(*_COLUMNS).join(incidents, incidents.c.id == whistles.c.incident).where(*conditions)
    if after is not None:
        query = query.where(whistles.c.id < after)
    return [Whistle(*row) for row in connection.execute(query.order_by(whistles.c.id.desc()).limit(limit))]
