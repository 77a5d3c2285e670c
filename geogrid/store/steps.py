"""Queries on the steps of incidents; rows are only inserted."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from geogrid.model import IncidentStatus, Role, Step
from geogrid.store.tables import steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

_NAMES = [field.name for field in fields(Step)]


def add_steps(connection: Connection, incident_steps: Iterable[tuple[int, Step]]) -> None:
    """Insert steps, given as pairs of incident id and step."""
    rows = [
        {"incident": incident, **{name: getattr(step, name) for name in _NAMES}} for incident, step in incident_steps
    ]
    if rows:
        connection.execute(insert(steps), rows)


def list_steps(connection: Connection, incident: int) -> list[Step]:
    """Return the steps of an incident, oldest first."""
    query = select(steps).where(steps.c.incident == incident).order_by(steps.c.number)
    return [_from_row(row) for row in connection.execute(query)]


def _from_row(row: Row[Any]) -> Step:
    values = {name: getattr(row, name) for name in _NAMES}
    values["from_status"] = IncidentStatus(row.from_status) if row.from_status else None
    values["to_status"] = IncidentStatus(row.to_status)
    values["role"] = Role(row.role)
    return Step(**values)
