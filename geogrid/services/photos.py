"""Photos of incidents: add, list, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import ConflictError
from geogrid.incidents.photo_processing import load_photo
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import list_readable_parts
from geogrid.store import photos as table
from geogrid.store.incidents import get_incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.model import Actor
    from geogrid.store.database import Store
    from geogrid.store.photos import PhotoRecord

MAX_PHOTOS = 20


def add_photo(store: Store, actor: Actor, incident_id: int, content: bytes) -> PhotoRecord:
    """Store a photo of an incident; a later step attaches it.

    Raises
    ------
    InputError
        If the content is not an image.
    ConflictError
        If the incident has `MAX_PHOTOS` photos already.
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    image = load_photo(content)
    with store.write() as connection:
        check_incident_bounds(actor, get_incident(connection, incident_id))
        if len(table.list_photos(connection, [incident_id])) >= MAX_PHOTOS:
            raise ConflictError(f"An incident can have at most {MAX_PHOTOS} photos.", code="photos_full")
        return table.add_photo(connection, incident_id, image, actor.id)


def list_photos(store: Store, actor: Actor, incident_id: int) -> list[PhotoRecord]:
    """Return the photos of an incident, oldest first: of a part also those of the whole, and vice versa."""
    with store.read() as connection:
        return table.list_photos(connection, _list_sources(connection, actor, incident_id))


def read_photo(store: Store, actor: Actor, incident_id: int, photo_id: int) -> tuple[PhotoRecord, bytes]:
    """Return a photo of `list_photos` and its image data."""
    with store.read() as connection:
        return table.get_photo(connection, _list_sources(connection, actor, incident_id), photo_id)


def _list_sources(connection: Connection, actor: Actor, incident_id: int) -> list[int]:
    """Return the ids of the incidents whose photos show an incident: its own, and those of its whole or its parts."""
    incident = get_incident(connection, incident_id)
    check_incident_bounds(actor, incident)
    whole, split_into = incident.progress.part_of, incident.progress.split_into
    parts = [part.id for part in list_readable_parts(connection, actor, incident_id)] if split_into else []
    return [incident_id, *parts, *([whole] if whole else [])]
