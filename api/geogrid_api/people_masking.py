"""People in API responses: complete for actors with PEOPLE_READ within their bounds, masked for all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, RootModel

from geogrid.model import Actor, Permission, PlaceMatch, Post
from geogrid.permissions import area_within_bounds, has_permission
from geogrid.privacy import mask_name, mask_personal, mask_phone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.layers.area_tree import AreaTree
    from geogrid.rules.profile import Profile


class PostHolder(BaseModel):
    """The holder of a post."""

    name: str
    title: str = Field(description="Title such as 路长; empty if the duty names it.")
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None = Field(description="Last day, inclusive; null for no end.")


class GridPeople(RootModel[dict[str, list[PostHolder]]]):
    """The people of a grid (一格多员): the holders of posts by duty, under the `plural` or the code of the duty."""


class ThematicPlace(BaseModel):
    """A feature of a thematic layer in or along a grid, such as a lane, with its wardens."""

    layer: str
    title: str
    title_en: str
    code: str
    name: str
    people: GridPeople


def may_see_people(actor: Actor | None, lineage: Iterable[str | None]) -> bool:
    """Return whether an actor may see the people of an area unmasked.

    Parameters
    ----------
    actor
        The actor; None is an anonymous user.
    lineage
        The codes of the area and of its ancestors.
    """
    return (
        actor is not None
        and has_permission(actor, Permission.PEOPLE_READ)
        and area_within_bounds(actor.bounds, lineage)
    )


def mask_unless_permitted(actor: Actor, post: Post, tree: AreaTree, profile: Profile) -> Post:
    """Return a post, masked unless the actor may see the people of its area."""
    return post if may_see_people(actor, tree.lineage(post.code)) else mask_post(post, profile)


def group_people(profile: Profile, posts: Iterable[Post], *, masked: bool) -> GridPeople:
    """Group posts by duty, masked if requested. Each duty of the profile has a list, which may be empty."""
    holders: dict[str, list[PostHolder]] = {duty.group: [] for duty in profile.duties.values()}
    for post in posts:
        group = profile.duties[post.duty].group if post.duty in profile.duties else post.duty
        holders.setdefault(group, []).append(_make_holder(mask_post(post, profile) if masked else post))
    return GridPeople(holders)


def mask_post(post: Post, profile: Profile) -> Post:
    """Mask the name and phone of a person; of an organisation, mask only mobile and identity numbers.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> profile = load_rules().profile
    >>> person = Post("urban", "1", "leader", "甲某", "", "", "0352-1234567", date(2026, 1, 1), None)
    >>> masked = mask_post(person, profile)
    >>> masked.name, masked.phone
    ('甲＊', '035****4567')
    >>> branch = replace(person, duty="party_branch", name="某网格党支部")
    >>> masked = mask_post(branch, profile)
    >>> masked.name, masked.phone
    ('某网格党支部', '0352-1234567')
    """
    is_person = not profile.is_organisation(post.duty)
    return replace(
        post,
        name=mask_name(post.name) if is_person else mask_personal(post.name),
        phone=mask_phone(post.phone) if is_person else mask_personal(post.phone),
        title=mask_personal(post.title),
        organisation=mask_personal(post.organisation),
    )


def mask_place(match: PlaceMatch) -> PlaceMatch:
    """Mask mobile and identity numbers in gazetteer texts. Areas have no such texts."""
    place = match.place
    if place.code:
        return match
    name, address = mask_personal(place.name), mask_personal(place.address)
    return replace(match, place=replace(place, name=name, address=address))


def _make_holder(post: Post) -> PostHolder:
    return PostHolder(
        name=post.name,
        title=post.title,
        organisation=post.organisation,
        phone=post.phone,
        valid_from=post.valid_from,
        valid_to=post.valid_to,
    )
