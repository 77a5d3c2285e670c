"""Small tables of the service: first answers to repeated requests, shifts of workers, and closed periods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from geogrid.store.tables import answers, closings, shifts

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


def find_answer(connection: Connection, actor_id: str, key: str) -> tuple[str, str] | None:
    """Return the fingerprint of the first request of a key, and its answer."""
    query = select(answers.c.fingerprint, answers.c.answer).where(answers.c.actor_id == actor_id, answers.c.key == key)
    row = connection.execute(query).first()
    return (row.fingerprint, row.answer) if row else None


def add_answer(connection: Connection, actor_id: str, key: str, *, fingerprint: str, answer: str) -> None:
    """Keep the answer to the first request of a key."""
    values = {"actor_id": actor_id, "key": key, "fingerprint": fingerprint, "answer": answer}
    connection.execute(insert(answers).values(created_at=datetime.now(UTC), **values))


def take_shift(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
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


def end_shift(connection: Connection, name: str) -> None:
    """Leave a piece of work to whoever comes next."""
    connection.execute(delete(shifts).where(shifts.c.name == name))


def closed_until(connection: Connection) -> date | None:
    """Return the last day that no report is taken of, or None."""
    query = select(closings.c.last_day).order_by(closings.c.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def add_closing(connection: Connection, last_day: date, *, actor_id: str, actor: str) -> None:
    """Keep a decision."""
    values = {"last_day": last_day, "decided_at": datetime.now(UTC), "actor_id": actor_id, "actor": actor}
    connection.execute(insert(closings).values(values))
