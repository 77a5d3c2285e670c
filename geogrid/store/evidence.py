"""The evidence of ledger entries: added, read, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.errors import InputError, NotFoundError
from geogrid.store.ledger_tables import evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geogrid.ledger.evidence_validation import EvidenceDocument


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """What is known of a piece of evidence beside its content; the size in bytes."""

    id: int
    entry: int
    sha256: str
    media_type: str
    size: int
    created_at: datetime


_RECORD = [evidence.c[name] for name in EvidenceRecord.__dataclass_fields__]


def add_evidence(
    connection: Connection,
    documents: Sequence[tuple[int, EvidenceDocument]],
    actor_id: str,
    now: datetime | None = None,
) -> list[int]:
    """Keep pieces of evidence, each with the number of its entry; return their numbers in the order given."""
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


def list_evidence(connection: Connection, entry: int) -> list[EvidenceRecord]:
    """Return the evidence of an entry, the oldest first."""
    query = select(*_RECORD).where(evidence.c.entry == entry).order_by(evidence.c.id)
    return [EvidenceRecord(*row) for row in connection.execute(query)]


def named_evidence(connection: Connection, entry: int, numbers: Sequence[int]) -> list[EvidenceRecord]:
    """Return the pieces of evidence of an entry that have these numbers.

    Raises
    ------
    InputError
        If one of them is not of this entry.
    """
    wanted = set(numbers)
    found = [record for record in list_evidence(connection, entry) if record.id in wanted] if wanted else []
    if len(found) < len(wanted):
        raise InputError(
            "A piece of evidence is not of this entry.",
            code="evidence_unknown",
            field="evidence",
            remedy="Send it to POST /v1/ledger/{id}/evidence first.",
        )
    return found


def get_evidence(connection: Connection, entry: int, number: int) -> tuple[EvidenceRecord, bytes]:
    """Return a piece of evidence of an entry, with its content.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    query = select(*_RECORD, evidence.c.content).where(evidence.c.entry == entry, evidence.c.id == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("There is no such evidence of this entry.", code="evidence_unknown", field="evidence")
    return EvidenceRecord(*row[:-1]), row.content
