"""Sessions of people who have logged in, and the logins that failed; only hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from geogrid.store.grants import grant_from_row
from geogrid.store.tables import attempts, sessions, users

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geogrid.model import Grant


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session that is open: whose it is, what that account is given now, and when it ends."""

    user: int
    display_name: str
    grant: Grant
    expires_at: datetime


def add_session(connection: Connection, *, token_hash: str, user: int, expires_at: datetime) -> None:
    """Keep a new session, and forget those that have run out."""
    now = datetime.now(UTC)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    values = {"token_hash": token_hash, "user": user, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(sessions).values(values))


def find_session(connection: Connection, token_hash: str) -> SessionRecord | None:
    """Return the session of a hash unless it has ended, or its account is disabled."""
    query = (
        select(users, sessions.c.expires_at)
        .join_from(sessions, users, sessions.c.user == users.c.id)
        .where(
            sessions.c.token_hash == token_hash,
            sessions.c.revoked_at.is_(None),
            sessions.c.expires_at > datetime.now(UTC),
            users.c.disabled_at.is_(None),
        )
    )
    row = connection.execute(query).first()
    return SessionRecord(row.id, row.display_name, grant_from_row(row), row.expires_at) if row else None


def end_session(connection: Connection, token_hash: str) -> None:
    """End a session."""
    _end(connection, sessions.c.token_hash == token_hash)


def end_sessions(connection: Connection, user: int) -> None:
    """End all sessions of an account."""
    _end(connection, sessions.c.user == user)


def add_attempt(connection: Connection, *, name_hash: str, address_hash: str, forget_before: datetime) -> int:
    """Note that somebody tries to log in, and forget what is old; return the number of the attempt."""
    connection.execute(delete(attempts).where(attempts.c.at < forget_before))
    values = {"at": datetime.now(UTC), "name_hash": name_hash, "address_hash": address_hash}
    number: int = connection.execute(insert(attempts).values(values).returning(attempts.c.id)).scalar_one()
    return number


def count_attempts(connection: Connection, *, name_hash: str, address_hash: str, since: datetime) -> tuple[int, int]:
    """Count the attempts upon a name, and those from an address."""
    recent = select(func.count()).where(attempts.c.at >= since)
    by_name = connection.execute(recent.where(attempts.c.name_hash == name_hash)).scalar_one()
    by_address = connection.execute(recent.where(attempts.c.address_hash == address_hash)).scalar_one()
    return by_name, by_address


def clear_attempts(connection: Connection, *, name_hash: str, number: int) -> None:
    """Forget the attempts upon a name, and the one that has succeeded."""
    connection.execute(delete(attempts).where((attempts.c.name_hash == name_hash) | (attempts.c.id == number)))


def _end(connection: Connection, which: ColumnElement[bool]) -> None:
    query = update(sessions).where(which, sessions.c.revoked_at.is_(None))
    connection.execute(query.values(revoked_at=datetime.now(UTC)))
