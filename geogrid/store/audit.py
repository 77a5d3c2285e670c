"""Audit log of accounts and API keys; rows are only inserted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, or_, select

from geogrid.store.tables import audit

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

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


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """An account whose audit records are listed: those it caused, and those about it.

    Attributes
    ----------
    name
        The login name.
    actor_id
        The id of the account as an actor; None for a name without an account.
    """

    name: str
    actor_id: str | None


def add_audit(connection: Connection, actor: Actor, action: str, what: str) -> None:
    """Add an audit record of an action of an actor."""
    values = {"at": datetime.now(UTC), "actor_id": actor.id, "actor": actor.name, "action": action, "what": what}
    connection.execute(insert(audit).values(values))


def list_audit(
    connection: Connection, *, before: int | None, limit: int, concerns: AuditSubject | None = None
) -> list[AuditRecord]:
    """Return at most `limit` records, the newest first, from just before a number on."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    if concerns is not None:
        query = query.where(_concerns(concerns))
    return [AuditRecord(*row) for row in connection.execute(query)]


def _concerns(subject: AuditSubject) -> ColumnElement[bool]:
    account = f"user {subject.name}"
    return or_(
        audit.c.actor_id == subject.actor_id,
        audit.c.what == account,
        audit.c.what.startswith(f"{account}:", autoescape=True),
    )
