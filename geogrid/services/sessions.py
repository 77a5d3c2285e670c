"""Login sessions: log in, find the user of a session token, log out."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import AccessError, ForbiddenError, InputError, RateError
from geogrid.model import Actor
from geogrid.services.passwords import hash_password, verify_password
from geogrid.services.users import LOGIN_NAME, normalize_login_name
from geogrid.store import sessions as table
from geogrid.store.audit import add_audit
from geogrid.store.users import change_password, find_user, get_user

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.store.users import UserRecord

#: Prefix of session tokens.
PREFIX: Final = "gs_"
SESSION_LIFETIME: Final = timedelta(hours=12)
#: Login throttling: failures allowed per account and per address within this time.
THROTTLE_WINDOW: Final = timedelta(minutes=15)
MAX_FAILURES_PER_ACCOUNT: Final = 10
MAX_FAILURES_PER_ADDRESS: Final = 50
_ANONYMOUS: Final = Actor("anonymous", "anonymous", frozenset())


@dataclass(frozen=True, slots=True)
class Session:
    """A new session.

    Attributes
    ----------
    token
        The token, which the database stores only as a hash.
    actor
        The user.
    expires_at
        The time at which the session expires.
    """

    token: str
    actor: Actor
    expires_at: datetime


def log_in(store: Store, name: str, password: str, address: str) -> Session:
    """Check name and password, and open a session.

    Parameters
    ----------
    store
        The database.
    name, password
        The login name and the password.
    address
        The client address.

    Raises
    ------
    AccessError
        If name or password is wrong; message and response time do not reveal which.
    RateError
        If too many logins have failed for this name or from this address.
    """
    name = normalize_login_name(name)
    name_hash, address_hash = _hash(name), _hash(address)
    attempt_id = _begin_attempt(store, name_hash, address_hash)
    with store.read() as connection:
        account = find_user(connection, name) if LOGIN_NAME.fullmatch(name) else None
    # Outside the transactions, because password hashing is slow by design.
    matches = verify_password(account.password_hash if account else None, password)
    now, token = datetime.now(UTC), PREFIX + secrets.token_urlsafe(32)
    with store.write() as connection:
        # The account may have been disabled or its password changed in the meantime.
        current = find_user(connection, name) if account else None
        if matches and account and current and _is_unchanged(current, account):
            table.clear_attempts(connection, name_hash=name_hash, attempt_id=attempt_id)
            table.add_session(connection, token_hash=_hash(token), user=account.id, expires_at=now + SESSION_LIFETIME)
            actor = Actor(f"user:{account.id}", current.display_name, current.grant.roles, current.grant.bounds)
            add_audit(connection, actor, "login", f"user {name}")
            return Session(token, actor, now + SESSION_LIFETIME)
        add_audit(connection, _ANONYMOUS, "login.refused", f"user {name}" if account else "an unknown name")
    raise AccessError("The name or the password is wrong.", code="login")


def find_session_actor(store: Store, token: str) -> Actor | None:
    """Return the user of a session token with the current grant, or None if the session has ended."""
    with store.read() as connection:
        session = table.find_session(connection, _hash(token))
    if session is None:
        return None
    return Actor(f"user:{session.user}", session.display_name, session.grant.roles, session.grant.bounds)


def log_out(store: Store, token: str) -> None:
    """End a session; an ended session is no error."""
    with store.write() as connection:
        table.end_session(connection, _hash(token))


def change_own_password(store: Store, actor: Actor, token: str, current: str, new: str) -> None:
    """Change the password of the account that is logged in, and end the other sessions of the account.

    Wrong current passwords count as failed logins of the account.

    Parameters
    ----------
    store
        Where accounts are.
    actor
        The account.
    token
        Of the session that goes on; all others end.
    current, new
        The passwords, as they were typed.

    Raises
    ------
    ForbiddenError
        If the actor has no account with a password: a key, or a person whom an OpenID provider vouches for.
    InputError
        If the current password is wrong, or the new one breaks the policy of accounts.
    RateError
        If too many logins have failed for the account.
    """
    user = _own_account(store, actor)
    password_hash = hash_password(new, user.name)
    attempt = _begin_attempt(store, _hash(user.name), _hash(actor.id))
    if not verify_password(user.password_hash, current):
        raise InputError("The current password is wrong.", code="password_wrong", field="current")
    with store.write() as connection:
        latest = get_user(connection, user.id)
        if latest is None or not _is_unchanged(latest, user):
            raise InputError("The current password is wrong.", code="password_wrong", field="current")
        change_password(connection, user.id, password_hash)
        table.end_sessions(connection, user.id, keep=_hash(token))
        table.clear_attempts(connection, name_hash=_hash(user.name), attempt_id=attempt)
        add_audit(connection, actor, "user.password", f"user {user.name}")


def _own_account(store: Store, actor: Actor) -> UserRecord:
    kind, _, number = actor.id.partition(":")
    user = None
    if kind == "user" and number.isdecimal():
        with store.read() as connection:
            user = get_user(connection, int(number))
    if user is None:
        raise ForbiddenError(
            "Only a user who has an account with a password can change a password.",
            code="no_account",
            remedy="Log in with the name and the password of an account.",
        )
    return user


def _begin_attempt(store: Store, name_hash: str, address_hash: str) -> int:
    """Store a login attempt before the password check, so that parallel attempts count; return its id."""
    since = datetime.now(UTC) - THROTTLE_WINDOW
    with store.write() as connection:
        by_name, by_address = table.count_attempts(
            connection, name_hash=name_hash, address_hash=address_hash, since=since
        )
        if by_name >= MAX_FAILURES_PER_ACCOUNT or by_address >= MAX_FAILURES_PER_ADDRESS:
            raise RateError(
                "Too many failed logins.",
                retry_after_s=int(THROTTLE_WINDOW.total_seconds()),
                remedy="Try again in 15 minutes.",
            )
        return table.add_attempt(connection, name_hash=name_hash, address_hash=address_hash, forget_before=since)


def _is_unchanged(current: UserRecord, seen: UserRecord) -> bool:
    return current.disabled_at is None and current.password_hash == seen.password_hash


def _hash(text: str) -> str:
    # Tokens have 256 random bits, so a fast hash is safe. Names and addresses are hashed only for privacy.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
