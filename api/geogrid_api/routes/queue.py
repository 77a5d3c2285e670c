"""The queue: what waits for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from geogrid.incidents.actionable_steps import find_actionable_steps
from geogrid.model import IncidentStatus, Urgency
from geogrid.services.pages import MAX_PAGE
from geogrid.services.queue import read_queue, read_urgent
from geogrid_api.authentication import ReaderDep
from geogrid_api.dependencies import HouseDep, QueueValuesDep
from geogrid_api.feed import MEDIA_TYPE, write_feed
from geogrid_api.problems import DOORS, responses
from geogrid_api.schemas.incidents import IncidentAnswer, incident_answer

router = APIRouter(prefix="/v1", tags=["queue 待办"])


class QueueAnswer(BaseModel):
    """A part of the queue, the most urgent first."""

    items: list[IncidentAnswer]
    counts: dict[IncidentStatus, dict[Urgency, int]] = Field(
        description="How many wait in the whole queue of this filter, by status and urgency."
    )
    next: str | None = Field(description="The cursor of the next part, or null.")


@router.get("/queue", responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY))
def list_queue(
    house: HouseDep,
    actor: ReaderDep,
    values: QueueValuesDep,
    mine: Annotated[
        bool | None, Query(description="True: what is yours to take on now; false: what waits for others.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the part before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> QueueAnswer:
    """List what waits for somebody within your bounds, in the order of the due times of its stages.

    What is suspended, closed, void or merged waits for nobody.
    """
    turn = None if mine is None else find_actionable_steps(actor, house.rules.workflow, mine=mine)
    wanted = replace(values, turn=turn)
    queue = read_queue(house.store, actor, wanted, cursor=cursor, limit=limit)
    return QueueAnswer(
        items=[incident_answer(incident) for incident in queue.page.items],
        counts={status: dict(counts) for status, counts in queue.counts.items()},
        next=queue.page.next,
    )


@router.get(
    "/feeds/due",
    response_class=Response,
    responses=responses(*DOORS) | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
def due_feed(
    request: Request, house: HouseDep, actor: ReaderDep, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100
) -> Response:
    """Follow what becomes nearly due or overdue within your bounds, as an Atom feed, the latest first."""
    now = datetime.now(UTC)
    urgent = read_urgent(house.store, actor, limit=limit, now=now)
    content = write_feed(urgent, house.rules, str(request.base_url).rstrip("/"), now)
    return Response(content, media_type=MEDIA_TYPE)
