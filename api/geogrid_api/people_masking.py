"""People in API responses: complete for actors with PEOPLE_READ within their bounds, masked for all others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from geogrid.model import ORGANISATION_DUTIES, Actor, Duty, Permission, PlaceMatch, Post
from geogrid.permissions import area_within_bounds, has_permission
from geogrid.privacy import mask_name, mask_personal, mask_phone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.layers.area_tree import AreaTree


class PostHolder(BaseModel):
    """The holder of a post."""

    name: str
    title: str = Field(description="Title such as 路长; empty if the duty names it.")
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None = Field(description="Last day, inclusive; null for no end.")


class GridPeople(BaseModel):
    """The people of a grid (一格多员)."""

    leader: list[PostHolder] = Field(description="网格长")
    workers: list[PostHolder] = Field(description="网格员")
    building_leaders: list[PostHolder] = Field(description="楼长")
    resident: list[PostHolder] = Field(description="常驻人员")
    dispatched: list[PostHolder] = Field(description="派驻人员")
    party_branch: list[PostHolder] = Field(description="网格党支部 (organisations)")
    departments: list[PostHolder] = Field(description="责任部门 (organisations on call)")
    wardens: list[PostHolder] = Field(description="片长 and other wardens")


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


def mask_unless_permitted(actor: Actor, post: Post, tree: AreaTree) -> Post:
    """Return a post, masked unless the actor may see the people of its area."""
    return post if may_see_people(actor, tree.lineage(post.code)) else mask_post(post)


def group_people(posts: Iterable[Post], *, masked: bool) -> GridPeople:
    """Group posts by duty, masked if requested."""
    holders: dict[Duty, list[PostHolder]] = {duty: [] for duty in Duty}
    for post in posts:
        holders[post.duty].append(_make_holder(mask_post(post) if masked else post))
    return GridPeople(
        leader=holders[Duty.LEADER],
        workers=holders[Duty.WORKER],
        building_leaders=holders[Duty.BUILDING_LEADER],
        resident=holders[Duty.RESIDENT],
        dispatched=holders[Duty.DISPATCHED],
        party_branch=holders[Duty.PARTY_BRANCH],
        departments=holders[Duty.DEPARTMENT],
        wardens=holders[Duty.WARDEN],
    )


def mask_post(post: Post) -> Post:
    """Mask the name and phone of a person; of an organisation, mask only mobile and identity numbers.

    Examples
    --------
    >>> person = Post("urban", "1", Duty.LEADER, "甲某", "", "", "0352-1234567", date(2026, 1, 1), None)
    >>> masked = mask_post(person)
    >>> masked.name, masked.phone
    ('甲＊', '035****4567')
    >>> branch = replace(person, duty=Duty.PARTY_BRANCH, name="某网格党支部")
    >>> masked = mask_post(branch)
    >>> masked.name, masked.phone
    ('某网格党支部', '0352-1234567')
    """
    is_person = post.duty not in ORGANISATION_DUTIES
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
