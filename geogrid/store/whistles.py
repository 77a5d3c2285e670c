"""Whistles: blown, reported in to, rated; each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from geogrid.errors import NotFoundError
from geogrid.model import Bounds, IncidentStatus, Whistle
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.tables import incidents, whistles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_COLUMNS = tuple(whistles.c[name] for name in Whistle.__slots__)
_ENDED = (IncidentStatus.CLOSED, IncidentStatus.VOID, IncidentStatus.MERGED)


def next_round(connection: Connection, incident: int) -> int:
    """Return the number of the next whistle on an incident."""
    query = select(func.coalesce(func.max(whistles.c.round), 0) + 1).where(whistles.c.incident == incident)
    return int(connection.execute(query).scalar_one())


def add_whistles(connection: Connection, departments: Sequence[str], **values: object) -> None:
    """Keep a whistle for each of some departments, with the same values."""
    connection.execute(insert(whistles), [{**values, "department": department} for department in departments])


def get_whistle(connection: Connection, number: int) -> Whistle:
    """Return a whistle.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    row = connection.execute(select(*_COLUMNS).where(whistles.c.id == number)).first()
    if row is None:
        raise NotFoundError("There is no whistle of this number.", code="whistle_unknown", field="id")
    return Whistle(*row)


def update_whistle(connection: Connection, number: int, **values: object) -> None:
    """Write down what became of a whistle."""
    connection.execute(update(whistles).where(whistles.c.id == number).values(values))


def incident_conditions(incident: int) -> list[ColumnElement[bool]]:
    """Return the condition that whistles belong to an incident."""
    return [whistles.c.incident == incident]


def overdue_conditions(moment: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions that nobody has reported in to whistles in time, while their incidents go on."""
    return [
        whistles.c.reported_in_at.is_(None),
        whistles.c.due_at < moment,
        incidents.c.status.not_in(_ENDED),
    ]


def visible_conditions(bounds: Bounds) -> list[ColumnElement[bool]]:
    """Return what whistles must be to lie within bounds: those of another department are not told to one."""
    found = bounds_conditions(Bounds(bounds.areas, bounds.categories))
    if bounds.departments:
        found.append(or_(whistles.c.department.in_(bounds.departments), incidents.c.department.in_(bounds.departments)))
    return found


def department_conditions(departments: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the condition that whistles call one of some departments."""
    return [whistles.c.department.in_(departments)]


def list_whistles(
    connection: Connection, conditions: Sequence[ColumnElement[Any]], *, after: int | None, limit: int
) -> list[Whistle]:
    """Return at most `limit` whistles, the newest first, from just after one."""
    query = select(*_COLUMNS).join(incidents, incidents.c.id == whistles.c.incident).where(*conditions)
    if after is not None:
        query = query.where(whistles.c.id < after)
    return [Whistle(*row) for row in connection.execute(query.order_by(whistles.c.id.desc()).limit(limit))]
