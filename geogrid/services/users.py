"""Use cases around the accounts of people."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.model import Bounds, Grant, Permission, Role
from geogrid.permissions import check_permission
from geogrid.services.grants import check_grant, describe_grant
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

#: What a login name looks like.
LOGIN_NAME: Final = re.compile(r"\w[\w.@-]{1,49}")
_MAX_DISPLAY: Final = 100


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to become of an account; None leaves it as it is.

    Attributes
    ----------
    display_name
        What other people see.
    roles, areas, categories, departments
        In place of those that it has.
    enabled
        Whether it can be used.
    """

    display_name: str | None = None
    roles: frozenset[Role] | None = None
    areas: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    departments: tuple[str, ...] | None = None
    enabled: bool | None = None


def normalize_login_name(text: str) -> str:
    """Return a name as accounts have it, whichever way it was typed.

    Examples
    --------
    >>> normalize_login_name(" Dispatch.01 ")
    'dispatch.01'
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


def add_user(
    store: Store, rules: RuleSet, actor: Actor, *, name: str, display_name: str, password: str, grant: Grant
) -> UserRecord:
    """Make an account.

    Parameters
    ----------
    store, rules
        The house.
    actor
        Who makes it.
    name
        What is typed to log in: letters of any script, digits and ``. _ - @``.
    display_name
        What other people see; empty for the name.
    password
        The first one.
    grant
        What the account may do, and where.

    Raises
    ------
    InputError
        If a name, the password or what is given cannot be used.
    ConflictError
        If the name is taken.
    ForbiddenError
        If the actor may not manage accounts.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    name = normalize_login_name(name)
    if not LOGIN_NAME.fullmatch(name):
        raise InputError("A name has 2 to 50 letters, digits or . _ - @.", code="name", field="name")
    display_name = _checked_display(display_name or name)
    password_hash = hash_password(password, name)
    with store.write() as connection:
        check_grant(connection, grant, rules)
        if table.find_user(connection, name):
            raise ConflictError("There is an account of this name.", code="name_taken", field="name")
        table.add_user(connection, name=name, display_name=display_name, password_hash=password_hash, grant=grant)
        add_audit(connection, actor, "user.add", f"user {name}: {describe_grant(grant)}")
        return _get(connection, name)


def list_users(store: Store, actor: Actor) -> list[UserRecord]:
    """Return all accounts, the oldest first."""
    check_permission(actor, Permission.USERS_MANAGE)
    with store.read() as connection:
        return table.list_users(connection)


def change_user(store: Store, rules: RuleSet, actor: Actor, name: str, change: AccountChange) -> UserRecord:
    """Change an account; where its roles or bounds change, or it is disabled, its sessions end.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    ConflictError
        If no administrator would be left.
    InputError, ForbiddenError
        As `add_user`.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    with store.write() as connection:
        before = _get(connection, name)
        after = _changed(before, change)
        check_grant(connection, after.grant, rules)
        table.change_user(
            connection,
            before.id,
            display_name=after.display_name,
            grant=after.grant,
            disabled_at=after.disabled_at,
        )
        _check_administrators(connection, before)
        if after.grant != before.grant or after.disabled_at:
            end_sessions(connection, before.id)
        for action, what in _differences(before, after):
            add_audit(connection, actor, action, f"user {before.name}: {what}")
        return after


def set_password(store: Store, actor: Actor, name: str, password: str) -> None:
    """Give an account another password; its sessions end.

    Raises
    ------
    NotFoundError
        If there is no account of that name.
    InputError, ForbiddenError
        As `add_user`.
    """
    check_permission(actor, Permission.USERS_MANAGE)
    password_hash = hash_password(password, normalize_login_name(name))
    with store.write() as connection:
        user = _get(connection, name)
        table.change_password(connection, user.id, password_hash)
        end_sessions(connection, user.id)
        add_audit(connection, actor, "user.password", f"user {user.name}")


def _get(connection: Connection, name: str) -> UserRecord:
    user = table.find_user(connection, normalize_login_name(name))
    if user is None:
        raise NotFoundError(
            "There is no account of this name.", code="user_unknown", field="name", remedy="See geogrid users list."
        )
    return user


def _checked_display(text: str) -> str:
    if not 0 < len(text.strip()) <= _MAX_DISPLAY or not text.isprintable():
        raise InputError(f"What others see has 1 to {_MAX_DISPLAY} printable characters.", field="display")
    return text.strip()


def _changed(before: UserRecord, change: AccountChange) -> UserRecord:
    given = {field.name: getattr(change, field.name) for field in fields(Bounds)}
    bounds = replace(before.grant.bounds, **{name: value for name, value in given.items() if value is not None})
    disabled_at = before.disabled_at
    if change.enabled is not None:
        disabled_at = None if change.enabled else disabled_at or datetime.now(UTC)
    return replace(
        before,
        display_name=before.display_name if change.display_name is None else _checked_display(change.display_name),
        grant=Grant(before.grant.roles if change.roles is None else change.roles, bounds),
        disabled_at=disabled_at,
    )


def _check_administrators(connection: Connection, before: UserRecord) -> None:
    """Refuse a change, once it is written, that leaves no administrator where there was one."""
    if _administers(before) and not any(map(_administers, table.list_users(connection))):
        raise ConflictError(
            "This is the last administrator.",
            code="last_administrator",
            field="name",
            remedy="Make another account an administrator first.",
        )


def _administers(user: UserRecord) -> bool:
    return user.disabled_at is None and Role.ADMINISTRATOR in user.grant.roles


def _differences(before: UserRecord, after: UserRecord) -> list[tuple[str, str]]:
    found = []
    if after.grant != before.grant:
        found.append(("user.grant", f"{describe_grant(before.grant)} → {describe_grant(after.grant)}"))
    if after.display_name != before.display_name:
        found.append(("user.rename", "another name for others to see"))
    if (after.disabled_at is None) != (before.disabled_at is None):
        found.append(("user.disable", "disabled") if after.disabled_at else ("user.enable", "enabled again"))
    return found
