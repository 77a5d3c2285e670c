"""Response models and filter parameters of the ledger."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID
from geogrid.ledger.ledger_filter import LedgerFilter
from geogrid.local_time import day_span, local_zone
from geogrid.model import EntryState, EntryStep, LedgerEntry, Point, Role, Site
from geogrid.privacy import mask_actor, mask_personal
from geogrid_api.dependencies import CODE, Day

if TYPE_CHECKING:
    from geogrid.store.evidence import EvidenceRecord

_RECORD: Final = ("id", "sha256", "media_type", "size", "created_at")


class SiteResponse(BaseModel):
    """An inspected site."""

    id: int
    code: str
    name: str
    kind: str
    wgs84: Point = Field(description="A point of the site.")
    street_code: str | None
    community_code: str | None
    grid_code: str | None
    generation: int = Field(description="Id of the generation that assigned the grid.")
    synthetic: bool = Field(description="Whether the data are synthetic (合成示意).")


class LedgerEntryResponse(BaseModel):
    """A ledger entry: a problem at a site, the responsible department and the state of the rectification."""

    id: int
    number: str = Field(examples=["A-2022-0001"])
    version: int = Field(description="Number of the last step; equals the ETag.")
    state: EntryState
    site: SiteResponse
    round: str
    category: str
    found_at: datetime
    description: str = Field(description="Telephone and identity numbers are masked.")
    department: str = Field(description="Department that must rectify the problem.")
    duty: str = Field(description="Code of the duty in the grid that is responsible.")
    due_at: datetime
    incident: int | None
    rectification: str = Field(description="Rectification; telephone and identity numbers are masked.")
    rectified_at: datetime | None
    returned_at: datetime | None
    struck_off_at: datetime | None
    evidence: int = Field(description="Number of evidence files.")
    synthetic: bool


class LedgerStepResponse(BaseModel):
    """A step of an entry's history."""

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
    """Metadata of an evidence file."""

    id: int
    sha256: str
    media_type: str
    size: int = Field(description="Size in bytes.")
    created_at: datetime


def make_site_response(site: Site) -> SiteResponse:
    """Return the response for a site."""
    place = {field.name: getattr(site.place, field.name) for field in fields(site.place)}
    return SiteResponse(id=site.id, code=site.code, name=site.name, kind=site.kind, synthetic=site.synthetic, **place)


def make_entry_response(entry: LedgerEntry) -> LedgerEntryResponse:
    """Return the response for an entry, with local times and masked personal numbers."""
    problem, progress = entry.problem, entry.progress
    return LedgerEntryResponse(
        id=entry.id,
        number=entry.number,
        version=progress.version,
        state=progress.state,
        site=make_site_response(entry.site),
        round=entry.round,
        category=problem.category,
        found_at=problem.found_at.astimezone(local_zone()),
        description=mask_personal(problem.description),
        department=progress.department,
        duty=problem.duty,
        due_at=problem.due_at.astimezone(local_zone()),
        incident=problem.incident,
        rectification=mask_personal(progress.rectification),
        rectified_at=_local(progress.rectified_at),
        returned_at=_local(progress.returned_at),
        struck_off_at=_local(progress.struck_off_at),
        evidence=entry.evidence,
        synthetic=problem.synthetic,
    )


def make_step_response(step: EntryStep, *, unmasked: bool) -> LedgerStepResponse:
    """Return the response for a step; the actor is masked unless ``unmasked``."""
    return LedgerStepResponse(
        number=step.number,
        action=step.action,
        from_state=step.from_state,
        to_state=step.to_state,
        at=step.at.astimezone(local_zone()),
        actor=step.actor if unmasked else mask_actor(step.actor_id, step.actor),
        role=step.role,
        note=mask_personal(step.note),
        details=step.details,
    )


def make_evidence_response(record: EvidenceRecord) -> EvidenceResponse:
    """Return the response for an evidence file."""
    return EvidenceResponse(**{name: getattr(record, name) for name in _RECORD})


def _local(time: datetime | None) -> datetime | None:
    return time.astimezone(local_zone()) if time else None


async def read_ledger_filter(
    first: Annotated[Day | None, Query(alias="from", description="First day of the finding.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day of the finding, inclusive.")] = None,
    area: Annotated[
        str | None,
        Query(pattern=CODE, description="Code of a street, community, village or grid."),
    ] = None,
    round_id: Annotated[
        int | None, Query(alias="round", ge=1, le=MAX_ID, description="Round id, see GET /v1/rounds.")
    ] = None,
    category: Annotated[str | None, Query(max_length=20, description="Category code, see GET /v1/categories.")] = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    state: EntryState | None = None,
    site: Annotated[int | None, Query(ge=1, le=MAX_ID, description="Site id, see GET /v1/sites.")] = None,
    past_due: Annotated[bool, Query(description="Only entries past their due time and not rectified.")] = False,  # noqa: FBT002 - a query parameter
) -> LedgerFilter:
    """Return the ledger filter from the query parameters."""
    since, until = day_span(first, last)
    past_due_at = datetime.now(UTC) if past_due else None
    return LedgerFilter(area, round_id, since, until, category, department, state, site=site, past_due_at=past_due_at)


LedgerFilterDep = Annotated[LedgerFilter, Depends(read_ledger_filter)]
AfterId = Annotated[int, Query(ge=0, le=MAX_ID, description="`next` of the previous page.")]
