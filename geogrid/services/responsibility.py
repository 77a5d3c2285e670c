"""The people responsible for a place, as posts: leaders and workers of its grids, and nearby wardens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geogrid.local_time import local_zone
from geogrid.model import Layer
from geogrid.people.holders import group_by_holder
from geogrid.permissions import check_incident_bounds
from geogrid.store.incidents import get_incident
from geogrid.store.people import find_posts_in_office

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from geogrid.incidents.location_assessment import TriageRules
    from geogrid.locate.theme_index import ThemeIndex
    from geogrid.model import Actor, Incident, Placement, Post
    from geogrid.rules.profile import Profile
    from geogrid.store.database import Store


class ThemeFeature(NamedTuple):
    """A feature of a thematic layer, such as a river section with a warden."""

    layer: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ResponsibleAreas:
    """The grids that contain a point, as pairs of layer and code, and nearby features of thematic layers."""

    grids: list[tuple[str, str]]
    themes: list[ThemeFeature]

    @property
    def places(self) -> set[tuple[str, str]]:
        """All areas and features, as pairs of layer and code."""
        return {*self.grids, *((feature.layer, feature.code) for feature in self.themes)}


@dataclass(frozen=True, slots=True)
class ResponsiblePosts:
    """The persons responsible for an incident.

    Attributes
    ----------
    incident
        The incident.
    near
        The grids and features at its point.
    posts
        The posts of these areas at the report time.
    """

    incident: Incident
    near: ResponsibleAreas
    posts: list[Post]


def find_responsible_areas(
    placement: Placement, themes: Mapping[str, ThemeIndex], rules: TriageRules
) -> ResponsibleAreas:
    """Return the grids that contain a point, and nearby thematic features, which may have wardens."""
    grids: list[tuple[str, str]] = []
    if placement.dedicated_code:
        grids.append((Layer.DEDICATED, placement.dedicated_code))
    if placement.base_code and placement.base_layer:
        grids.append((placement.base_layer, placement.base_code))
    features = [
        ThemeFeature(name, feature.code, feature.name)
        for name, index in themes.items()
        for feature in index.find_near(placement.wgs84, rules.near_m)
    ]
    return ResponsibleAreas(grids, features)


def find_posts_on_duty(
    connection: Connection, areas: ResponsibleAreas, moment: datetime, profile: Profile
) -> dict[str, list[int]]:
    """Return the ids of the responsible posts at a time, by role; roles without posts are omitted.

    ``on_duty`` are those of the duties that answer for the grid; ``wardens`` are those of the duties for features, in
    its grids and at nearby features.
    """
    posts = find_posts_in_office(connection, areas.places, moment.astimezone(local_zone()).date())
    ids_by_role: dict[str, list[int]] = {}
    for post_id, post in posts.items():
        # Of the grids only the first one is on duty, which is the dedicated grid if there is one.
        if post.duty in profile.grid_duties and (post.layer, post.code) in areas.grids[:1]:
            ids_by_role.setdefault("on_duty", []).append(post_id)
        elif post.duty in profile.feature_duties:
            ids_by_role.setdefault("wardens", []).append(post_id)
    return ids_by_role


def read_responsible_posts(
    store: Store, themes: Mapping[str, ThemeIndex], rules: TriageRules, actor: Actor, incident_id: int
) -> ResponsiblePosts:
    """Return the posts (people in office) of the grids at an incident, and of nearby lines, on its report day.

    Parameters
    ----------
    store
        The database.
    themes
        Indexes of the thematic layers by name, such as river sections with wardens.
    rules
        Rules with the maximum distance of such features.
    actor
        The user or key.
    incident_id
        Id of the incident.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = get_incident(connection, incident_id)
        check_incident_bounds(actor, incident)
        areas = find_responsible_areas(incident.placement, themes, rules)
        day = incident.report.reported_at.astimezone(local_zone()).date()
        posts = list(find_posts_in_office(connection, areas.places, day).values())
    return ResponsiblePosts(incident, areas, posts)


def count_people(
    connection: Connection, grids: Iterable[tuple[str, str]], moment: datetime, profile: Profile
) -> dict[str, int]:
    """Return the number of persons that answer for a grid at a time, by grid code; each person counts once.

    `grids` are pairs of layer and code.
    """
    unique_grids = set(grids)
    posts: dict[str, list[Post]] = {code: [] for _, code in unique_grids}
    for post in find_posts_in_office(connection, unique_grids, moment.astimezone(local_zone()).date()).values():
        if post.duty in profile.grid_duties:
            posts[post.code].append(post)
    return {code: len(group_by_holder(held)) for code, held in posts.items()}
