"""Use cases around sessions: log in, be known, log out."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import AccessError, RateError
from geogrid.model import Actor
from geogrid.services.passwords import verify_password
from geogrid.services.users import LOGIN_NAME, normalize_login_name
from geogrid.store import sessions as table
from geogrid.store.audit import add_audit
from geogrid.store.users import find_user

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.store.users import UserRecord

#: What a session's token begins with.
PREFIX: Final = "gs_"
SESSION_LIFETIME: Final = timedelta(hours=12)
#: So many logins may fail within so long, upon a name and from an address; then all are refused for a while.
THROTTLE_WINDOW: Final = timedelta(minutes=15)
MAX_FAILURES_PER_ACCOUNT: Final = 10
MAX_FAILURES_PER_ADDRESS: Final = 50
_NOBODY: Final = Actor("anonymous", "anonymous", frozenset())


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has just begun.

    Attributes
    ----------
    token
        What opens doors until it ends; told this once.
    actor
        Whose it is.
    expires_at
        When it ends at the latest.
    """

    token: str
    actor: Actor
    expires_at: datetime


def log_in(store: Store, name: str, password: str, address: str) -> Session:
    """Begin a session.

    Parameters
    ----------
    store
        Where accounts are.
    name, password
        As they were typed.
    address
        Where the request comes from.

    Raises
    ------
    AccessError
        If name and password do not belong together; which of them is wrong is not told, by words or by time.
    RateError
        If too many logins have failed upon this name, or from this address.
    """
    name = normalize_login_name(name)
    name_hash, address_hash = _hash(name), _hash(address)
    attempt = _begin_attempt(store, name_hash, address_hash)
    with store.read() as connection:
        user = find_user(connection, name) if LOGIN_NAME.fullmatch(name) else None
    # Between the transactions: it takes long on purpose.
    right = verify_password(user.password_hash if user else None, password)
    now, token = datetime.now(UTC), PREFIX + secrets.token_urlsafe(32)
    with store.write() as connection:
        # Meanwhile the account may have been disabled, or its password changed.
        current = find_user(connection, name) if user else None
        if right and user and current and _still_open(current, user):
            table.clear_attempts(connection, name_hash=name_hash, number=attempt)
            table.add_session(connection, token_hash=_hash(token), user=user.id, expires_at=now + SESSION_LIFETIME)
            actor = Actor(f"user:{user.id}", current.display_name, current.grant.roles, current.grant.bounds)
            add_audit(connection, actor, "login", f"user {name}")
            return Session(token, actor, now + SESSION_LIFETIME)
        add_audit(connection, _NOBODY, "login.refused", f"user {name}" if user else "an unknown name")
    raise AccessError("Name and password do not belong together.", code="login")


def find_session_actor(store: Store, token: str) -> Actor | None:
    """Return who a session's token belongs to, with what the account is given now; None if it has ended."""
    with store.read() as connection:
        found = table.find_session(connection, _hash(token))
    if found is None:
        return None
    return Actor(f"user:{found.user}", found.display_name, found.grant.roles, found.grant.bounds)


def log_out(store: Store, token: str) -> None:
    """End a session; one that has ended already stays so."""
    with store.write() as connection:
        table.end_session(connection, _hash(token))


def _begin_attempt(store: Store, name_hash: str, address_hash: str) -> int:
    """Note an attempt before its password is looked at, so that many at once are counted too."""
    since = datetime.now(UTC) - THROTTLE_WINDOW
    with store.write() as connection:
        by_name, by_address = table.count_attempts(
            connection, name_hash=name_hash, address_hash=address_hash, since=since
        )
        if by_name >= MAX_FAILURES_PER_ACCOUNT or by_address >= MAX_FAILURES_PER_ADDRESS:
            raise RateError(
                "Too many logins have failed.",
                retry_after_s=int(THROTTLE_WINDOW.total_seconds()),
                remedy="Wait for a quarter of an hour.",
            )
        return table.add_attempt(connection, name_hash=name_hash, address_hash=address_hash, forget_before=since)


def _still_open(current: UserRecord, seen: UserRecord) -> bool:
    return current.disabled_at is None and current.password_hash == seen.password_hash


def _hash(text: str) -> str:
    # Tokens have 256 random bits. Names and addresses are no secrets; hashed, they do not lie about as typed.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
