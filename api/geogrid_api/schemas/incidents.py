"""Incidents as the service tells them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field

from geogrid.incidents.duplicates import Duplicate
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Incident, IncidentSource, IncidentStatus, Layer, Level, LocateStatus, Point, Progress, Triage
from geogrid.privacy import mask_personal
from geogrid_api.problems import AUTH_ERRORS, problem_responses

#: What a route of one incident may answer with instead.
ITEM_ERRORS: Final = problem_responses(*AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
#: Who handled it is told by its timeline.
_SHOWN: Final = [field.name for field in fields(Progress) if field.name not in ("handled_by", "clock_level")]


class IncidentResponse(BaseModel):
    """An incident: what was reported, and the grids that answer for it."""

    id: int
    status: IncidentStatus
    reported_at: datetime
    handled_at: datetime | None
    category: str
    source: IncidentSource
    description: str = Field(description="Telephone and identity numbers are masked.")
    external_id: str | None
    claimed_grid: str | None = Field(description="The grid that the reporter named; it decides nothing.")
    synthetic: bool = Field(description="Made up (合成示意).")
    point: Point = Field(description="As given, in `datum`.")
    datum: str
    wgs84: Point
    locate_status: LocateStatus
    generation: int = Field(description="The generation of layers that assigned the grids.")
    base_code: str | None
    base_layer: Layer | None
    dedicated_code: str | None
    community_code: str | None
    street_code: str | None
    accuracy_m: float | None = Field(description="How far off the point may be, as the reporter's device says.")
    version: int = Field(description="The number of its last step; the same as its ETag.")
    level: Level
    department: str | None = Field(description="Who is to handle it.")
    triage: Triage | None = Field(description="Why a person has to look at where it lies.")
    verified_at: datetime | None
    filed_at: datetime | None
    dispatched_at: datetime | None
    checked_at: datetime | None
    closed_at: datetime | None
    voided_at: datetime | None
    stage_due_at: datetime | None = Field(description="When its present stage ought to be over; null: no clock runs.")
    warn_at: datetime | None = Field(description="From when on its present stage is nearly due.")
    due_at: datetime | None = Field(description="When it ought to be handled.")
    close_due_at: datetime | None
    escalate_at: datetime | None = Field(description="When the next level answers, unless it is handled by then.")
    called: list[str] = Field(description="Departments that a street has called to it by a whistle.")
    suspended_at: datetime | None
    extensions: int
    reworks: int
    merged_into: int | None


def make_incident_response(incident: Incident) -> IncidentResponse:
    """Return an incident as the service tells it: times on the clock of the district, no telephone numbers."""
    report, placement = incident.report, incident.placement
    return IncidentResponse(
        id=incident.id,
        reported_at=report.reported_at.astimezone(LOCAL_ZONE),
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
        **{name: _local(getattr(incident.progress, name)) for name in _SHOWN},
    )


def _local(value: Any) -> Any:  # noqa: ANN401 - moments go on the clock of the district, other values stay
    return value.astimezone(LOCAL_ZONE) if isinstance(value, datetime) else value


def make_etag(incident: Incident) -> str:
    """Return the tag of an incident as it stands."""
    return f'"{incident.progress.version}"'


class DuplicateResponse(BaseModel):
    """An incident that may be the same."""

    id: int
    distance_m: float = Field(description="How far away, in metres.", examples=[12.4])
    hours: float = Field(description="How far apart.", examples=[1.5])
    score: float = Field(description="From 0 at the edge of what is looked at to 1.", examples=[0.83])
    status: IncidentStatus


class ReportResponse(IncidentResponse):
    """An incident that was reported."""

    duplicates: list[DuplicateResponse] = Field(
        description="Incidents of the same category near in space and time, the likeliest first."
    )


class IncidentDetailResponse(IncidentResponse):
    """An incident that was asked for by its number."""

    merged_finally: int | None = Field(
        description="Where a merged one is dealt with: the end of the chain that begins with `merged_into`."
    )


def make_duplicate_responses(found: Iterable[Duplicate]) -> list[DuplicateResponse]:
    """Return possible duplicates as the service tells them."""
    return [DuplicateResponse(**asdict(one)) for one in found]


def make_report_response(incident: Incident, duplicates: Iterable[Duplicate]) -> ReportResponse:
    """Return a report that was kept as the service tells it."""
    told = make_incident_response(incident).model_dump()
    return ReportResponse(**told, duplicates=make_duplicate_responses(duplicates))
