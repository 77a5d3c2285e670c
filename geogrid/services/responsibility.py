"""Who answers for a place on a day: the people of its grid, the wardens near it, the departments on call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Duty, Layer
from geogrid.permissions import check_incident_bounds
from geogrid.store.incidents import get_incident
from geogrid.store.people import posts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.location_review import TriageRules
    from geogrid.locate.theme_index import ThemeIndex
    from geogrid.model import Actor, Incident, Placement, Post
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Near:
    """The grids and other places that are concerned: each a layer's name and a code, with the code's own name."""

    grids: list[tuple[str, str]]
    themes: list[tuple[str, str, str]]

    @property
    def places(self) -> set[tuple[str, str]]:
        """All of them, without names."""
        return {*self.grids, *((layer, code) for layer, code, _ in self.themes)}


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for an incident.

    Attributes
    ----------
    incident
        The incident.
    near
        The places whose people are told, and their names.
    posts
        Who was in office for them when it was reported.
    """

    incident: Incident
    near: Near
    posts: list[Post]


def places_near(placement: Placement, themes: Mapping[str, ThemeIndex], rules: TriageRules) -> Near:
    """Return the grids that hold a place, and the lines and areas with wardens near it."""
    grids: list[tuple[str, str]] = []
    if placement.dedicated_code:
        grids.append((Layer.DEDICATED, placement.dedicated_code))
    if placement.base_code and placement.base_layer:
        grids.append((placement.base_layer, placement.base_code))
    found = [
        (name, place.code, place.name)
        for name, index in themes.items()
        for place in index.near(placement.wgs84, rules.near_m)
    ]
    return Near(grids, found)


def posts_on_duty(connection: Connection, near: Near, moment: datetime) -> dict[str, list[int]]:
    """Return the numbers of the posts that answer for a place at a moment; what has none is left out.

    ``on_duty`` are the leader and workers of the grid, ``wardens`` those of its grids and of what lies near.
    """
    found = posts_of(connection, near.places, moment.astimezone(LOCAL_ZONE).date())
    duties = {"on_duty": (Duty.LEADER, Duty.WORKER), "wardens": (Duty.WARDEN,)}
    told = {
        name: [number for number, post in found.items() if post.duty in some and _answers(post, name, near)]
        for name, some in duties.items()
    }
    return {name: numbers for name, numbers in told.items() if numbers}


def read_responsible(
    store: Store, themes: Mapping[str, ThemeIndex], rules: TriageRules, actor: Actor, number: int
) -> Responsible:
    """Return who answered for the place of an incident when it was reported.

    Raises
    ------
    NotFoundError, ForbiddenError
        If there is no incident of that number, or it lies outside of the actor's bounds.
    """
    with store.read() as connection:
        incident = get_incident(connection, number)
        check_incident_bounds(actor, incident)
        near = places_near(incident.placement, themes, rules)
        day = incident.report.reported_at.astimezone(LOCAL_ZONE).date()
        posts = list(posts_of(connection, near.places, day).values())
    return Responsible(incident, near, posts)


def count_people(connection: Connection, places: Iterable[tuple[str, str]], moment: datetime) -> dict[str, int]:
    """Return how many leaders and workers are in office for each of some grids, by its code."""
    wanted = set(places)
    counts = dict.fromkeys((code for _, code in wanted), 0)
    for post in posts_of(connection, wanted, moment.astimezone(LOCAL_ZONE).date()).values():
        counts[post.code] += post.duty in (Duty.LEADER, Duty.WORKER)
    return counts


def _answers(post: Post, name: str, near: Near) -> bool:
    """Return whether a post is asked first: of the grids that hold a place the dedicated one, of wardens all."""
    return name == "wardens" or (post.layer, post.code) in near.grids[:1]
