"""Queries on the steps and the evidence of ledger entries; rows are only inserted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from geogrid.errors import InputError, NotFoundError
from geogrid.model import EntryState, EntryStep, Role
from geogrid.store.ledger_tables import evidence, ledger_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from geogrid.ledger.evidence import EvidenceDocument

_NAMES = [field.name for field in fields(EntryStep)]


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """A piece of evidence without its content; `size` is in bytes."""

    id: int
    entry: int
    sha256: str
    media_type: str
    size: int
    created_at: datetime


_RECORD = [evidence.c[name] for name in EvidenceRecord.__dataclass_fields__]


def add_entry_steps(connection: Connection, entry_steps: Iterable[tuple[int, EntryStep]]) -> None:
    """Insert steps, given as pairs of entry id and step."""
    rows = [{"entry": entry, **{name: getattr(step, name) for name in _NAMES}} for entry, step in entry_steps]
    if rows:
        connection.execute(insert(ledger_steps), rows)


def list_entry_steps(connection: Connection, entry_id: int) -> list[EntryStep]:
    """Return the steps of an entry, oldest first."""
    query = select(ledger_steps).where(ledger_steps.c.entry == entry_id).order_by(ledger_steps.c.number)
    return [_from_row(row) for row in connection.execute(query)]


def add_evidence(
    connection: Connection,
    documents: Sequence[tuple[int, EvidenceDocument]],
    actor_id: str,
    now: datetime | None = None,
) -> list[int]:
    """Insert evidence, given as pairs of entry id and document; return the new ids in the same order."""
    rows = [
        {
            "entry": entry,
            "sha256": document.sha256,
            "media_type": document.media_type,
            "size": len(document.content),
            "content": document.content,
            "actor_id": actor_id,
            "created_at": now or datetime.now(UTC),
        }
        for entry, document in documents
    ]
    statement = insert(evidence).returning(evidence.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars()) if rows else []


def list_evidence(connection: Connection, entry_id: int) -> list[EvidenceRecord]:
    """Return the evidence of an entry, oldest first."""
    query = select(*_RECORD).where(evidence.c.entry == entry_id).order_by(evidence.c.id)
    return [EvidenceRecord(*row) for row in connection.execute(query)]


def find_evidence(connection: Connection, entry: int, ids: Sequence[int]) -> list[EvidenceRecord]:
    """Return the evidence of an entry with the given ids.

    Raises
    ------
    InputError
        If an id does not belong to this entry.
    """
    wanted = set(ids)
    records = [record for record in list_evidence(connection, entry) if record.id in wanted] if wanted else []
    if len(records) < len(wanted):
        raise InputError(
            "A piece of evidence does not belong to this entry.",
            code="evidence_unknown",
            field="evidence",
            remedy="Upload it with POST /v1/ledger/{id}/evidence first.",
        )
    return records


def get_evidence(connection: Connection, entry: int, evidence_id: int) -> tuple[EvidenceRecord, bytes]:
    """Return a piece of evidence of an entry and its content.

    Raises
    ------
    NotFoundError
        If the entry has no evidence with this id.
    """
    query = select(*_RECORD, evidence.c.content).where(evidence.c.entry == entry, evidence.c.id == evidence_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("This entry has no evidence with this id.", code="evidence_unknown", field="evidence")
    return EvidenceRecord(*row[:-1]), row.content


def _from_row(row: Row[Any]) -> EntryStep:
    values = {name: getattr(row, name) for name in _NAMES}
    values["from_state"] = EntryState(row.from_state) if row.from_state else None
    values["to_state"] = EntryState(row.to_state)
    values["role"] = Role(row.role)
    return EntryStep(**values)
