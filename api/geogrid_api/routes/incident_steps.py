"""The workflow of incidents (闭环): available steps, taking a step, and the history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, Strict, StrictInt

from geogrid.constants import Language
from geogrid.errors import InputError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.transitions import StepRequest
from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.local_time import local_zone
from geogrid.model import IncidentStatus, Permission, Point, Role, Step
from geogrid.permissions import has_permission
from geogrid.privacy import mask_actor, mask_personal
from geogrid.rules.incident_workflow import (
    LevelUsers,
    MediationKind,
    OnSpotRules,
    RequiredInput,
    State,
    StepOutcome,
    Transition,
)
from geogrid.rules.time_limits import CategoryLimits
from geogrid.services import incident_steps as service
from geogrid.settings import Settings
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import CookieDep, ReaderDep, StepActorDep, require_actor
from geogrid_api.dependencies import CODE, RecordId, resolve_datum
from geogrid_api.page_access import desk_path
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.request_preconditions import IdempotencyDep, VersionDep
from geogrid_api.schemas.incidents import ITEM_ERRORS, IncidentResponse, make_etag, make_incident_response
from geogrid_api.schemas.vocabulary import VocabularyText
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.incident_page import RelatedIncidents, history_page

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
    mediations: dict[str, MediationKind] = Field(description="Possible kinds of mediation, if the step needs one.")
    via: str | None = Field(description="Route that takes this step, if it is not this one.")


class TransitionsResponse(BaseModel):
    """The steps that the actor may take with an incident."""

    status: IncidentStatus
    version: int
    transitions: list[TransitionResponse]


class CorrectionBody(BaseModel):
    """New values of a report, for the step `correct`; omitted values stay. The place is a point or a grid."""

    model_config = ConfigDict(extra="forbid")

    category: Annotated[str | None, Field(max_length=20, examples=["Z06"])] = None
    description: Annotated[str | None, Field(max_length=MAX_DESCRIPTION)] = None
    lon: Annotated[Annotated[float, Strict()] | None, Field(description="Longitude or easting.")] = None
    lat: Annotated[Annotated[float, Strict()] | None, Field(description="Latitude or northing.")] = None
    datum: Annotated[str | None, Field(max_length=40, examples=["gcj02"])] = None
    accuracy_m: Annotated[Annotated[float, Strict()] | None, Field(ge=0, le=100_000)] = None
    grid: Annotated[str | None, Field(pattern=CODE)] = None


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
    level: Annotated[
        VocabularyText | None,
        Field(
            description="Code of the responsible level, with a department or for `escalate`, see GET /v1/vocabulary."
        ),
    ] = None
    outcome: Annotated[
        str | None, Field(pattern=r"^[a-z_]{1,40}$", description="Outcome, for a step with several outcomes.")
    ] = None
    mediation: Annotated[
        str | None, Field(pattern=r"^[a-z_]{1,40}$", description="Kind of mediation, for a mediation.")
    ] = None
    photos: Annotated[list[Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]], Field(max_length=20)] = []
    correction: CorrectionBody | None = None


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
    limits: CategoryLimits | None = Field(
        description="Time limits that the rules give this incident, with the category and the condition that they come "
        "from; null if the rules do not define its category any more."
    )
    steps: list[StepResponse]


class WorkflowResponse(BaseModel):
    """The states and transitions of the workflow."""

    version: str
    states: list[State]
    transitions: list[Transition]
    level_users: dict[str, dict[str, LevelUsers]] = Field(
        description="Users that take steps with own_level, by kind of category and responsible level."
    )
    departments: list[str]
    on_spot: OnSpotRules | None = Field(description="Rules of reports that are handled already.")


@router.get("/v1/workflow", responses=problem_responses(*AUTH_ERRORS), dependencies=[Depends(require_actor)])
def read_workflow(state: StateDep) -> WorkflowResponse:
    """Return the workflow: its states, and its transitions with their roles and required fields."""
    workflow = state.rules.workflow
    return WorkflowResponse(
        version=workflow.version,
        states=list(workflow.states.values()),
        transitions=list(workflow.transitions.values()),
        level_users=workflow.level_users,
        departments=sorted(state.rules.departments),
        on_spot=workflow.on_spot,
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
                mediations=step.mediations,
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
    correction = make_correction(body.correction, state.settings) if body.correction else None
    wish = StepRequest(**{**body.model_dump(), "photos": tuple(body.photos), "correction": correction})
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


def make_correction(body: CorrectionBody, settings: Settings) -> Correction:
    """Return the correction of a request body.

    Raises
    ------
    InputError
        If one of two coordinates is missing, or the datum.
    """
    point = None
    if body.lon is not None and body.lat is not None:
        point = Point(body.lon, body.lat)
    elif (body.lon, body.lat, body.datum, body.accuracy_m) != (None, None, None, None):
        raise InputError("A point needs lon and lat.", code="place_wanted", field="lon")
    datum = resolve_datum(body.datum, settings) if point else None
    return Correction(body.category, body.description, point, datum, body.accuracy_m, body.grid)


@router.get("/v1/incidents/{incident_id:id}/timeline", responses=ITEM_ERRORS)
def read_history(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> HistoryResponse:
    """Return an incident with its history: actor, time, states and note of each step."""
    history, rules = service.read_history(state.store, actor, incident_id), state.rules
    incident = history.incident
    unmasked = has_permission(actor, Permission.PEOPLE_READ)
    return HistoryResponse(
        incident=make_incident_response(history.incident),
        limits=rules.choose_limits(incident.report, incident.placement)
        if incident.report.category in rules.categories
        else None,
        steps=[_make_step_response(step, unmasked=unmasked) for step in history.steps],
    )


def _make_step_response(step: Step, *, unmasked: bool) -> StepResponse:
    return StepResponse(
        number=step.number,
        action=step.action,
        from_status=step.from_status,
        to_status=step.to_status,
        at=step.at.astimezone(local_zone()),
        actor=step.actor if unmasked else mask_actor(step.actor_id, step.actor),
        role=step.role,
        note=mask_personal(step.note),
        department=step.department,
        details=_mask_details(step.details),
    )


def _mask_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details of a step; the old and the new description of a correction are masked."""
    masked = (
        {"description": [mask_personal(text) for text in details["description"]]} if "description" in details else {}
    )
    return {**details, **masked}


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
    html = history_page(
        history.incident,
        history.steps,
        state.rules,
        owner,
        lang,
        whole=unmasked,
        desk=desk,
        reads_ledger=has_permission(actor, Permission.LEDGER_READ),
        related=RelatedIncidents(history.parts, history.whole_photos),
    )
    return HTMLResponse(html, headers=make_page_headers())
