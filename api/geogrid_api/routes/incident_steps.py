"""The closed loop: what can be done with an incident, one step on, and what was done."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from geogrid.constants import Language
from geogrid.incidents.transitions import Wish
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import IncidentStatus, Level, Permission, Role, Step
from geogrid.permissions import may
from geogrid.privacy import mask_actor, mask_personal
from geogrid.rules.workflow import Ending, Need, State, Transition
from geogrid.services import incident_steps as service
from geogrid.workflow import MAX_NOTE
from geogrid_api.authentication import CookieDep, ReaderDep, StepperDep, require_actor
from geogrid_api.conditional_headers import OnceDep, VersionDep
from geogrid_api.dependencies import CODE, HouseDep, IncidentNumber
from geogrid_api.landing import desk_of
from geogrid_api.problems import DOORS, responses
from geogrid_api.schemas.incidents import READ_ONE, IncidentAnswer, etag, incident_answer
from geogrid_api.security_headers import page_policy
from geogrid_maps.incident_history import history_page

router = APIRouter(tags=["loop 闭环"])


_MAX_STEP_BYTES = 64_000
_REFUSED = responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)


class OpenStep(BaseModel):
    """A step that can be taken now."""

    action: str
    name: str
    name_en: str
    to: IncidentStatus = Field(description="Where the incident stands afterwards.")
    needs: list[Need]
    outcomes: dict[str, Ending] = Field(description="How it may end, where that is to be said.")
    via: str | None = Field(description="The route that takes it, where that is another one.")


class OpenSteps(BaseModel):
    """The steps that the caller may take with an incident."""

    status: IncidentStatus
    version: int
    transitions: list[OpenStep]


class StepBody(BaseModel):
    """A step to take."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=40, examples=["dispatch"])]
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    department: Annotated[str | None, Field(max_length=100, examples=["城市管理"])] = None
    incident: Annotated[StrictInt | None, Field(ge=1, le=2**63 - 1, description="That this is a duplicate of.")] = None
    grid: Annotated[str | None, Field(pattern=CODE)] = None
    level: Annotated[
        Level | None, Field(description="Who is to answer for it, with a department or of `escalate`.")
    ] = None
    outcome: Annotated[str | None, Field(pattern=r"^[a-z_]{1,40}$", description="Of a step that has several.")] = None
    photos: Annotated[list[Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]], Field(max_length=20)] = []


class StepAnswer(BaseModel):
    """A step that was taken."""

    number: int
    action: str
    from_status: IncidentStatus | None
    to_status: IncidentStatus
    at: datetime
    actor: str = Field(description="Persons are masked but to those who may read people.")
    role: Role
    note: str = Field(description="Telephone and identity numbers are masked.")
    department: str | None
    details: dict[str, Any]


class TimelineAnswer(BaseModel):
    """An incident and all that was done with it, the first step first."""

    incident: IncidentAnswer
    steps: list[StepAnswer]


class WorkflowAnswer(BaseModel):
    """The states and transitions in use."""

    version: str
    states: list[State]
    transitions: list[Transition]
    departments: list[str]


@router.get("/v1/workflow", responses=responses(*DOORS), dependencies=[Depends(require_actor)])
def read_workflow(house: HouseDep) -> WorkflowAnswer:
    """Read the workflow: the states, and the transitions with who may take them and what they need."""
    workflow = house.rules.workflow
    return WorkflowAnswer(
        version=workflow.version,
        states=list(workflow.states.values()),
        transitions=list(workflow.transitions.values()),
        departments=sorted(house.rules.departments),
    )


@router.get("/v1/incidents/{number:number}/transitions", responses=READ_ONE)
def list_transitions(number: IncidentNumber, house: HouseDep, actor: ReaderDep, response: Response) -> OpenSteps:
    """List the steps that the caller may take with an incident now."""
    incident, found = service.list_transitions(house.store, house.rules, actor, number)
    response.headers["ETag"] = etag(incident)
    status = incident.progress.status
    return OpenSteps(
        status=status,
        version=incident.progress.version,
        transitions=[
            OpenStep(
                action=step.action,
                name=step.name,
                name_en=step.name_en,
                to=step.to or status,
                needs=list(step.needs),
                outcomes=step.outcomes,
                via=step.via,
            )
            for step in found
        ],
    )


@router.post(
    "/v1/incidents/{number:number}/transitions",
    max_body_size=_MAX_STEP_BYTES,
    responses=READ_ONE
    | responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def take_step(
    number: IncidentNumber,
    body: StepBody,
    house: HouseDep,
    actor: StepperDep,
    version: VersionDep,
    once: OnceDep,
    response: Response,
) -> IncidentAnswer:
    """Take an incident one step on.

    What is not allowed where the incident stands answers 409 and names the actions that are.
    """
    wish = Wish(**{**body.model_dump(), "photos": tuple(body.photos)})
    incident = service.take_step(
        house.store, house.snapshots.current.locator, house.rules, actor, number, wish, version=version, once=once
    )
    response.headers["ETag"] = etag(incident)
    return incident_answer(incident)


@router.get("/v1/incidents/{number:number}/timeline", responses=READ_ONE)
def read_timeline(number: IncidentNumber, house: HouseDep, actor: ReaderDep) -> TimelineAnswer:
    """Read an incident with all that was done with it: who, when, from where to where, and why."""
    found = service.read_timeline(house.store, actor, number)
    whole = may(actor, Permission.PEOPLE_READ)
    return TimelineAnswer(
        incident=incident_answer(found.incident), steps=[_step_answer(step, whole=whole) for step in found.steps]
    )


def _step_answer(step: Step, *, whole: bool) -> StepAnswer:
    return StepAnswer(
        number=step.number,
        action=step.action,
        from_status=step.from_status,
        to_status=step.to_status,
        at=step.at.astimezone(LOCAL_ZONE),
        actor=step.actor if whole else mask_actor(step.actor_id, step.actor),
        role=step.role,
        note=mask_personal(step.note),
        department=step.department,
        details=step.details,
    )


@router.get("/incidents/{number:number}", response_class=HTMLResponse, responses=READ_ONE)
def incident_page(
    number: IncidentNumber, house: HouseDep, actor: ReaderDep, cookie: CookieDep, lang: Language = Language.ZH
) -> HTMLResponse:
    """Follow an incident on one page, from its report to the end of its loop."""
    found = service.read_timeline(house.store, actor, number)
    owner = house.owner_of(found.incident)
    whole = may(actor, Permission.PEOPLE_READ)
    # Who may read it here may at the desk, but not with a key: a link brings a browser's session and nothing else.
    desk = desk_of(actor) if cookie else None
    html = history_page(found.incident, found.steps, house.rules, owner, lang, whole=whole, desk=desk)
    return HTMLResponse(html, headers=page_policy())
