"""People as the API shows them: whole to those who may read people, within their bounds, masked to everybody else."""

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


class Holder(BaseModel):
    """Who holds a post."""

    name: str
    title: str = Field(description="What the holder is called, such as 路长; empty if the duty says it.")
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None = Field(description="The last day, which counts; null for no end.")


class GridPeople(BaseModel):
    """The people of a grid (一格多员)."""

    leader: list[Holder] = Field(description="网格长")
    workers: list[Holder] = Field(description="网格员")
    building_leaders: list[Holder] = Field(description="楼长")
    resident: list[Holder] = Field(description="常驻人员")
    dispatched: list[Holder] = Field(description="派驻人员")
    party_branch: list[Holder] = Field(description="网格党支部, an organisation.")
    departments: list[Holder] = Field(description="责任部门, organisations on call.")
    wardens: list[Holder] = Field(description="片长 and other wardens.")


class ThematicPlace(BaseModel):
    """A feature of a thematic layer that lies in a grid or along it: a ward, a lane; with its wardens."""

    layer: str
    title: str
    title_en: str
    code: str
    name: str
    people: GridPeople


def sees_whole(actor: Actor | None, code: str) -> bool:
    """Return whether somebody sees the people of an area unmasked."""
    return (
        actor is not None and has_permission(actor, Permission.PEOPLE_READ) and area_within_bounds(actor.bounds, code)
    )


def grid_people(posts: Iterable[Post], *, masked: bool) -> GridPeople:
    """Group posts by duty, and mask the persons for those who may not read them."""
    found: dict[Duty, list[Holder]] = {duty: [] for duty in Duty}
    for post in posts:
        found[post.duty].append(_holder(mask_post(post) if masked else post))
    return GridPeople(
        leader=found[Duty.LEADER],
        workers=found[Duty.WORKER],
        building_leaders=found[Duty.BUILDING_LEADER],
        resident=found[Duty.RESIDENT],
        dispatched=found[Duty.DISPATCHED],
        party_branch=found[Duty.PARTY_BRANCH],
        departments=found[Duty.DEPARTMENT],
        wardens=found[Duty.WARDEN],
    )


def mask_post(post: Post) -> Post:
    """Mask a person's name and telephone; of an organisation only mobile and identity numbers, which are a person's.

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
    of_person = post.duty not in ORGANISATION_DUTIES
    return replace(
        post,
        name=mask_name(post.name) if of_person else mask_personal(post.name),
        phone=mask_phone(post.phone) if of_person else mask_personal(post.phone),
        title=mask_personal(post.title),
        organisation=mask_personal(post.organisation),
    )


def mask_place(found: PlaceMatch) -> PlaceMatch:
    """Mask mobile and identity numbers in a gazetteer's texts; areas of the layers have none."""
    place = found.place
    if place.code:
        return found
    name, address = mask_personal(place.name), mask_personal(place.address)
    return replace(found, place=replace(place, name=name, address=address))


def _holder(post: Post) -> Holder:
    return Holder(
        name=post.name,
        title=post.title,
        organisation=post.organisation,
        phone=post.phone,
        valid_from=post.valid_from,
        valid_to=post.valid_to,
    )
