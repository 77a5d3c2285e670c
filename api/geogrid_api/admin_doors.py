"""Who may open the administration area, and what stands around its pages for an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends

from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission, has_permission
from geogrid_api.authentication import MaybeActorDep
from geogrid_api.desk_auth import LoginNeededError
from geogrid_api.landing import links_of, may_open
from geogrid_maps.admin import AdminFrame
from geogrid_maps.admin_sections import SECTIONS

if TYPE_CHECKING:
    from geogrid.constants import Language


async def logged_in(actor: MaybeActorDep) -> Actor:
    """Return the account that is logged in.

    Raises
    ------
    LoginNeededError
        If nobody is logged in.
    """
    if actor is None:
        raise LoginNeededError
    return actor


LoggedInDep = Annotated[Actor, Depends(logged_in)]


def admit(*permissions: Permission) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return a dependency that returns the account, if it has one of some permissions.

    Without a login it raises `LoginNeededError`, and without the permissions ForbiddenError.
    """

    async def door(actor: LoggedInDep) -> Actor:
        if not any(has_permission(actor, permission) for permission in permissions):
            check_permission(actor, permissions[0])
        return actor

    return Depends(door)


def section_door(key: str) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return the dependency `admit` with the permissions of a section."""
    return admit(*next(sorted(section.permissions) for section in SECTIONS if section.key == key))


def frame_of(actor: Actor | None, language: Language, here: str) -> AdminFrame:
    """Return what stands around a page for an account, or for nobody."""
    if actor is None:
        return AdminFrame(language, here, links=["/maps/heatmap"])
    sections = [section for section in SECTIONS if may_open(actor, section.path)]
    return AdminFrame(language, here, actor.name, links_of(actor), sections)
