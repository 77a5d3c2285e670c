"""User accounts: add, list, change, set passwords."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.model import Bounds, Grant, Permission, Role
from geogrid.permissions import check_permission
from geogrid.services.grant_validation import check_grant, describe_grant
from geogrid.services.passwords import hash_password
from geogrid.store import users as table
from geogrid.store.audit import add_audit
from geogrid.store.sessions import end_sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor
    from geogrid.store.database import Store
    from geogrid.store.users import UserRecord

#: Pattern of login names.
LOGIN_NAME: Final = re.compile(r"\w[\w.@-]{1,49}")
_MAX_DISPLAY: Final = 100


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Changes of an account; None keeps a value.

    Attributes
    ----------
    display_name
        The name that other users see.
    roles, areas, categories, departments
        The new roles and bounds.
    enabled
        Whether the account can log in.
    """

    display_name: str | None = None
    roles: frozenset[Role] | None = None
    areas: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    enabled: bool | None = None


def normalize_login_name(text: str) -> str:
    """Return a login name in normal form: NFKC, trimmed, case-folded.

    Examples
    --------
    >>> normalize_login_name(" Dispatch.01 ")
    'dispatch.01'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def add_user(
    store: Store, rules: RuleSet, actor: Actor, *, name: str, display_name: str, password: str, grant: Grant
) -> UserRecord:
    """Create an account.

    Parameters
    ----------
    store, rules
        The database and the rules.
    actor
        The user who creates it.
    name
        The login name: letters of any script, digits and ``. _ - @``.
    display_name
        The name that other users see; empty for the login name.
    password
        The initial password.
    grant
        The roles and bounds of the account.

    Raises
    ------
    InputError
        If a name, the password or the grant is not valid.
    ConflictError
        If another account has this name.
    ForbiddenError
        If the actor may not manage accounts.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    name = normalize_login_name(name)
    if not LOGIN_NAME.fullmatch(name):
        raise InputError("A login name needs 2 to 50 letters, digits or . _ - @.", code="name", field="name")
    display_name = _check_display_name(display_name or name)
    password_hash = hash_password(password, name)
    with store.write() as connection:
        check_grant(connection, grant, rules)
        if table.find_user(connection, name):
            raise ConflictError("Another account has this name.", code="name_taken", field="name")
        table.add_user(connection, name=name, display_name=display_name, password_hash=password_hash, grant=grant)
        add_audit(connection, actor, "user.add", f"user {name}: {describe_grant(grant)}")
        return _get_user(connection, name)


def list_users(store: Store, actor: Actor) -> list[UserRecord]:
    """Return all accounts, oldest first."""
    check_permission(actor, Permission.USERS_MANAGE)
    with store.read() as connection:
        return table.list_users(connection)


def get_user(store: Store, actor: Actor, name: str) -> UserRecord:
    """Return the account of a login name.

    Raises
    ------
    NotFoundError
        If there is no account of that name.
    ForbiddenError
        If the actor may not manage accounts.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    with store.read() as connection:
        return _get_user(connection, name)


def change_user(store: Store, rules: RuleSet, actor: Actor, name: str, change: AccountChange) -> UserRecord:
    """Change an account; a new grant or disabling the account ends its sessions.

    Raises
    ------
    NotFoundError
        If the account does not exist.
    ConflictError
        If no administrator would remain.
    InputError, ForbiddenError
        See `add_user`.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    with store.write() as connection:
        before = _get_user(connection, name)
        after = _apply_change(before, change)
        check_grant(connection, after.grant, rules)
        table.change_user(
            connection, before.id, display_name=after.display_name, grant=after.grant, disabled_at=after.disabled_at
        )
        _check_administrators(connection, before)
        if after.grant != before.grant or after.disabled_at:
            end_sessions(connection, before.id)
        for action, what in _differences(before, after):
            add_audit(connection, actor, action, f"user {before.name}: {what}")
        return after


def set_password(store: Store, actor: Actor, name: str, password: str) -> None:
    """Set the password of an account and end its sessions.

    Raises
    ------
    NotFoundError
        If the account does not exist.
    InputError, ForbiddenError
        See `add_user`.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    password_hash = hash_password(password, normalize_login_name(name))
    with store.write() as connection:
        user = _get_user(connection, name)
        table.change_password(connection, user.id, password_hash)
        end_sessions(connection, user.id)
        add_audit(connection, actor, "user.password", f"user {user.name}")


def _get_user(connection: Connection, name: str) -> UserRecord:
    user = table.find_user(connection, normalize_login_name(name))
    if user is None:
        raise NotFoundError(
            "No account has this name.", code="user_unknown", field="name", remedy="List them: geogrid users list."
        )
    return user


def _check_display_name(text: str) -> str:
    if not 0 < len(text.strip()) <= _MAX_DISPLAY or not text.isprintable():
        raise InputError(f"A display name needs 1 to {_MAX_DISPLAY} printable characters.", field="display")
    return text.strip()


def _apply_change(before: UserRecord, change: AccountChange) -> UserRecord:
    new_bounds = {field.name: getattr(change, field.name) for field in fields(Bounds)}
    bounds = replace(before.grant.bounds, **{name: value for name, value in new_bounds.items() if value is not None})
    disabled_at = before.disabled_at
    if change.enabled is not None:
        disabled_at = None if change.enabled else disabled_at or datetime.now(UTC)
    return replace(
        before,
        display_name=before.display_name if change.display_name is None else _check_display_name(change.display_name),
        grant=Grant(before.grant.roles if change.roles is None else change.roles, bounds),
        disabled_at=disabled_at,
    )


def _check_administrators(connection: Connection, before: UserRecord) -> None:
    """Raise, after a change in the same transaction, if it has removed the last administrator."""
    if _is_administrator(before) and not any(map(_is_administrator, table.list_users(connection))):
        raise ConflictError(
            "This account is the last administrator.",
            code="last_administrator",
            field="name",
            remedy="Make another account an administrator first.",
        )


def _is_administrator(user: UserRecord) -> bool:
    return user.disabled_at is None and Role.ADMINISTRATOR in user.grant.roles


def _differences(before: UserRecord, after: UserRecord) -> list[tuple[str, str]]:
    differences = []
    if after.grant != before.grant:
        differences.append(("user.grant", f"{describe_grant(before.grant)} → {describe_grant(after.grant)}"))
    if after.display_name != before.display_name:
        differences.append(("user.rename", "display name changed"))
    if (after.disabled_at is None) != (before.disabled_at is None):
        differences.append(("user.disable", "disabled") if after.disabled_at else ("user.enable", "enabled again"))
    return differences
