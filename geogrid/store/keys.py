"""Keys of API clients: only their hashes are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from geogrid.store.tables import api_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection


_RECORD = (api_keys.c.id, api_keys.c.name, api_keys.c.created_at, api_keys.c.revoked_at)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key; the key itself is not."""

    id: int
    name: str
    created_at: datetime
    revoked_at: datetime | None


def add_key(connection: Connection, *, name: str, key_hash: str) -> int:
    """Keep the hash of a new key and return its number."""
    values = {"name": name, "key_hash": key_hash, "created_at": datetime.now(UTC)}
    number: int = connection.execute(insert(api_keys).values(values).returning(api_keys.c.id)).scalar_one()
    return number


def find_key(connection: Connection, key_hash: str) -> KeyRecord | None:
    """Return the key of a hash unless it is unknown or revoked."""
    query = select(*_RECORD).where(api_keys.c.key_hash == key_hash, api_keys.c.revoked_at.is_(None))
    row = connection.execute(query).first()
    return KeyRecord(*row) if row else None


def list_keys(connection: Connection) -> list[KeyRecord]:
    """Return all keys, the oldest first."""
    return [KeyRecord(*row) for row in connection.execute(select(*_RECORD).order_by(api_keys.c.id))]


def revoke_key(connection: Connection, number: int) -> bool:
    """Revoke a key; return whether there was one to revoke."""
    query = update(api_keys).where(api_keys.c.id == number, api_keys.c.revoked_at.is_(None))
    return connection.execute(query.values(revoked_at=datetime.now(UTC))).rowcount == 1
