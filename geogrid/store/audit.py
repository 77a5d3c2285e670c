"""Audit log of accounts and API keys; rows are only inserted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.store.tables import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Actor


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record of the audit log; `what` names the account or key and the change."""

    id: int
    at: datetime
    actor_id: str
    actor: str
    action: str
    what: str


def add_audit(connection: Connection, actor: Actor, action: str, subject: str) -> None:
    """Insert a record of an action."""
    values = {"at": datetime.now(UTC), "actor_id": actor.id, "actor": actor.name, "action": action, "what": subject}
    connection.execute(insert(audit).values(values))


def list_audit(connection: Connection, *, before: int | None, limit: int) -> list[AuditRecord]:
    """Return at most `limit` records with an id below `before`, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [AuditRecord(*row) for row in connection.execute(query)]
