"""Reading the audit log of accounts and API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.model import Permission
from geogrid.permissions import check_permission
from geogrid.store import audit as table

if TYPE_CHECKING:
    from geogrid.model import Actor
    from geogrid.store.audit import AuditRecord
    from geogrid.store.database import Store

MAX_PAGE: Final = 1_000


def list_audit(store: Store, actor: Actor, *, before: int | None = None, limit: int = 100) -> list[AuditRecord]:
    """Return records of the audit log, newest first.

    Parameters
    ----------
    store
        The database.
    actor
        The user.
    before
        Only records with an id below this one; None for the newest.
    limit
        The maximum number of records, 1 to `MAX_PAGE`.

    Raises
    ------
    ForbiddenError
        If the actor may not read the audit log.
    """
    check_permission(actor, Permission.AUDIT_READ)
    with store.read() as connection:
        return table.list_audit(connection, before=before, limit=limit)
