"""Response models of incidents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field

from geogrid.incidents.duplicates import Duplicate
from geogrid.local_time import local_zone
from geogrid.model import (
    Incident,
    IncidentStatus,
    Layer,
    LocateStatus,
    OnSpot,
    Point,
    Progress,
    Triage,
)
from geogrid.privacy import mask_personal
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

#: OpenAPI entries of the errors of a route with an id.
ITEM_ERRORS: Final = problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
#: `handled_by` is personal data; the history shows it, masked.
_PROGRESS_FIELDS: Final = [
    field.name
    for field in fields(Progress)
    if field.name not in ("handled_by", "clock_level", "triage", "triage_blocks")
]


class TriageResponse(BaseModel):
    """A doubt about the location of an incident."""

    reason: Triage
    blocks: bool = Field(
        description="Whether the location has to be reviewed before filing and dispatch. "
        "False: the candidate grids are of one street, and the doubt is a hint."
    )


def make_triage_response(triage: Triage | None, *, blocks: bool) -> TriageResponse | None:
    """Return the response for a doubt about a location, or None without one."""
    return TriageResponse(reason=triage, blocks=blocks) if triage else None


class IncidentResponse(BaseModel):
    """An incident: the report, its grids and its progress."""

    id: int
    status: IncidentStatus
    reported_at: datetime
    handled_at: datetime | None
    category: str
    source: str = Field(description="Code of the source, see GET /v1/vocabulary.")
    description: str = Field(description="Telephone and identity numbers are masked.")
    external_id: str | None
    claimed_grid: str | None = Field(description="Grid named by the reporter; it does not affect the assignment.")
    synthetic: bool = Field(description="Whether the data are synthetic (合成示意).")
    point: Point = Field(description="Reported point, in `datum`.")
    datum: str
    wgs84: Point
    locate_status: LocateStatus
    generation: int = Field(description="Id of the generation that assigned the grids.")
    base_code: str | None
    base_layer: Layer | None
    dedicated_code: str | None
    community_code: str | None
    street_code: str | None
    accuracy_m: float | None = Field(description="Accuracy of the point in metres, as given by the device.")
    version: int = Field(description="Number of the last step; equals the ETag.")
    level: str = Field(description="Code of the responsible level, see GET /v1/vocabulary.")
    department: str | None = Field(description="Department that handles the incident.")
    triage: TriageResponse | None = Field(description="Doubt about the location; null without one.")
    verified_at: datetime | None
    filed_at: datetime | None
    dispatched_at: datetime | None
    checked_at: datetime | None
    closed_at: datetime | None
    voided_at: datetime | None
    stage_due_at: datetime | None = Field(description="Due time of the present stage; null if no deadline runs.")
    warn_at: datetime | None = Field(description="Time from which the present stage counts as nearly due.")
    due_at: datetime | None = Field(description="Due time of the handling; a reopening does not change it.")
    close_due_at: datetime | None
    reopened_due_at: datetime | None = Field(description="Due time of the handling after the last reopening.")
    due_provisional: bool = Field(
        description="Whether the due times depend on days whose holidays were not known when they were calculated."
    )
    escalate_at: datetime | None = Field(
        description="Time at which the incident is escalated to the next level unless it is handled."
    )
    called: list[str] = Field(description="Departments that the street has called by whistle.")
    suspended_at: datetime | None
    extensions: int
    reworks: int
    reopened: int
    merged_into: int | None
    on_spot: OnSpot | None = Field(
        description="`closed` or `drawn` (for a re-check) if the incident was handled before it was reported."
    )
    part_of: int | None = Field(description="Id of the split incident of which this is a part.")
    part: int | None = Field(description="Number of the part, from 1.")
    split_into: int = Field(description="Number of parts; 0 if the incident was not split.")


def make_incident_response(incident: Incident) -> IncidentResponse:
    """Return the response for an incident, with local times and masked personal numbers."""
    report, placement, progress = incident.report, incident.placement, incident.progress
    return IncidentResponse(
        id=incident.id,
        reported_at=report.reported_at.astimezone(local_zone()),
        category=report.category,
        source=report.source,
        description=mask_personal(report.description),
        external_id=report.external_id,
        claimed_grid=report.claimed_grid,
        synthetic=report.synthetic,
        point=report.point,
        datum=report.datum,
        wgs84=placement.wgs84,
        locate_status=placement.locate_status,
        generation=placement.generation,
        base_code=placement.base_code,
        base_layer=placement.base_layer,
        dedicated_code=placement.dedicated_code,
        community_code=placement.community_code,
        street_code=placement.street_code,
        accuracy_m=report.accuracy_m,
        triage=make_triage_response(progress.triage, blocks=progress.triage_blocks),
        **{name: _local(getattr(progress, name)) for name in _PROGRESS_FIELDS},
    )


def _local(value: Any) -> Any:  # noqa: ANN401 - converts times, returns other values unchanged
    return value.astimezone(local_zone()) if isinstance(value, datetime) else value


def make_etag(incident: Incident) -> str:
    """Return the ETag of an incident."""
    return f'"{incident.progress.version}"'


class DuplicateResponse(BaseModel):
    """A possible duplicate."""

    id: int
    distance_m: float = Field(description="Distance in metres.", examples=[12.4])
    hours: float = Field(description="Time difference in hours.", examples=[1.5])
    score: float = Field(description="Similarity from 0 (at the limit of the search) to 1.", examples=[0.83])
    status: IncidentStatus


class ReportResponse(IncidentResponse):
    """A newly reported incident."""

    duplicates: list[DuplicateResponse] = Field(
        description="Possible duplicates: incidents of the same category nearby in space and time, best match first."
    )


class PartResponse(BaseModel):
    """A part of a split incident."""

    id: int
    part: int
    department: str | None
    category: str
    status: IncidentStatus
    due_at: datetime | None
    handled_at: datetime | None
    closed_at: datetime | None


class IncidentDetailResponse(IncidentResponse):
    """An incident with the target of its merges and its parts."""

    merged_finally: int | None = Field(
        description="Id of the incident that a merged incident is handled as: the end of the `merged_into` chain."
    )
    parts: list[PartResponse] = Field(description="Parts of a split incident, in the order of their numbers.")


def make_detail_response(
    incident: Incident, parts: Iterable[Incident], merged_finally: int | None = None
) -> IncidentDetailResponse:
    """Return the response for an incident with its parts."""
    return IncidentDetailResponse(
        **make_incident_response(incident).model_dump(),
        merged_finally=merged_finally,
        parts=[_make_part_response(part) for part in parts],
    )


def _make_part_response(part: Incident) -> PartResponse:
    progress = part.progress
    return PartResponse(
        id=part.id,
        part=progress.part or 0,
        category=part.report.category,
        **{
            name: _local(getattr(progress, name))
            for name in ("department", "status", "due_at", "handled_at", "closed_at")
        },
    )


def make_duplicate_responses(duplicates: Iterable[Duplicate]) -> list[DuplicateResponse]:
    """Return the responses for possible duplicates."""
    return [DuplicateResponse(**asdict(duplicate)) for duplicate in duplicates]


def make_report_response(incident: Incident, duplicates: Iterable[Duplicate]) -> ReportResponse:
    """Return the response for a newly reported incident."""
    incident_fields = make_incident_response(incident).model_dump()
    return ReportResponse(**incident_fields, duplicates=make_duplicate_responses(duplicates))
