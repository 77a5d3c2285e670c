"""Photos of incidents."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from geogrid.incidents.photo_processing import MAX_PHOTO_BYTES
from geogrid.local_time import local_zone
from geogrid.model import Actor, Permission, PhotoKind
from geogrid.services import photos as service
from geogrid.store.photos import PhotoRecord
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import ReaderDep, require_permission
from geogrid_api.dependencies import RecordId
from geogrid_api.problem_details import problem_responses
from geogrid_api.schemas.incidents import ITEM_ERRORS

router = APIRouter(prefix="/v1/incidents", tags=["loop 闭环"])

#: Reporters and users who take steps may add photos.
PhotoSenderDep = Annotated[Actor, require_permission(Permission.LOOP_STEP, Permission.INCIDENTS_REPORT)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_JPEG = "image/jpeg"


class PhotoResponse(BaseModel):
    """Metadata of a photo."""

    id: int
    incident: int = Field(
        description="Id of the incident that the photo was uploaded to: this one, its whole or a part."
    )
    step: int | None = Field(description="Number of the step that the photo belongs to; null before the step.")
    sha256: str
    media_type: str
    width: int
    height: int
    created_at: datetime
    kind: PhotoKind | None = Field(description="Before or after the handling; null if not known.")


@router.post(
    "/{incident_id:id}/photos",
    status_code=HTTPStatus.CREATED,
    max_body_size=MAX_PHOTO_BYTES,
    responses=ITEM_ERRORS | problem_responses(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    openapi_extra={
        "requestBody": {"required": True, "content": dict.fromkeys((_JPEG, "image/png", "image/webp"), _BINARY)}
    },
)
async def add_photo(incident_id: RecordId, request: Request, state: StateDep, actor: PhotoSenderDep) -> PhotoResponse:
    """Upload a photo of an incident. A later step refers to its id.

    The photo is stored as JPEG with at most 1,600 pixels a side and without metadata such as position and time.
    """
    content = await request.body()
    return _make_response(await run_in_threadpool(service.add_photo, state.store, actor, incident_id, content))


@router.get("/{incident_id:id}/photos", responses=ITEM_ERRORS)
def list_photos(incident_id: RecordId, state: StateDep, actor: ReaderDep) -> list[PhotoResponse]:
    """List the photos of an incident, oldest first. A part and its whole list the photos of each other."""
    return [_make_response(photo) for photo in service.list_photos(state.store, actor, incident_id)]


@router.get(
    "/{incident_id:id}/photos/{photo_id:id}",
    response_class=Response,
    responses=ITEM_ERRORS | {200: {"content": {_JPEG: _BINARY}}},
)
def read_photo(incident_id: RecordId, photo_id: RecordId, state: StateDep, actor: ReaderDep) -> Response:
    """Return a photo."""
    record, content = service.read_photo(state.store, actor, incident_id, photo_id)
    return Response(content, media_type=record.media_type, headers={"ETag": f'"{record.sha256}"'})


def _make_response(photo: PhotoRecord) -> PhotoResponse:
    return PhotoResponse(
        id=photo.id,
        incident=photo.incident,
        step=photo.step,
        sha256=photo.sha256,
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        created_at=photo.created_at.astimezone(local_zone()),
        kind=photo.kind,
    )
