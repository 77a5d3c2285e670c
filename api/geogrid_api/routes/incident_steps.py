"""The workflow of incidents (闭环): available steps, taking a step, and the history."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from geogrid.constants import Language
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import IncidentStatus, Level, Permission, Role, Step
from geogrid.permissions import has_permission
from geogrid.privacy import mask_actor, mask_personal
from geogrid.rules.workflow import RequiredInput, State, StepOutcome, Transition
from geogrid.services import incident_steps as service
from geogrid.workflow import MAX_NOTE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import CookieDep, ReaderDep, StepActorDep, require_actor
from geogrid_api.conditional_headers import IdempotencyDep, VersionDep
from geogrid_api.dependencies import CODE, RecordId
from geogrid_api.landing_pages import desk_path
from geogrid_api.problems import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.incidents import ITEM_ERRORS, IncidentResponse, make_etag, make_incident_response
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.incident_history import RelatedIncidents, history_page

router = APIRouter(tags=["loop 闭环"])


_MAX_STEP_BYTES = 64_000


class TransitionResponse(BaseModel):
    """A step that is allowed now."""

    action: str
    name: str
    name_en: str
    to: IncidentStatus = Field(description="Status after the step.")
    needs: list[RequiredInput]
    outcomes: dict[str, StepOutcome] = Field(description="Possible outcomes, if the step needs one.")
    via: str | None = Field(description="Route that takes this step, if it is not this one.")


class TransitionsResponse(BaseModel):
    """The steps that the actor may take with an incident."""

    status: IncidentStatus
    version: int
    transitions: list[TransitionResponse]


class StepBody(BaseModel):
    """A step to take."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=40, examples=["dispatch"])]
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    department: Annotated[str | None, Field(max_length=100, examples=["城市管理"])] = None
    incident: Annotated[
        StrictInt | None, Field(ge=1, le=2**63 - 1, description="Id of the incident that this one duplicates.")
    ] = None
    grid: Annotated[str | None, Field(pattern=CODE)] = None
    level: Annotated[Level | None, Field(description="Responsible level, with a department or for `escalate`.")] = None
    outcome: Annotated[
        str | None, Field(pattern=r"^[a-z_]{1,40}$", description="Outcome, for a step with several outcomes.")
    ] = None
    photos: Annotated[list[Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]], Field(max_length=20)] = []


class StepResponse(BaseModel):
    """A step of an incident's history."""

    number: int
    action: str
    from_status: IncidentStatus | None
    to_status: IncidentStatus
    at: datetime
    actor: str = Field(description="Actor; masked for users who may not read people.")
    role: Role
    note: str = Field(description="Telephone and identity numbers are masked.")
    department: str | None
    details: dict[str, Any]


class HistoryResponse(BaseModel):
    """An incident and its steps, oldest first."""

    incident: IncidentResponse
    steps: list[StepResponse]


class WorkflowResponse(BaseModel):
    """The states and transitions of the workflow."""

    version: str
    states: list[State]
    transitions: list[Transition]
    departments: list[str]


@router.get("/v1/workflow", responses=problem_responses(*AUTH_ERRORS), dependencies=[Depends(require_actor)])
def read_workflow(state: StateDep) -> WorkflowResponse:
    """Return the workflow: its states, and its transitions with their roles and required fields."""
    workflow = state.rules.workflow
    return WorkflowResponse(
        version=workflow.version,
        states=list(workflow.states.values()),
        transitions=list(workflow.transitions.values()),
        departments=sorted(state.rules.departments),
    )


@router.get("/v1/incidents/{incident_id:id}/transitions", responses=ITEM_ERRORS)
def list_transitions(
    incident_id: RecordId, state: StateDep, actor: ReaderDep, response: Response
) -> TransitionsResponse:
    """List the steps that you may take with an incident now."""
    incident, transitions = service.list_transitions(state.store, state.rules, actor, incident_id)
    response.headers["ETag"] = make_etag(incident)
    status = incident.progress.status
    return TransitionsResponse(
        status=status,
        version=incident.progress.version,
        transitions=[
            TransitionResponse(
                action=step.action,
                name=step.name,
                name_en=step.name_en,
                to=step.to or status,
                needs=list(step.needs),
                outcomes=step.outcomes,
                via=step.via,
            )
            for step in transitions
        ],
    )


@router.post(
    "/v1/incidents/{incident_id:id}/transitions",
    max_body_size=_MAX_STEP_BYTES,
    responses=ITEM_ERRORS
    | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def take_step(
    incident_id: RecordId,
    body: StepBody,
    state: StateDep,
    actor: StepActorDep,
    version: VersionDep,
    idempotency: IdempotencyDep,
    response: Response,
) -> IncidentResponse:
    """Take a step with an incident.

    A step that is not allowed returns 409 with the allowed actions.
    """
    wish = StepRequest(**{**body.model_dump(), "photos": tuple(body.photos)})
    incident = service.take_step(
        state.store,
        state.snapshots.current.locator,
        state.rules,
        actor,
        incident_id,
        wish,
        version=version,
        idempotency=idempotency,
    )
    response.headers["ETag"] = make_etag(incident)
    return make_incident_response(incident)


@router.get("/v1/incidents/{incident_id:id}/timeline", responses=ITEM_ERRORS)
def read_history(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> HistoryResponse:
    """Return an incident with its history: actor, time, states and note of each step."""
    history = service.read_history(state.store, actor, incident_id)
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    return HistoryResponse(
        incident=make_incident_response(history.incident),
        steps=[_make_step_response(step, unmasked=unmasked) for step in history.steps],
    )


def _make_step_response(step: Step, *, unmasked: bool) -> StepResponse:
    return StepResponse(
        number=step.number,
        action=step.action,
        from_status=step.from_status,
        to_status=step.to_status,
        at=step.at.astimezone(LOCAL_ZONE),
        actor=step.actor if unmasked else mask_actor(step.actor_id, step.actor),
        role=step.role,
        note=mask_personal(step.note),
        department=step.department,
        details=step.details,
    )


@router.get("/incidents/{incident_id:id}", response_class=HTMLResponse, responses=ITEM_ERRORS)
def show_history(
    incident_id: RecordId, state: StateDep, actor: ReaderDep, cookie: CookieDep, lang: Language = Language.ZH
) -> HTMLResponse:
    """Show an incident and its history on one page."""
    history = service.read_history(state.store, actor, incident_id)
    owner = state.owner_of(history.incident)
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    # The link needs a session cookie: browsers do not send API keys.
    desk = desk_path(actor) if cookie else None
    related = RelatedIncidents(history.parts, history.whole_photos)
    html = history_page(
        history.incident, history.steps, state.rules, owner, lang, whole=unmasked, desk=desk, related=related
    )
    return HTMLResponse(html, headers=make_page_headers())
