"""The queue of open incidents, as a list and as an Atom feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from geogrid.incidents.actionable_filter import find_actionable_steps
from geogrid.model import IncidentStatus, Urgency
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.queue import read_queue, read_urgent
from geogrid_api.app_state import StateDep
from geogrid_api.atom_feed import MEDIA_TYPE, write_feed
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import QueueValuesDep
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.incidents import IncidentResponse, make_incident_response

router = APIRouter(prefix="/v1", tags=["queue 待办"])


class QueueResponse(BaseModel):
    """A page of the queue, most urgent first."""

    items: list[IncidentResponse]
    counts: dict[IncidentStatus, dict[Urgency, int]] = Field(
        description="Number of incidents in the whole filtered queue, by status and urgency."
    )
    next: str | None = Field(description="Cursor of the next page; null on the last page.")


@router.get("/queue", responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_queue(
    state: StateDep,
    actor: ReaderDep,
    values: QueueValuesDep,
    mine: Annotated[
        bool | None, Query(description="True: incidents that you can act on now; false: all others.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> QueueResponse:
    """List open incidents within your bounds, by the due time of their stage.

    Suspended, closed, void and merged incidents are not in the queue.
    """
    turn = None if mine is None else find_actionable_steps(actor, state.rules.workflow, mine=mine)
    query = replace(values, turn=turn)
    queue = read_queue(state.store, actor, query, cursor=cursor, limit=limit)
    return QueueResponse(
        items=[make_incident_response(incident) for incident in queue.page.items],
        counts={status: dict(counts) for status, counts in queue.counts.items()},
        next=queue.page.next,
    )


@router.get(
    "/feeds/due",
    response_class=Response,
    responses=problem_responses(*AUTH_ERRORS) | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
def read_due_feed(
    request: Request, state: StateDep, actor: ReaderDep, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100
) -> Response:
    """Return an Atom feed of nearly due and overdue incidents within your bounds, latest first."""
    now = datetime.now(UTC)
    urgent = read_urgent(state.store, actor, limit=limit, now=now)
    content = write_feed(urgent, state.rules, str(request.base_url).rstrip("/"), now)
    return Response(content, media_type=MEDIA_TYPE)
