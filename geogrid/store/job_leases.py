"""Whose turn it is to do a regular piece of work, of several workers on one database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from geogrid.store.tables import shifts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def acquire_lease(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
    """Take a piece of work until a moment; return False where another worker has it.

    Parameters
    ----------
    connection
        A transaction that writes; nobody else writes meanwhile.
    name
        Of the work.
    now, until
        From when to when; a worker that died holds nobody up for longer.
    """
    held = connection.execute(select(shifts.c.until).where(shifts.c.name == name)).scalar_one_or_none()
    if held is None:
        connection.execute(insert(shifts).values(name=name, until=until))
        return True
    if held > now:
        return False
    connection.execute(update(shifts).where(shifts.c.name == name).values(until=until))
    return True


def release_lease(connection: Connection, name: str) -> None:
    """Leave a piece of work to whoever comes next."""
    connection.execute(delete(shifts).where(shifts.c.name == name))
