"""Tables of the pages that an account may open, and of its landing page after the login."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.constants import Language
from geogrid.model import Permission, Role
from geogrid.permissions import actor_permissions
from geogrid_maps.admin_sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection

    from geogrid.model import Actor

#: Redirects an account to its landing page.
HOME_PATH: Final = "/"
_FOR_ALL: Final = "/account"
#: An account with one of these lands in the administration area. PEOPLE_READ is left out, because most roles have it.
_ADMINISTRATION: Final = frozenset(
    {
        Permission.USERS_MANAGE,
        Permission.KEYS_MANAGE,
        Permission.AUDIT_READ,
        Permission.LAYERS_WRITE,
        Permission.RULES_WRITE,
        Permission.PEOPLE_WRITE,
    }
)
_INCIDENTS: Final = frozenset({Permission.INCIDENTS_READ})
_FIGURES: Final = frozenset({Permission.FIGURES_READ})
_LEDGER: Final = frozenset({Permission.LEDGER_READ})
_SECTIONS: Final = {section.path: section.permissions for section in SECTIONS}


@dataclass(frozen=True, slots=True)
class Landing:
    """A landing page and its conditions.

    Attributes
    ----------
    path
        Path of the page.
    permissions
        The account needs at least one of them.
    only
        The account must have this role and no other. ``None`` allows any roles.
    """

    path: str
    permissions: frozenset[Permission]
    only: Role | None = None


#: The first match is the landing page. Without a match it is /account.
LANDINGS: Final = (
    Landing("/m", frozenset({Permission.LOOP_STEP}), only=Role.GRID_WORKER),
    Landing("/desk", frozenset({Permission.LOOP_STEP})),
    Landing("/admin", _ADMINISTRATION),
    Landing("/maps/heatmap", _FIGURES),
    Landing("/desk", _INCIDENTS),
)
#: Path prefix of pages, and the permissions of which an account needs one. Every account may open a page without any.
PAGES: Final[tuple[tuple[str, frozenset[Permission]], ...]] = (
    ("/desk", _INCIDENTS),
    ("/m", _INCIDENTS),
    ("/incidents", _INCIDENTS),
    ("/maps", _FIGURES),
    ("/figures", _FIGURES),
    ("/ledger", _LEDGER),
    ("/v1/cards", _INCIDENTS),
    *_SECTIONS.items(),
    ("/admin", frozenset[Permission]().union(*_SECTIONS.values())),
    (_FOR_ALL, frozenset()),
)


def landing_path(actor: Actor, language: Language = Language.ZH) -> str:
    """Return the path of the page that an account sees after its login.

    Examples
    --------
    >>> from geogrid.model import Actor
    >>> [landing_path(Actor("user:1", "", frozenset({role}))) for role in (Role.GRID_WORKER, Role.ADMINISTRATOR)]
    ['/m', '/admin']
    """
    held = actor_permissions(actor)
    path = next(
        (landing.path for landing in LANDINGS if _matches(landing, actor, held) and may_open(actor, landing.path)),
        _FOR_ALL,
    )
    return path if language is Language.ZH else f"{path}?lang={language}"


def desk_path(actor: Actor) -> str:
    """Return the path of the desk of an account; grid workers get the phone desk."""
    return "/m" if actor.roles == {Role.GRID_WORKER} else "/desk"


def is_page(path: str) -> bool:
    """Return whether a path is a page that needs a login."""
    return path == HOME_PATH or _needed_permissions(path) is not None


def may_open(actor: Actor, path: str) -> bool:
    """Return whether an account may open a page."""
    needs = _needed_permissions(path)
    return needs is not None and (not needs or not needs.isdisjoint(actor_permissions(actor)))


def list_links(actor: Actor) -> list[str]:
    """Return the paths in the navigation bar that an account may open."""
    paths = ("/desk", "/incidents", "/figures", "/ledger", "/maps/heatmap", "/admin")
    return [path for path in paths if may_open(actor, path)]


def _matches(landing: Landing, actor: Actor, held: Collection[Permission]) -> bool:
    return not landing.permissions.isdisjoint(held) and (landing.only is None or actor.roles == {landing.only})


def _needed_permissions(path: str) -> frozenset[Permission] | None:
    bare = path.split("?", 1)[0].split("#", 1)[0]
    return next((needs for prefix, needs in PAGES if bare == prefix or bare.startswith(f"{prefix}/")), None)
