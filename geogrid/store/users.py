"""Accounts of people; of a password only its hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from geogrid.store.grants import grant_from_row, grant_to_row
from geogrid.store.tables import users

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from geogrid.model import Grant


@dataclass(frozen=True, slots=True)
class UserRecord:
    """What is known of an account.

    Attributes
    ----------
    id
        Its number.
    name
        What is typed to log in.
    display_name
        What other people see.
    password_hash
        As `geogrid.services.passwords` makes it.
    grant
        What the account may do, and where.
    created_at, disabled_at, password_changed_at
        When.
    """

    id: int
    name: str
    display_name: str
    password_hash: str
    grant: Grant
    created_at: datetime
    disabled_at: datetime | None
    password_changed_at: datetime


def add_user(connection: Connection, *, name: str, display_name: str, password_hash: str, grant: Grant) -> int:
    """Keep a new account and return its number."""
    now = datetime.now(UTC)
    values = {
        "name": name,
        "display_name": display_name,
        "password_hash": password_hash,
        "created_at": now,
        "password_changed_at": now,
        **grant_to_row(grant),
    }
    number: int = connection.execute(insert(users).values(values).returning(users.c.id)).scalar_one()
    return number


def find_user(connection: Connection, name: str) -> UserRecord | None:
    """Return the account of a name, disabled or not."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return _from_row(row) if row else None


def list_users(connection: Connection) -> list[UserRecord]:
    """Return all accounts, the oldest first."""
    return [_from_row(row) for row in connection.execute(select(users).order_by(users.c.id))]


def change_user(
    connection: Connection, number: int, *, display_name: str, grant: Grant, disabled_at: datetime | None
) -> None:
    """Write what an account is called and given, and whether it is disabled."""
    values = {"display_name": display_name, "disabled_at": disabled_at, **grant_to_row(grant)}
    connection.execute(update(users).where(users.c.id == number).values(values))


def change_password(connection: Connection, number: int, password_hash: str) -> None:
    """Write another hash of another password."""
    values = {"password_hash": password_hash, "password_changed_at": datetime.now(UTC)}
    connection.execute(update(users).where(users.c.id == number).values(values))


def _from_row(row: Row[Any]) -> UserRecord:
    return UserRecord(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        password_hash=row.password_hash,
        grant=grant_from_row(row),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        password_changed_at=row.password_changed_at,
    )
