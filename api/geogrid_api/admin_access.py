"""Dependencies of the administration pages: login, permissions and page frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends

from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission, has_permission
from geogrid_api.authentication import OptionalActorDep
from geogrid_api.page_access import list_links, may_open
from geogrid_api.page_dependencies import LoginRequiredError
from geogrid_maps.admin_page import AdminFrame
from geogrid_maps.admin_sections import SECTIONS

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid_api.app_state import AppState


async def require_login(actor: OptionalActorDep) -> Actor:
    """Return the account that is logged in; an anonymous user is redirected to the login page.

    Raises
    ------
    LoginNeededError
        If the request is anonymous.
    """
    if actor is None:
        raise LoginRequiredError
    return actor


LoginDep = Annotated[Actor, Depends(require_login)]


def require_page_permission(*permissions: Permission) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return a dependency that returns the account and requires at least one of the permissions.

    It raises `LoginRequiredError` for an anonymous user, and ForbiddenError without the permissions.
    """

    async def check(actor: LoginDep) -> Actor:
        if not any(has_permission(actor, permission) for permission in permissions):
            check_permission(actor, permissions[0])
        return actor

    return Depends(check)


def require_section(key: str) -> Any:  # noqa: ANN401 - as FastAPI has Depends
    """Return a dependency that requires the permissions of a section."""
    return require_page_permission(*next(sorted(section.permissions) for section in SECTIONS if section.key == key))


def make_frame(state: AppState | None, actor: Actor | None, language: Language, here: str) -> AdminFrame:
    """Return the frame of a page: links and sections that the account, or an anonymous user, may open.

    The state is None for an error before the service has started.
    """
    district = state.rules.profile.district.label(language) if state else ""
    if actor is None:
        return AdminFrame(language, here, district, links=["/maps/heatmap"])
    sections = [section for section in SECTIONS if may_open(actor, section.path)]
    return AdminFrame(language, here, district, actor.name, list_links(actor), sections)
