"""Stored responses of requests with an idempotency key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.store.tables import answers

if TYPE_CHECKING:
    from sqlalchemy import Connection


def find_response(connection: Connection, actor_id: str, key: str) -> tuple[str, str] | None:
    """Return the fingerprint and the response of the first request with a key, or None."""
    query = select(answers.c.fingerprint, answers.c.answer).where(answers.c.actor_id == actor_id, answers.c.key == key)
    row = connection.execute(query).first()
    return (row.fingerprint, row.answer) if row else None


def add_response(connection: Connection, actor_id: str, key: str, *, fingerprint: str, answer: str) -> None:
    """Store the response to the first request with a key."""
    values = {"actor_id": actor_id, "key": key, "fingerprint": fingerprint, "answer": answer}
    connection.execute(insert(answers).values(created_at=datetime.now(UTC), **values))
