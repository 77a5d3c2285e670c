"""Queries on the queues: incidents that wait for a step, and incidents whose location needs a review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, extract, func, not_, or_, select

from geogrid.category_tree import category_tree
from geogrid.model import ENDED_STATUSES, IncidentStatus, Urgency
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.incidents import incident_from_row, read_incidents
from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from geogrid.incidents.actionable_filter import ActionableSteps
    from geogrid.incidents.query import QueueQuery
    from geogrid.model import Bounds, Incident
    from geogrid.store.incidents import Keyset

_ROW = incidents.c
_NAMES = ("status", "triage", "level", "department", "street_code")


def queue_conditions(filters: QueueQuery, now: datetime) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a queue."""
    conditions: list[ColumnElement[bool]] = [_ROW.stage_due_at.is_not(None)]
    conditions += [_ROW[name] == value for name in _NAMES if (value := getattr(filters, name)) is not None]
    if filters.category is not None:
        conditions.append(_ROW.category.in_(category_tree().expand([filters.category])))
    if filters.urgency is not None:
        conditions.append(_urgency_conditions(now)[filters.urgency])
    if filters.turn is not None:
        actionable = _is_actionable(filters.turn)
        conditions.append(actionable if filters.turn.mine else not_(actionable))
    return conditions


def _is_actionable(turn: ActionableSteps) -> ColumnElement[bool]:
    """Return the SQL condition for incidents that the user can act on now; it is never NULL, so it can be negated."""
    conditions: list[ColumnElement[bool]] = [_ROW.status.in_(turn.statuses)]
    if turn.other_user_statuses:
        conditions.append(
            or_(_ROW.status.not_in(turn.other_user_statuses), func.coalesce(_ROW.handled_by, "") != turn.actor_id)
        )
    if turn.claimed_statuses:
        last_actor = (
            select(steps.c.actor_id)
            .where(steps.c.incident == _ROW.id, steps.c.action.in_(turn.claim_actions))
            .order_by(steps.c.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        conditions.append(
            or_(_ROW.status.not_in(turn.claimed_statuses), func.coalesce(last_actor, turn.actor_id) == turn.actor_id)
        )
    if turn.departments:
        conditions.append(func.coalesce(_ROW.department, "").in_(turn.departments))
    return and_(*conditions)


def page_queue(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], after: Keyset | None, limit: int
) -> list[Incident]:
    """Return at most `limit` incidents after a position, ordered by the due time of the stage."""
    query = select(incidents).where(*conditions)
    if after is not None:
        due, number = _ROW.stage_due_at, _ROW.id
        # The first condition is redundant, but lets the database use the index.
        query = query.where(due >= after.at, or_(due > after.at, and_(due == after.at, number > after.id)))
    return read_incidents(connection, query.order_by(_ROW.stage_due_at, _ROW.id).limit(limit))


def page_nearest(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], now: datetime, limit: int
) -> list[Incident]:
    """Return at most `limit` incidents, ordered by the distance between the due time of the stage and `now`."""
    distance = func.abs(extract("epoch", _ROW.stage_due_at) - now.timestamp())
    query = select(incidents).where(*conditions).order_by(distance, _ROW.id)
    return read_incidents(connection, query.limit(limit))


def count_queue(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], now: datetime
) -> dict[IncidentStatus, dict[Urgency, int]]:
    """Count by status and urgency; statuses without incidents are omitted."""
    sums: list[ColumnElement[Any]] = [
        func.sum(case((condition, 1), else_=0)) for condition in _urgency_conditions(now).values()
    ]
    query = select(_ROW.status, *sums).where(*conditions).group_by(_ROW.status)
    return {
        IncidentStatus(status): dict(zip(_urgency_conditions(now), counted, strict=True))
        for status, *counted in connection.execute(query)
    }


def _urgency_conditions(now: datetime) -> dict[Urgency, ColumnElement[bool]]:
    # A step taken exactly at its due time is in time.
    overdue = _ROW.stage_due_at < now
    nearly = and_(_ROW.stage_due_at >= now, func.coalesce(_ROW.warn_at, _ROW.stage_due_at) <= now)
    return {
        Urgency.ON_TIME: func.coalesce(_ROW.warn_at, _ROW.stage_due_at) > now,
        Urgency.NEARLY_DUE: nearly,
        Urgency.OVERDUE: overdue,
    }


def page_urgent(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], now: datetime, limit: int
) -> list[Incident]:
    """Return at most `limit` incidents whose stage is nearly due or overdue, latest change of urgency first."""
    due = incidents.c.stage_due_at
    since = case((due < now, due), else_=incidents.c.warn_at)
    query = select(incidents).where(due.is_not(None), incidents.c.warn_at <= now, *conditions)
    return read_incidents(connection, query.order_by(since.desc(), incidents.c.id.desc()).limit(limit))


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """The numbers of doubts about locations that block the incident, and of those that are hints."""

    blocking: int
    hints: int


def count_triage(connection: Connection, bounds: Bounds) -> ReviewCounts:
    """Count the incidents within bounds whose location is in doubt."""
    blocks = _ROW.triage_blocks
    query = select(func.count().filter(blocks), func.count().filter(not_(blocks)))
    return ReviewCounts(*connection.execute(query.where(*_doubt_conditions(bounds))).one())


def _doubt_conditions(bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return the conditions of incidents in the workflow whose location is in doubt."""
    return [_ROW.triage.is_not(None), _ROW.status.not_in(ENDED_STATUSES), *bounds_conditions(bounds)]


def page_triage(connection: Connection, bounds: Bounds, *, after: Keyset | None, limit: int) -> list[Incident]:
    """Return at most `limit` incidents that wait within bounds, the oldest first, from just after a place."""
    time, number = incidents.c.reported_at, incidents.c.id
    query = select(incidents).where(*_doubt_conditions(bounds))
    if after is not None:
        query = query.where(or_(time > after.at, and_(time == after.at, number > after.id)))
    return [incident_from_row(row) for row in connection.execute(query.order_by(time, number).limit(limit))]
