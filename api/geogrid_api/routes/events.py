"""Server-sent events about changed incidents, for open pages."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from geogrid.constants import MAX_ID
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import BearerDep, CookieDep, ReaderDep, find_actor
from geogrid_api.event_stream import MEDIA_TYPE, EventStream
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

router = APIRouter(prefix="/v1", tags=["queue 待办"])


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses=problem_responses(*AUTH_ERRORS, HTTPStatus.UNPROCESSABLE_ENTITY)
    | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def follow_changes(
    state: StateDep,
    request: Request,
    actor: ReaderDep,
    bearer: BearerDep,
    cookie: CookieDep,
    last_event_id: Annotated[
        int | None,
        Header(
            ge=0,
            le=MAX_ID,
            description="Id of the last event received; by default, the newest one.",
        ),
    ] = None,
    seconds: Annotated[
        int, Query(ge=0, le=3_600, description="Length of the stream in seconds. Browsers reconnect by themselves.")
    ] = 600,
) -> StreamingResponse:
    """Stream changes of incidents within your bounds as server-sent events.

    An event `change` has the id and the version of a changed incident, and `gone` the id of an incident that has left
    your bounds. `import` has no data: incidents were imported. When your session ends, the stream sends `ended` and
    stops within seconds.
    """
    stream = EventStream(state.store, state.changes, state.shutdown, partial(find_actor, request, bearer, cookie))
    events = stream.events(actor, after=last_event_id, seconds=seconds)
    # X-Accel-Buffering: a proxy that buffers the response would delay the events.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type=MEDIA_TYPE, headers=headers)
