"""Queries on small tables: responses by Idempotency-Key, locks of periodic tasks, closed periods, seeds of draws."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from geogrid.store.tables import answers, closings, seeds, shifts

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


def find_answer(connection: Connection, actor_id: str, key: str) -> tuple[str, str] | None:
    """Return the fingerprint of the first request with an Idempotency-Key, and its response; None without one."""
    query = select(answers.c.fingerprint, answers.c.answer).where(answers.c.actor_id == actor_id, answers.c.key == key)
    row = connection.execute(query).first()
    return (row.fingerprint, row.answer) if row else None


def add_answer(connection: Connection, actor_id: str, key: str, *, fingerprint: str, answer: str) -> None:
    """Store the response to the first request with an Idempotency-Key."""
    values = {"actor_id": actor_id, "key": key, "fingerprint": fingerprint, "answer": answer}
    connection.execute(insert(answers).values(created_at=datetime.now(UTC), **values))


def take_shift(connection: Connection, name: str, now: datetime, until: datetime) -> bool:
    """Lock a periodic task for one worker process; return False if another process holds the lock.

    Parameters
    ----------
    connection
        A write transaction.
    name
        Name of the task.
    now, until
        Current time, and end of the lock, so that a process that dies does not hold it longer.
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
    """Release the lock of a periodic task."""
    connection.execute(delete(shifts).where(shifts.c.name == name))


def closed_until(connection: Connection) -> date | None:
    """Return the last closed day, up to which incidents can no longer be reported, or None."""
    query = select(closings.c.last_day).order_by(closings.c.id.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def add_closing(connection: Connection, last_day: date, *, actor_id: str, actor: str) -> None:
    """Insert the decision to close all days up to `last_day`."""
    values = {"last_day": last_day, "decided_at": datetime.now(UTC), "actor_id": actor_id, "actor": actor}
    connection.execute(insert(closings).values(values))


def get_seed(connection: Connection, name: str) -> bytes:
    """Return the secret seed of a kind of random draw, and create it on first use.

    Parameters
    ----------
    connection
        A write transaction.
    name
        Name of the kind of draw.
    """
    return find_seed(connection, name) or renew_seed(connection, name)


def find_seed(connection: Connection, name: str) -> bytes | None:
    """Return a seed, or None before its first use."""
    seed = connection.execute(select(seeds.c.seed).where(seeds.c.name == name)).scalar_one_or_none()
    return bytes.fromhex(seed) if seed else None


def renew_seed(connection: Connection, name: str) -> bytes:
    """Store a new seed in place of the earlier one, and return it."""
    seed = secrets.token_hex(32)
    connection.execute(delete(seeds).where(seeds.c.name == name))
    connection.execute(insert(seeds).values(name=name, seed=seed, created_at=datetime.now(UTC)))
    return bytes.fromhex(seed)
