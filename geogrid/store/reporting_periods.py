"""Queries on closed reporting periods; the latest decision applies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.store.tables import closings

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


def get_last_closed_day(connection: Connection) -> date | None:
    """Return the last day that is closed to reports, or None."""
    query = select(closings.c.last_day).order_by(closings.c.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def add_closing(connection: Connection, last_day: date, *, actor_id: str, actor: str) -> None:
    """Insert a decision."""
    values = {"last_day": last_day, "decided_at": datetime.now(UTC), "actor_id": actor_id, "actor": actor}
    connection.execute(insert(closings).values(values))
