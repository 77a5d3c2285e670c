"""Whistles (街道吹哨、部门报到): a street calls departments, which report in; then the street rates them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from geogrid.constants import MAX_ID
from geogrid.local_time import local_zone
from geogrid.model import Actor, Permission, Whistle
from geogrid.permissions import has_permission
from geogrid.privacy import mask_name, mask_personal
from geogrid.services import whistles as service
from geogrid.services.pagination import Page
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep, StepActorDep
from geogrid_api.dependencies import RecordId
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.request_preconditions import VersionDep
from geogrid_api.schemas.incidents import ITEM_ERRORS

router = APIRouter(prefix="/v1", tags=["whistles 吹哨报到"])

_MAX_BYTES = 64_000
#: Fields that are masked for users who may not read people.
_PERSON_FIELDS: Final = ("blown_by", "reported_in_by", "rated_by")
_Note = Annotated[str, Field(max_length=MAX_NOTE)]
_CHANGES = ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT)


class WhistleBody(BaseModel):
    """Departments to call, with a note."""

    model_config = ConfigDict(extra="forbid")

    departments: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=service.MAX_DEPARTMENTS, examples=[["城市管理", "生态环境"]]),
    ]
    note: _Note


class ReportInBody(BaseModel):
    """Answer of a department that reports in."""

    model_config = ConfigDict(extra="forbid")

    answer: _Note
    joined: StrictBool = Field(description="Whether the department joins the handling.")


class RateBody(BaseModel):
    """Rating of a department by the street."""

    model_config = ConfigDict(extra="forbid")

    rating: Annotated[StrictInt, Field(ge=1, le=5)]
    note: _Note = ""


class WhistleResponse(BaseModel):
    """A department called to an incident."""

    id: int
    incident: int
    round: int = Field(description="Number of the whistle on the incident, from 1.")
    department: str
    note: str = Field(description="Telephone and identity numbers are masked, here and in the other texts.")
    blown_at: datetime
    blown_by: str
    due_at: datetime = Field(description="Time limit for reporting in.")
    reported_in_at: datetime | None
    reported_in_by: str | None
    answer: str | None
    joined: bool | None
    rated_at: datetime | None
    rated_by: str | None
    rating: int | None
    rating_note: str | None


class WhistlePageResponse(BaseModel):
    """A page of whistles, newest first."""

    items: list[WhistleResponse]
    next: int | None = Field(description="`after` of the next page; null on the last page.")


@router.post(
    "/incidents/{incident_id:id}/whistles",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=_CHANGES | problem_responses(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def blow_whistle(
    incident_id: RecordId, body: WhistleBody, state: StateDep, actor: StepActorDep, version: VersionDep
) -> list[WhistleResponse]:
    """Call departments to an incident. Each must report in within the time limit."""
    locator = state.snapshots.current.locator
    whistles = service.blow_whistle(
        state.store, locator, state.rules, actor, incident_id, body.departments, note=body.note, version=version
    )
    return [_make_response(whistle, actor) for whistle in whistles]


@router.post("/whistles/{whistle_id:id}/report_in", max_body_size=_MAX_BYTES, responses=_CHANGES)
def report_in(whistle_id: RecordId, body: ReportInBody, state: StateDep, actor: StepActorDep) -> WhistleResponse:
    """Report in to a whistle for the called department. It can report in only once."""
    locator = state.snapshots.current.locator
    whistle = service.report_in(
        state.store, locator, state.rules, actor, whistle_id, answer=body.answer, joined=body.joined
    )
    return _make_response(whistle, actor)


@router.post("/whistles/{whistle_id:id}/rate", max_body_size=_MAX_BYTES, responses=_CHANGES)
def rate(whistle_id: RecordId, body: RateBody, state: StateDep, actor: StepActorDep) -> WhistleResponse:
    """Rate a department that has reported in, or has not done so in time, for the street. It can be rated only once."""
    locator = state.snapshots.current.locator
    whistle = service.rate_department(
        state.store, locator, state.rules, actor, whistle_id, rating=body.rating, note=body.note
    )
    return _make_response(whistle, actor)


@router.get("/incidents/{incident_id:id}/whistles", responses=ITEM_ERRORS)
def list_incident_whistles(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> WhistlePageResponse:
    """List the whistles of an incident, newest first."""
    return _page(service.list_whistles(state.store, actor, incident=incident_id, limit=service.MAX_PAGE), actor)


@router.get("/whistles", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_whistles(
    state: StateDep,
    actor: ReaderDep,
    mine: Annotated[bool, Query(description="Only whistles to your own departments.")] = False,  # noqa: FBT002 - a query parameter
    overdue: Annotated[bool, Query(description="Only whistles without a report after the time limit.")] = False,  # noqa: FBT002 - a query parameter
    after: Annotated[int | None, Query(ge=1, le=MAX_ID, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> WhistlePageResponse:
    """List the whistles within your bounds, newest first."""
    return _page(service.list_whistles(state.store, actor, mine=mine, overdue=overdue, after=after, limit=limit), actor)


def _page(page: Page[Whistle, int], actor: Actor) -> WhistlePageResponse:
    return WhistlePageResponse(items=[_make_response(whistle, actor) for whistle in page.items], next=page.next)


def _make_response(whistle: Whistle, actor: Actor) -> WhistleResponse:
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    values = {name: _convert(getattr(whistle, name)) for name in WhistleResponse.model_fields}
    for name in _PERSON_FIELDS:
        values[name] = values[name] if unmasked or values[name] is None else mask_name(values[name])
    return WhistleResponse(**values)


def _convert(value: Any) -> Any:  # noqa: ANN401 - converts times, masks texts
    if isinstance(value, datetime):
        return value.astimezone(local_zone())
    return mask_personal(value) if isinstance(value, str) else value
