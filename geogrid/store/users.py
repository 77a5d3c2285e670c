"""Queries on user accounts; the database stores only password hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from geogrid.model import Bounds, Grant, Role
from geogrid.store.tables import users

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user account.

    Attributes
    ----------
    id
        The id of the account.
    name
        The login name.
    display_name
        The name that other users see.
    password_hash
        A hash from `geogrid.services.passwords`.
    grant
        The roles and bounds of the account.
    created_at, disabled_at, password_changed_at
        The times of these events.
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
    """Insert an account and return its id."""
    now = datetime.now(UTC)
    values = {
        "name": name,
        "display_name": display_name,
        "password_hash": password_hash,
        "created_at": now,
        "password_changed_at": now,
        **grant_row(grant),
    }
    user_id: int = connection.execute(insert(users).values(values).returning(users.c.id)).scalar_one()
    return user_id


def find_user(connection: Connection, name: str) -> UserRecord | None:
    """Return the account with a login name, even if disabled, or None."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    return _from_row(row) if row else None


def get_user(connection: Connection, number: int) -> UserRecord | None:
    """Return the account of an id, disabled or not."""
    row = connection.execute(select(users).where(users.c.id == number)).first()
    return _from_row(row) if row else None


def list_users(connection: Connection) -> list[UserRecord]:
    """Return all accounts, oldest first."""
    return [_from_row(row) for row in connection.execute(select(users).order_by(users.c.id))]


def change_user(
    connection: Connection, user_id: int, *, display_name: str, grant: Grant, disabled_at: datetime | None
) -> None:
    """Update the display name, the grant and the disabled state of an account."""
    values = {"display_name": display_name, "disabled_at": disabled_at, **grant_row(grant)}
    connection.execute(update(users).where(users.c.id == user_id).values(values))


def change_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Update the password hash of an account."""
    values = {"password_hash": password_hash, "password_changed_at": datetime.now(UTC)}
    connection.execute(update(users).where(users.c.id == user_id).values(values))


def _from_row(row: Row[Any]) -> UserRecord:
    return UserRecord(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        password_hash=row.password_hash,
        grant=grant_of(row),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        password_changed_at=row.password_changed_at,
    )


def grant_row(grant: Grant) -> dict[str, tuple[str, ...]]:
    """Return the columns that store a grant."""
    bounds = grant.bounds
    return {
        "roles": tuple(sorted(grant.roles)),
        "areas": bounds.areas,
        "categories": bounds.categories,
        "departments": bounds.departments,
    }


def grant_of(row: Row[Any]) -> Grant:
    """Return the grant that a row stores."""
    roles = frozenset(Role(role) for role in row.roles)
    return Grant(roles, Bounds(row.areas, row.categories, row.departments))
