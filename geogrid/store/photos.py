"""Queries on photos of incidents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from geogrid.errors import InputError, NotFoundError
from geogrid.model import PhotoKind
from geogrid.store.tables import photos

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row, Select

    from geogrid.incidents.photo_processing import PhotoImage


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """A photo without its image data. `kind` is None if the photo has none."""

    id: int
    incident: int
    step: int | None
    sha256: str
    media_type: str
    width: int
    height: int
    created_at: datetime
    kind: PhotoKind | None = None


_NAMES = tuple(PhotoRecord.__dataclass_fields__)
_RECORD = [photos.c[name] for name in _NAMES]


def _to_record(row: Row[Any]) -> PhotoRecord:
    values = {name: getattr(row, name) for name in _NAMES}
    return PhotoRecord(**values | {"kind": PhotoKind(row.kind) if row.kind else None})


def add_photo(
    connection: Connection,
    incident: int,
    image: PhotoImage,
    actor_id: str,
    *,
    step: int | None = None,
    kind: PhotoKind | None = None,
) -> PhotoRecord:
    """Insert a photo of an incident; `step` attaches it to a step."""
    values = {
        "incident": incident,
        "step": step,
        "kind": kind,
        "sha256": hashlib.sha256(image.content).hexdigest(),
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "content": image.content,
        "actor_id": actor_id,
        "created_at": datetime.now(UTC),
    }
    return _to_record(connection.execute(insert(photos).values(values).returning(*_RECORD)).one())


def attach_photos(connection: Connection, incident: int, step: int, ids: Sequence[int]) -> None:
    """Attach photos to a step.

    Raises
    ------
    InputError
        If a photo does not belong to this incident, or is already attached to a step.
    """
    wanted = set(ids)
    query = update(photos).where(photos.c.id.in_(wanted), photos.c.incident == incident, photos.c.step.is_(None))
    if connection.execute(query.values(step=step)).rowcount != len(wanted):
        raise InputError(
            "A photo does not belong to this incident, or is already attached to a step.",
            code="photo_unknown",
            field="photos",
            remedy="Upload it with POST /v1/incidents/{id}/photos first.",
        )


def list_photos(connection: Connection, incidents: Collection[int]) -> list[PhotoRecord]:
    """Return the photos of incidents, oldest first."""
    query = select(*_RECORD).where(photos.c.incident.in_(incidents)).order_by(photos.c.id)
    return [_to_record(row) for row in connection.execute(query)]


def get_photo(connection: Connection, incidents: Collection[int], photo_id: int) -> tuple[PhotoRecord, bytes]:
    """Return a photo of one of the incidents and its image data.

    Raises
    ------
    NotFoundError
        If none of the incidents has a photo with this id.
    """
    query: Select[Any] = select(*_RECORD, photos.c.content)
    row = connection.execute(query.where(photos.c.incident.in_(incidents), photos.c.id == photo_id)).first()
    if row is None:
        raise NotFoundError("This incident has no photo with this id.", code="photo_unknown", field="photo")
    return _to_record(row), row.content
