"""Photos of incidents."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID
from geogrid.incidents.photos import MAX_PHOTO_BYTES
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Actor, Permission
from geogrid.services import photos as service
from geogrid.store.photos import PhotoRecord
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep, require_permission
from geogrid_api.dependencies import IncidentId
from geogrid_api.problems import problem_responses
from geogrid_api.schemas.incidents import ITEM_ERRORS

router = APIRouter(prefix="/v1/incidents", tags=["loop 闭环"])

#: Who reports shows what was seen, who takes a step what was done.
PhotoSenderDep = Annotated[Actor, require_permission(Permission.LOOP_STEP, Permission.INCIDENTS_REPORT)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_JPEG = "image/jpeg"


class PhotoResponse(BaseModel):
    """What is known of a photo."""

    id: int
    step: int | None = Field(description="The step that it shows; null until one does.")
    sha256: str
    media_type: str
    width: int
    height: int
    created_at: datetime


@router.post(
    "/{number:number}/photos",
    status_code=HTTPStatus.CREATED,
    max_body_size=MAX_PHOTO_BYTES,
    responses=ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={
        "requestBody": {"required": True, "content": dict.fromkeys((_JPEG, "image/png", "image/webp"), _BINARY)}
    },
)
async def add_photo(number: IncidentId, request: Request, state: StateDep, actor: PhotoSenderDep) -> PhotoResponse:
    """Send a photo of an incident; a step that is taken afterwards names it.

    It is kept as a JPEG of at most 1,600 pixels a side, without what the camera wrote beside: no position, no time.
    """
    content = await request.body()
    return _answer(await run_in_threadpool(service.add_photo, state.store, actor, number, content))


@router.get("/{number:number}/photos", responses=ITEM_ERRORS)
def list_photos(number: IncidentId, state: StateDep, actor: ReaderDep) -> list[PhotoResponse]:
    """List the photos of an incident, the oldest first."""
    return [_answer(photo) for photo in service.list_photos(state.store, actor, number)]


@router.get(
    "/{number:number}/photos/{photo:number}",
    response_class=Response,
    responses=ITEM_ERRORS | {200: {"content": {_JPEG: _BINARY}}},
)
def read_photo(
    number: IncidentId, photo: Annotated[int, Path(ge=1, le=MAX_ID)], state: StateDep, actor: ReaderDep
) -> Response:
    """Read a photo."""
    record, content = service.read_photo(state.store, actor, number, photo)
    return Response(content, media_type=record.media_type, headers={"ETag": f'"{record.sha256}"'})


def _answer(photo: PhotoRecord) -> PhotoResponse:
    return PhotoResponse(
        id=photo.id,
        step=photo.step,
        sha256=photo.sha256,
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        created_at=photo.created_at.astimezone(LOCAL_ZONE),
    )
