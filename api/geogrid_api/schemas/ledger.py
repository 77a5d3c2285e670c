"""Entries of the ledger as the service tells them, and the filter that it reads."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID
from geogrid.ledger.query import LedgerFilter
from geogrid.local_time import LOCAL_ZONE, day_span
from geogrid.model import Duty, EntryState, EntryStep, LedgerEntry, Point, Role, Site
from geogrid.privacy import mask_actor, mask_personal
from geogrid_api.dependencies import CODE, Day

if TYPE_CHECKING:
    from geogrid.store.ledger_steps import EvidenceRecord

_RECORD: Final = ("id", "sha256", "media_type", "size", "created_at")


class SiteResponse(BaseModel):
    """An inspected site."""

    id: int
    code: str
    name: str
    kind: str
    wgs84: Point = Field(description="A point of it.")
    street_code: str | None
    community_code: str | None
    grid_code: str | None
    generation: int = Field(description="The generation of layers that assigned the grid.")
    synthetic: bool = Field(description="Made up (合成示意).")


class LedgerEntryResponse(BaseModel):
    """An entry of the ledger: what was found where, who answers for it, and how far it has come."""

    id: int
    number: str = Field(examples=["平城-2022-0001"])
    version: int = Field(description="The number of its last step; the same as its ETag.")
    state: EntryState
    site: SiteResponse
    round: str
    category: str
    found_at: datetime
    description: str = Field(description="Telephone and identity numbers are masked.")
    department: str = Field(description="Who is to put it right.")
    duty: Duty = Field(description="Whose duty it is in the grid.")
    due_at: datetime
    incident: int | None
    rectification: str = Field(description="What was done; masked in the same way.")
    rectified_at: datetime | None
    returned_at: datetime | None
    struck_off_at: datetime | None
    evidence: int = Field(description="How many pieces it has.")
    synthetic: bool


class LedgerStepResponse(BaseModel):
    """A step that was taken."""

    number: int
    action: str
    from_state: EntryState | None
    to_state: EntryState
    at: datetime
    actor: str
    role: Role
    note: str = Field(description="Telephone and identity numbers are masked.")
    details: dict[str, Any]


class EvidenceResponse(BaseModel):
    """What is known of a piece of evidence."""

    id: int
    sha256: str
    media_type: str
    size: int = Field(description="In bytes.")
    created_at: datetime


def make_site_response(site: Site) -> SiteResponse:
    """Return a site as the service tells it."""
    place = {field.name: getattr(site.place, field.name) for field in fields(site.place)}
    return SiteResponse(id=site.id, code=site.code, name=site.name, kind=site.kind, synthetic=site.synthetic, **place)


def make_entry_response(entry: LedgerEntry) -> LedgerEntryResponse:
    """Return an entry as the service tells it: times on the clock of the district, no telephone numbers."""
    problem, progress = entry.problem, entry.progress
    return LedgerEntryResponse(
        id=entry.id,
        number=entry.number,
        version=progress.version,
        state=progress.state,
        site=make_site_response(entry.site),
        round=entry.round,
        category=problem.category,
        found_at=problem.found_at.astimezone(LOCAL_ZONE),
        description=mask_personal(problem.description),
        department=progress.department,
        duty=problem.duty,
        due_at=problem.due_at.astimezone(LOCAL_ZONE),
        incident=problem.incident,
        rectification=mask_personal(progress.rectification),
        rectified_at=_local(progress.rectified_at),
        returned_at=_local(progress.returned_at),
        struck_off_at=_local(progress.struck_off_at),
        evidence=entry.evidence,
        synthetic=problem.synthetic,
    )


def make_step_response(step: EntryStep, *, whole: bool) -> LedgerStepResponse:
    """Return a step as the service tells it; not whole, without the name of the person who took it."""
    return LedgerStepResponse(
        number=step.number,
        action=step.action,
        from_state=step.from_state,
        to_state=step.to_state,
        at=step.at.astimezone(LOCAL_ZONE),
        actor=step.actor if whole else mask_actor(step.actor_id, step.actor),
        role=step.role,
        note=mask_personal(step.note),
        details=step.details,
    )


def make_evidence_response(record: EvidenceRecord) -> EvidenceResponse:
    """Return a piece of evidence as the service tells it."""
    return EvidenceResponse(**{name: getattr(record, name) for name in _RECORD})


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(LOCAL_ZONE) if moment else None


def read_ledger_filter(
    first: Annotated[Day | None, Query(alias="from", description="Found on this day or later.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Found on this day or before.")] = None,
    area: Annotated[
        str | None, Query(pattern=CODE, description="A street (9 digits), community or village (12), or grid (15).")
    ] = None,
    inspected: Annotated[
        int | None, Query(alias="round", ge=1, le=MAX_ID, description="An id of GET /v1/rounds.")
    ] = None,
    category: Annotated[str | None, Query(max_length=20, description="A code of GET /v1/categories.")] = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    state: EntryState | None = None,
    overdue: Annotated[bool, Query(description="Only what is past its term and not put right.")] = False,  # noqa: FBT002 - a query parameter
) -> LedgerFilter:
    """Read which entries are meant."""
    since, until = day_span(first, last)
    overdue_at = datetime.now(UTC) if overdue else None
    return LedgerFilter(area, inspected, since, until, category, department, state, overdue_at)


LedgerFilterDep = Annotated[LedgerFilter, Depends(read_ledger_filter)]
AfterId = Annotated[int, Query(ge=0, le=MAX_ID, description="`next` of the page before.")]
