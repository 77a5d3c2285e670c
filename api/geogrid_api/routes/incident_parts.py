"""Split a report into parts for several departments (拆分派遣)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from geogrid.incidents.part_records import PartRequest
from geogrid.services import incident_parts as service
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import StepActorDep
from geogrid_api.dependencies import RecordId
from geogrid_api.problem_details import problem_responses
from geogrid_api.request_preconditions import VersionDep
from geogrid_api.schemas.incidents import ITEM_ERRORS, IncidentDetailResponse, make_detail_response, make_etag

router = APIRouter(prefix="/v1/incidents", tags=["loop 闭环"])

_MAX_BYTES = 128_000
_Note = Annotated[str, Field(max_length=MAX_NOTE)]


class PartBody(BaseModel):
    """A part to create."""

    model_config = ConfigDict(extra="forbid")

    department: Annotated[str, Field(max_length=100, examples=["城市管理"])]
    category: Annotated[str | None, Field(max_length=20, description="By default that of the incident.")] = None
    note: _Note = ""


class SplitBody(BaseModel):
    """The parts of an incident."""

    model_config = ConfigDict(extra="forbid")

    parts: Annotated[list[PartBody], Field(min_length=service.MIN_PARTS, max_length=service.MAX_PARTS)]
    note: _Note = ""


@router.post(
    "/{incident_id:id}/parts",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_BYTES,
    responses=ITEM_ERRORS
    | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED),
)
def split_incident(
    incident_id: RecordId,
    body: SplitBody,
    state: StateDep,
    actor: StepActorDep,
    version: VersionDep,
    response: Response,
) -> IncidentDetailResponse:
    """Split an incident into parts for several departments, each dispatched with a due time of its own.

    Return the whole with its parts. It is closed when all parts are closed, and void when all are void.
    """
    incident = service.split_incident(
        state.store,
        state.snapshots.current.locator,
        state.rules,
        actor,
        incident_id,
        [PartRequest(**part.model_dump()) for part in body.parts],
        note=body.note,
        version=version,
    )
    response.headers["ETag"] = make_etag(incident)
    return make_detail_response(incident, service.list_parts(state.store, actor, incident))
