"""Whistles (街道吹哨、部门报到): a street calls departments, they report in, the street rates them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from geogrid.constants import MAX_ID
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Actor, Permission, Whistle
from geogrid.permissions import has_permission
from geogrid.privacy import mask_name, mask_personal
from geogrid.services import whistles as service
from geogrid.services.pages import IdPage
from geogrid.workflow import MAX_NOTE
from geogrid_api.authentication import ReaderDep, StepperDep
from geogrid_api.conditional_headers import VersionDep
from geogrid_api.dependencies import HouseDep, IncidentNumber
from geogrid_api.problems import DOORS, responses
from geogrid_api.schemas.incidents import READ_ONE

router = APIRouter(prefix="/v1", tags=["whistles 吹哨报到"])

_MAX_BYTES = 64_000
#: Masked but to those who may read people.
_PERSONS: Final = ("blown_by", "reported_in_by", "rated_by")
_WhistleNumber = Annotated[int, Path(ge=1, le=MAX_ID)]
_Note = Annotated[str, Field(max_length=MAX_NOTE)]
_CHANGES = READ_ONE | responses(HTTPStatus.CONFLICT)


class BlowBody(BaseModel):
    """Whom to call, and what for."""

    model_config = ConfigDict(extra="forbid")

    departments: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=service.MAX_DEPARTMENTS, examples=[["城市管理", "生态环境"]]),
    ]
    note: _Note


class ReportInBody(BaseModel):
    """What a department says."""

    model_config = ConfigDict(extra="forbid")

    answer: _Note
    joined: StrictBool = Field(description="Whether it joins the handling.")


class RateBody(BaseModel):
    """What the street thinks of it."""

    model_config = ConfigDict(extra="forbid")

    rating: Annotated[StrictInt, Field(ge=1, le=5)]
    note: _Note = ""


class WhistleAnswer(BaseModel):
    """One department that was called to an incident."""

    id: int
    incident: int
    round: int = Field(description="1 for the first whistle on the incident.")
    department: str
    note: str = Field(description="Telephone and identity numbers are masked here and in the other texts.")
    blown_at: datetime
    blown_by: str
    due_at: datetime = Field(description="Until when it ought to report in.")
    reported_in_at: datetime | None
    reported_in_by: str | None
    answer: str | None
    joined: bool | None
    rated_at: datetime | None
    rated_by: str | None
    rating: int | None
    rating_note: str | None


class WhistlesAnswer(BaseModel):
    """A page of whistles, the newest first."""

    items: list[WhistleAnswer]
    next: int | None = Field(description="`after` of the next page, or null.")


@router.post(
    "/incidents/{number:number}/whistles",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=_CHANGES | responses(HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def blow_whistle(
    number: IncidentNumber, body: BlowBody, house: HouseDep, actor: StepperDep, version: VersionDep
) -> list[WhistleAnswer]:
    """Call departments to an incident; each has to report in within the limit. For leaders and supervisors."""
    locator = house.snapshots.current.locator
    found = service.blow(
        house.store, locator, house.rules, actor, number, body.departments, note=body.note, version=version
    )
    return [_answer(whistle, actor) for whistle in found]


@router.post("/whistles/{number:number}/report_in", max_body_size=_MAX_BYTES, responses=_CHANGES)
def report_in(number: _WhistleNumber, body: ReportInBody, house: HouseDep, actor: StepperDep) -> WhistleAnswer:
    """Report in to a whistle, on behalf of the department that it calls; once."""
    locator = house.snapshots.current.locator
    done = service.report_in(house.store, locator, house.rules, actor, number, answer=body.answer, joined=body.joined)
    return _answer(done, actor)


@router.post("/whistles/{number:number}/rate", max_body_size=_MAX_BYTES, responses=_CHANGES)
def rate(number: _WhistleNumber, body: RateBody, house: HouseDep, actor: StepperDep) -> WhistleAnswer:
    """Rate a department that has reported in, on behalf of the street; once."""
    locator = house.snapshots.current.locator
    done = service.rate(house.store, locator, house.rules, actor, number, rating=body.rating, note=body.note)
    return _answer(done, actor)


@router.get("/incidents/{number:number}/whistles", responses=READ_ONE)
def list_of_incident(number: IncidentNumber, house: HouseDep, actor: ReaderDep) -> WhistlesAnswer:
    """List the whistles on an incident, the newest first."""
    return _page(service.list_whistles(house.store, actor, incident=number, limit=service.MAX_PAGE), actor)


@router.get("/whistles", responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_whistles(
    house: HouseDep,
    actor: ReaderDep,
    mine: Annotated[bool, Query(description="Only those that call the caller's own departments.")] = False,  # noqa: FBT002 - a query parameter
    overdue: Annotated[bool, Query(description="Only those that nobody has reported in to in time.")] = False,  # noqa: FBT002 - a query parameter
    after: Annotated[int | None, Query(ge=1, le=MAX_ID, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
) -> WhistlesAnswer:
    """List whistles within the caller's bounds, the newest first."""
    return _page(service.list_whistles(house.store, actor, mine=mine, overdue=overdue, after=after, limit=limit), actor)


def _page(page: IdPage[Whistle], actor: Actor) -> WhistlesAnswer:
    return WhistlesAnswer(items=[_answer(whistle, actor) for whistle in page.items], next=page.next)


def _answer(whistle: Whistle, actor: Actor) -> WhistleAnswer:
    whole = has_permission(actor, Permission.PEOPLE_READ)
    told = {name: _plain(getattr(whistle, name)) for name in WhistleAnswer.model_fields}
    for name in _PERSONS:
        told[name] = told[name] if whole or told[name] is None else mask_name(told[name])
    return WhistleAnswer(**told)


def _plain(value: Any) -> Any:  # noqa: ANN401 - moments go on the clock of the district, texts are masked
    if isinstance(value, datetime):
        return value.astimezone(LOCAL_ZONE)
    return mask_personal(value) if isinstance(value, str) else value
