"""Queries on login sessions and failed logins; the database stores only hashes of tokens, names and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from geogrid.store.tables import attempts, sessions, users
from geogrid.store.users import grant_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from geogrid.model import Grant


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """An open session, with the current grant of its account."""

    user: int
    display_name: str
    grant: Grant
    expires_at: datetime


def add_session(connection: Connection, *, token_hash: str, user: int, expires_at: datetime) -> None:
    """Insert a session and delete expired sessions."""
    now = datetime.now(UTC)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    values = {"token_hash": token_hash, "user": user, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(sessions).values(values))


def find_session(connection: Connection, token_hash: str) -> SessionRecord | None:
    """Return the session with a token hash, or None if it has ended or its account is disabled."""
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
    return SessionRecord(row.id, row.display_name, grant_of(row), row.expires_at) if row else None


def end_session(connection: Connection, token_hash: str) -> None:
    """End a session."""
    _end_sessions(connection, sessions.c.token_hash == token_hash)


def end_sessions(connection: Connection, user: int, *, keep: str | None = None) -> None:
    """End all sessions of an account, except for the one with the token hash `keep`."""
    _end_sessions(connection, sessions.c.user == user, *([] if keep is None else [sessions.c.token_hash != keep]))


def add_attempt(connection: Connection, *, name_hash: str, address_hash: str, forget_before: datetime) -> int:
    """Insert a login attempt, delete attempts before `forget_before`, and return the new id."""
    connection.execute(delete(attempts).where(attempts.c.at < forget_before))
    values = {"at": datetime.now(UTC), "name_hash": name_hash, "address_hash": address_hash}
    attempt_id: int = connection.execute(insert(attempts).values(values).returning(attempts.c.id)).scalar_one()
    return attempt_id


def count_attempts(connection: Connection, *, name_hash: str, address_hash: str, since: datetime) -> tuple[int, int]:
    """Return the number of attempts for a login name and from an address."""
    recent = select(func.count()).where(attempts.c.at >= since)
    by_name = connection.execute(recent.where(attempts.c.name_hash == name_hash)).scalar_one()
    by_address = connection.execute(recent.where(attempts.c.address_hash == address_hash)).scalar_one()
    return by_name, by_address


def clear_attempts(connection: Connection, *, name_hash: str, attempt_id: int) -> None:
    """Delete the attempts for a login name and the attempt that succeeded."""
    connection.execute(delete(attempts).where((attempts.c.name_hash == name_hash) | (attempts.c.id == attempt_id)))


def _end_sessions(connection: Connection, *which: ColumnElement[bool]) -> None:
    query = update(sessions).where(*which, sessions.c.revoked_at.is_(None))
    connection.execute(query.values(revoked_at=datetime.now(UTC)))
