"""Queries on API keys; the database stores only their hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, or_, select, update

from geogrid.store.tables import api_keys
from geogrid.store.users import grant_of, grant_row

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from geogrid.model import Grant

#: Precision of the last use of a key; a finer one would make each request write.
LAST_USED_PRECISION: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key without its secret."""

    id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None
    grant: Grant
    expires_at: datetime | None
    last_used_at: datetime | None


def add_key(
    connection: Connection, *, name: str, key_hash: str, grant: Grant, expires_at: datetime | None, demo: bool = False
) -> int:
    """Insert a key by its hash and return its id; `demo` marks the key of the demo."""
    values = {
        "demo": demo,
        "name": name,
        "key_hash": key_hash,
        "created_at": datetime.now(UTC),
        "expires_at": expires_at,
        **grant_row(grant),
    }
    key_id: int = connection.execute(insert(api_keys).values(values).returning(api_keys.c.id)).scalar_one()
    return key_id


def find_key(connection: Connection, key_hash: str) -> KeyRecord | None:
    """Return the key with a hash, or None if it is unknown, revoked or expired."""
    query = select(api_keys).where(
        api_keys.c.key_hash == key_hash,
        api_keys.c.revoked_at.is_(None),
        or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > datetime.now(UTC)),
    )
    row = connection.execute(query).first()
    return _from_row(row) if row else None


def list_keys(connection: Connection) -> list[KeyRecord]:
    """Return all keys, oldest first."""
    return [_from_row(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.id))]


def record_use(connection: Connection, key_id: int) -> None:
    """Set the last use of a key to the current time."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=datetime.now(UTC)))


def revoke_key(connection: Connection, key_id: int) -> bool:
    """Revoke a key; return False if it is unknown or already revoked."""
    query = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    return connection.execute(query.values(revoked_at=datetime.now(UTC))).rowcount == 1


def _from_row(row: Row[Any]) -> KeyRecord:
    return KeyRecord(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        grant=grant_of(row),
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
