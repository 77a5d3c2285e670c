"""Leases on periodic jobs, so that one of several worker processes runs a job at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from geogrid.store.tables import shifts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def acquire_lease(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
    """Acquire the lease on a job; return False if another worker process holds it.

    Parameters
    ----------
    connection
        A write transaction.
    name
        The name of the job.
    now, until
        The current time and the expiry, which frees the lease of a worker process that has died.
    """
    held_until = connection.execute(select(shifts.c.until).where(shifts.c.name == name)).scalar_one_or_none()
    if held_until is None:
        connection.execute(insert(shifts).values(name=name, until=until))
        return True
    if held_until > now:
        return False
    connection.execute(update(shifts).where(shifts.c.name == name).values(until=until))
    return True


def release_lease(connection: Connection, name: str) -> None:
    """Release the lease on a job."""
    connection.execute(delete(shifts).where(shifts.c.name == name))
