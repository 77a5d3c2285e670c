"""Reading the audit log of accounts and API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.model import Permission
from geogrid.permissions import check_permission
from geogrid.services.users import normalize_login_name
from geogrid.store import audit as table
from geogrid.store.users import find_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Actor
    from geogrid.store.audit import AuditRecord
    from geogrid.store.database import Store


def list_audit(
    store: Store, actor: Actor, *, before: int | None = None, limit: int = 100, account: str | None = None
) -> list[AuditRecord]:
    """Return a page of the audit records of accounts and keys, newest first.

    Parameters
    ----------
    store
        The database.
    actor
        The user.
    before
        Only records with an id below this one; None for the newest.
    limit
        At most so many, 1 to `MAX_PAGE`.
    account
        A login name: only what this account did, and what was done to it. None for all records.

    Raises
    ------
    ForbiddenError
        If the actor may not read the audit log.
    """
    check_permission(actor, Permission.AUDIT_READ)
    with store.read() as connection:
        subject = _subject(connection, normalize_login_name(account)) if account else None
        return table.list_audit(connection, before=before, limit=limit, concerns=subject)


def _subject(connection: Connection, name: str) -> table.AuditSubject:
    user = find_user(connection, name)
    return table.AuditSubject(name, f"user:{user.id}" if user else None)
