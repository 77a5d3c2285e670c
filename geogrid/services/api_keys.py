"""API keys: create, check, list, revoke."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import AccessError, InputError, NotFoundError, SetupError
from geogrid.local_time import local_zone
from geogrid.model import CONSOLE, Actor, Grant, Permission, Role
from geogrid.permissions import check_permission
from geogrid.services.grant_validation import check_grant, describe_grant
from geogrid.services.rule_versions import load_active_rules
from geogrid.store import api_keys as table
from geogrid.store.audit import add_audit

if TYPE_CHECKING:
    from datetime import date

    from geogrid.store.api_keys import KeyRecord
    from geogrid.store.database import Store

#: Prefix of keys, which distinguishes them from session tokens and lets secret scanners find them.
PREFIX: Final = "gg_"
#: The default grant of a key.
API_CLIENT: Final = Grant(frozenset({Role.API_CLIENT}))
_MAX_NAME: Final = 100


def create_key(
    store: Store,
    name: str,
    grant: Grant = API_CLIENT,
    *,
    last_day: date | None = None,
    actor: Actor = CONSOLE,
    demo: bool = False,
) -> str:
    """Create a key and return it; the database stores only its hash.

    Parameters
    ----------
    store
        The database.
    name
        The purpose of the key.
    grant
        The roles and bounds of the key.
    last_day
        The last local day on which the key is valid; None for no expiry.
    actor
        The user who creates it.
    demo
        Whether the key belongs to the demo and is removed with it.

    Raises
    ------
    InputError
        If the name is empty or too long, if the day has passed, or if the grant is not valid.
    ForbiddenError
        If the actor may not manage keys.
    """
    check_permission(actor, Permission.KEYS_MANAGE)
    if not 0 < len(name.strip()) <= _MAX_NAME or not name.isprintable():
        raise InputError(f"A key needs a name of at most {_MAX_NAME} printable characters.", field="name")
    expires_at = datetime.combine(last_day + timedelta(days=1), time.min, local_zone()) if last_day else None
    if expires_at and expires_at <= datetime.now(UTC):
        raise InputError("The last day of the key has passed.", code="expired", field="expires")
    key = PREFIX + secrets.token_urlsafe(32)
    rules = load_active_rules(store)
    with store.write() as connection:
        check_grant(connection, grant, rules)
        key_id = table.add_key(
            connection, name=name.strip(), key_hash=_hash(key), grant=grant, expires_at=expires_at, demo=demo
        )
        until = f", until {last_day}" if last_day else ""
        add_audit(connection, actor, "key.add", f"key {key_id}: {describe_grant(grant)}{until}")
    return key


def check_key(store: Store, key: str | None) -> KeyRecord:
    """Return the record of a key, and store the time of its use.

    Raises
    ------
    AccessError
        If the key is missing, unknown, revoked or expired.
    """
    if not key:
        raise AccessError("The request needs a key.", remedy="Send it in the header: Authorization: Bearer KEY.")
    with store.read() as connection:
        record = table.find_key(connection, _hash(key))
    if record is None:
        raise AccessError(
            "The key is unknown, revoked or expired.", code="key_unknown", remedy="Create a key: geogrid keys add NAME."
        )
    _record_use(store, record)
    return record


def actor_from_key(record: KeyRecord) -> Actor:
    """Return the actor of a key."""
    return Actor(f"key:{record.id}", record.name, record.grant.roles, record.grant.bounds)


def list_keys(store: Store, actor: Actor = CONSOLE) -> list[KeyRecord]:
    """Return all key records, oldest first."""
    check_permission(actor, Permission.KEYS_MANAGE)
    with store.read() as connection:
        return table.list_keys(connection)


def revoke_key(store: Store, key_id: int, actor: Actor = CONSOLE) -> None:
    """Revoke a key.

    Raises
    ------
    NotFoundError
        If the key is unknown or already revoked.
    """
    check_permission(actor, Permission.KEYS_MANAGE)
    with store.write() as connection:
        if not table.revoke_key(connection, key_id):
            raise NotFoundError("No valid key has this id.", code="key_unknown", field="id")
        add_audit(connection, actor, "key.revoke", f"key {key_id}")


def _record_use(store: Store, record: KeyRecord) -> None:
    if record.last_used_at and datetime.now(UTC) - record.last_used_at < table.LAST_USED_PRECISION:
        return
    # The request must succeed even if this write fails.
    with suppress(SetupError), store.write() as connection:
        table.record_use(connection, record.id)


def _hash(key: str) -> str:
    # A key has 256 random bits, so a fast hash is as safe as a slow one.
    return hashlib.sha256(key.encode()).hexdigest()
