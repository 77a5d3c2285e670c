"""Photos of incidents: added, attached to a step once, read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from geogrid.errors import InputError, NotFoundError
from geogrid.store.tables import photos

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geogrid.incidents.photos import PhotoImage


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """What is known of a photo beside its picture."""

    id: int
    incident: int
    step: int | None
    sha256: str
    media_type: str
    width: int
    height: int
    created_at: datetime


_RECORD = [photos.c[name] for name in PhotoRecord.__dataclass_fields__]


def add_photo(connection: Connection, incident: int, picture: PhotoImage, actor_id: str) -> PhotoRecord:
    """Keep a photo of an incident."""
    values = {
        "incident": incident,
        "sha256": hashlib.sha256(picture.content).hexdigest(),
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "content": picture.content,
        "actor_id": actor_id,
        "created_at": datetime.now(UTC),
    }
    return PhotoRecord(*connection.execute(insert(photos).values(values).returning(*_RECORD)).one())


def attach_photos(connection: Connection, incident: int, step: int, numbers: Sequence[int]) -> None:
    """Let photos show a step.

    Raises
    ------
    InputError
        If one of them is not of this incident, or shows a step already.
    """
    wanted = set(numbers)
    query = update(photos).where(photos.c.id.in_(wanted), photos.c.incident == incident, photos.c.step.is_(None))
    if connection.execute(query.values(step=step)).rowcount != len(wanted):
        raise InputError(
            "A photo is not of this incident, or shows another step.",
            code="photo_unknown",
            field="photos",
            remedy="Send it to POST /v1/incidents/{id}/photos first.",
        )


def list_photos(connection: Connection, incident: int) -> list[PhotoRecord]:
    """Return the photos of an incident, the oldest first."""
    query = select(*_RECORD).where(photos.c.incident == incident).order_by(photos.c.id)
    return [PhotoRecord(*row) for row in connection.execute(query)]


def get_photo(connection: Connection, incident: int, number: int) -> tuple[PhotoRecord, bytes]:
    """Return a photo of an incident, with its picture.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    query = select(*_RECORD, photos.c.content).where(photos.c.incident == incident, photos.c.id == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("There is no such photo of this incident.", code="photo_unknown", field="photo")
    return PhotoRecord(*row[:-1]), row.content
