"""Use cases around the record of accounts and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.access import check_permission
from geogrid.model import Permission
from geogrid.store import audit as table

if TYPE_CHECKING:
    from geogrid.model import Actor
    from geogrid.store.audit import AuditRecord
    from geogrid.store.database import Store


def list_audit(store: Store, actor: Actor, *, before: int | None = None, limit: int = 100) -> list[AuditRecord]:
    """Return what was done with accounts and keys, the newest first.

    Parameters
    ----------
    store
        Where it is kept.
    actor
        Who asks.
    before
        From just before this number on; None for the newest.
    limit
        At most so many, 1 to `MAX_PAGE`.

    Raises
    ------
    ForbiddenError
        If the actor may not read it.
    """
    check_permission(actor, Permission.AUDIT_READ)
    with store.read() as connection:
        return table.list_audit(connection, before=before, limit=limit)
