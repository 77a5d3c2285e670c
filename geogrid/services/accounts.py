"""Use cases around keys."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from geogrid.errors import AccessError, InputError, NotFoundError
from geogrid.store import keys as table

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.store.keys import KeyRecord

_PREFIX = "gg_"
_MAX_NAME = 100


def create_key(store: Store, name: str) -> str:
    """Make a new key and return it, for the only time: the store keeps a hash.

    Raises
    ------
    InputError
        If the name is empty or too long.
    """
    if not 0 < len(name.strip()) <= _MAX_NAME or not name.isprintable():
        raise InputError(f"A key needs a name of at most {_MAX_NAME} printable characters.", field="name")
    key = _PREFIX + secrets.token_urlsafe(32)
    with store.write() as connection:
        table.add_key(connection, name=name.strip(), key_hash=_hash(key))
    return key


def check_key(store: Store, key: str | None) -> KeyRecord:
    """Return whose key this is.

    Raises
    ------
    AccessError
        If there is no key, or if it is unknown or revoked.
    """
    if not key:
        raise AccessError("This needs a key.", remedy="Send it in the header: Authorization: Bearer KEY.")
    with store.read() as connection:
        record = table.find_key(connection, _hash(key))
    if record is None:
        raise AccessError(
            "The key is unknown or revoked.", code="key_unknown", remedy="Make one: geogrid keys add NAME."
        )
    return record


def list_keys(store: Store) -> list[KeyRecord]:
    """Return all keys, the oldest first; the keys themselves are not kept."""
    with store.read() as connection:
        return table.list_keys(connection)


def revoke_key(store: Store, number: int) -> None:
    """Revoke a key by its number.

    Raises
    ------
    NotFoundError
        If there is none, or if it is revoked already.
    """
    with store.write() as connection:
        if not table.revoke_key(connection, number):
            raise NotFoundError("There is no such key in force.", code="key_unknown", field="id")


def _hash(key: str) -> str:
    # A key has 256 random bits, so a plain hash is as good as a slow one and costs nothing a request.
    return hashlib.sha256(key.encode()).hexdigest()
