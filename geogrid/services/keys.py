"""Use cases around the keys of programs."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import AccessError, InputError, NotFoundError, SetupError
from geogrid.incidents.rule_set import load_rules
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import CONSOLE, Actor, Grant, Permission, Role
from geogrid.permissions import check_permission
from geogrid.services.grants import check_grant, describe_grant
from geogrid.store import keys as table
from geogrid.store.audit import add_audit

if TYPE_CHECKING:
    from datetime import date

    from geogrid.store.database import Store
    from geogrid.store.keys import KeyRecord

#: What a key begins with, so that it is told from a session and found where it leaks.
PREFIX: Final = "gg_"
#: What a key may do where nobody says.
API_CLIENT: Final = Grant(frozenset({Role.API_CLIENT}))
_MAX_NAME: Final = 100


def create_key(
    store: Store, name: str, grant: Grant = API_CLIENT, *, last_day: date | None = None, actor: Actor = CONSOLE
) -> str:
    """Make a new key and return it, for the only time: the store keeps a hash.

    Parameters
    ----------
    store
        Where it is kept.
    name
        What it is for.
    grant
        What it may do, and where.
    last_day
        The last day that it opens something, on the clock of the district; None for no end.
    actor
        Who makes it.

    Raises
    ------
    InputError
        If the name is empty or too long, the day is over, or what is given does not exist.
    ForbiddenError
        If the actor may not manage keys.
    """
    check_permission(actor, Permission.KEYS_MANAGE)
    if not 0 < len(name.strip()) <= _MAX_NAME or not name.isprintable():
        raise InputError(f"A key needs a name of at most {_MAX_NAME} printable characters.", field="name")
    expires_at = datetime.combine(last_day + timedelta(days=1), time.min, LOCAL_ZONE) if last_day else None
    if expires_at and expires_at <= datetime.now(UTC):
        raise InputError("The last day of the key is over already.", code="expired", field="expires")
    key = PREFIX + secrets.token_urlsafe(32)
    with store.write() as connection:
        check_grant(connection, grant, load_rules())
        number = table.add_key(connection, name=name.strip(), key_hash=_hash(key), grant=grant, expires_at=expires_at)
        until = f", until {last_day}" if last_day else ""
        add_audit(connection, actor, "key.add", f"key {number}: {describe_grant(grant)}{until}")
    return key


def check_key(store: Store, key: str | None) -> KeyRecord:
    """Return whose key this is, and note that it is used.

    Raises
    ------
    AccessError
        If there is no key, or if it is unknown, revoked or expired.
    """
    if not key:
        raise AccessError("This needs a key.", remedy="Send it in the header: Authorization: Bearer KEY.")
    with store.read() as connection:
        record = table.find_key(connection, _hash(key))
    if record is None:
        raise AccessError(
            "The key is unknown, revoked or expired.", code="key_unknown", remedy="Make one: geogrid keys add NAME."
        )
    _note_use(store, record)
    return record


def actor_from_key(record: KeyRecord) -> Actor:
    """Return who acts with a key."""
    return Actor(f"key:{record.id}", record.name, record.grant.roles, record.grant.bounds)


def list_keys(store: Store, actor: Actor = CONSOLE) -> list[KeyRecord]:
    """Return all keys, the oldest first; the keys themselves are not kept."""
    check_permission(actor, Permission.KEYS_MANAGE)
    with store.read() as connection:
        return table.list_keys(connection)


def revoke_key(store: Store, number: int, actor: Actor = CONSOLE) -> None:
    """Revoke a key by its number.

    Raises
    ------
    NotFoundError
        If there is none, or if it is revoked already.
    """
    check_permission(actor, Permission.KEYS_MANAGE)
    with store.write() as connection:
        if not table.revoke_key(connection, number):
            raise NotFoundError("There is no such key in force.", code="key_unknown", field="id")
        add_audit(connection, actor, "key.revoke", f"key {number}")


def _note_use(store: Store, record: KeyRecord) -> None:
    if record.last_used_at and datetime.now(UTC) - record.last_used_at < table.LAST_USED_PRECISION:
        return
    # Who asks has to get an answer, whether this can be written now or not.
    with suppress(SetupError), store.write() as connection:
        table.record_use(connection, record.id)


def _hash(key: str) -> str:
    # A key has 256 random bits, so a plain hash is as good as a slow one and costs nothing a request.
    return hashlib.sha256(key.encode()).hexdigest()
