"""Changes as they happen, for pages that stay open."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from geogrid.constants import MAX_ID
from geogrid_api.authentication import BearerDep, CookieDep, ReaderDep
from geogrid_api.event_stream import MEDIA_TYPE, follow
from geogrid_api.problems import DOORS, responses

router = APIRouter(prefix="/v1", tags=["queue 待办"])


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses=responses(*DOORS, HTTPStatus.UNPROCESSABLE_ENTITY)
    | {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def follow_changes(
    request: Request,
    actor: ReaderDep,
    bearer: BearerDep,
    cookie: CookieDep,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=MAX_ID, description="Where to go on; without it, with the next change.")
    ] = None,
    seconds: Annotated[
        int, Query(ge=0, le=3_600, description="After so long the stream ends, and a browser comes back by itself.")
    ] = 600,
) -> StreamingResponse:
    """Follow what comes in and what is done within your bounds, as server-sent events.

    An event `change` has the number of an incident and of the step that it was taken, `gone` the number of one that lay
    within your bounds and does no longer, `import` nothing: some were imported. Nothing else is told. The stream ends
    with an event `ended` within seconds after the session has.
    """
    events = follow(request, bearer, cookie, actor, after=last_event_id, seconds=seconds)
    # A proxy that keeps answers together would keep news back.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type=MEDIA_TYPE, headers=headers)
