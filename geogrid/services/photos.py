"""Use cases around photos of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import ConflictError
from geogrid.incidents.photos import load_photo
from geogrid.permissions import check_incident_bounds
from geogrid.store import photos as table
from geogrid.store.incidents import get_incident

if TYPE_CHECKING:
    from geogrid.model import Actor
    from geogrid.store.database import Store
    from geogrid.store.photos import PhotoRecord

MAX_PHOTOS = 20


def add_photo(store: Store, actor: Actor, number: int, content: bytes) -> PhotoRecord:
    """Keep a photo of an incident; the next step may show it.

    Raises
    ------
    InputError
        If it is no picture.
    ConflictError
        If the incident has enough of them.
    NotFoundError, ForbiddenError
        If there is no such incident within the actor's bounds.
    """
    picture = load_photo(content)
    with store.write() as connection:
        check_incident_bounds(actor, get_incident(connection, number))
        if len(table.list_photos(connection, number)) >= MAX_PHOTOS:
            raise ConflictError(f"An incident has {MAX_PHOTOS} photos at most.", code="photos_full")
        return table.add_photo(connection, number, picture, actor.id)


def list_photos(store: Store, actor: Actor, number: int) -> list[PhotoRecord]:
    """Return the photos of an incident, the oldest first."""
    with store.read() as connection:
        check_incident_bounds(actor, get_incident(connection, number))
        return table.list_photos(connection, number)


def read_photo(store: Store, actor: Actor, number: int, photo: int) -> tuple[PhotoRecord, bytes]:
    """Return a photo of an incident, with its picture."""
    with store.read() as connection:
        check_incident_bounds(actor, get_incident(connection, number))
        return table.get_photo(connection, number, photo)
