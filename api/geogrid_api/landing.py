"""Which pages an account may open, and the page that it sees first: two tables of permissions."""

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

#: Leads each account to its landing page.
FIRST: Final = "/"
_FOR_ALL: Final = "/account"
#: An account with one of these works in the administration area. To read people is no work there: most roles may.
_ADMINISTERS: Final = frozenset(
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
_SECTIONS: Final = {section.path: section.permissions for section in SECTIONS}


@dataclass(frozen=True, slots=True)
class Landing:
    """A landing page, and the accounts that it is for.

    Attributes
    ----------
    path
        Of the page.
    permissions
        The account has at least one of them.
    only
        The account has this role and no other; None for any roles.
    """

    path: str
    permissions: frozenset[Permission]
    only: Role | None = None


#: The first that fits an account is its landing page; without any it is the page of the account itself.
LANDINGS: Final = (
    Landing("/m", frozenset({Permission.LOOP_STEP}), only=Role.GRID_WORKER),
    Landing("/desk", frozenset({Permission.LOOP_STEP})),
    Landing("/admin", _ADMINISTERS),
    Landing("/maps/heatmap", _FIGURES),
    Landing("/desk", _INCIDENTS),
)
#: The permissions of which a page needs one, by the beginning of its path; none for pages that every account may open.
PAGES: Final[tuple[tuple[str, frozenset[Permission]], ...]] = (
    ("/desk", _INCIDENTS),
    ("/m", _INCIDENTS),
    ("/incidents", _INCIDENTS),
    ("/maps", _FIGURES),
    ("/figures", _FIGURES),
    ("/v1/cards", _INCIDENTS),
    *_SECTIONS.items(),
    ("/admin", frozenset[Permission]().union(*_SECTIONS.values())),
    (_FOR_ALL, frozenset()),
)


def landing_of(actor: Actor, language: Language = Language.ZH) -> str:
    """Return the address of the page that an account sees after its login.

    Examples
    --------
    >>> from geogrid.model import Actor
    >>> [landing_of(Actor("user:1", "", frozenset({role}))) for role in (Role.GRID_WORKER, Role.ADMINISTRATOR)]
    ['/m', '/admin']
    """
    held = actor_permissions(actor)
    path = next((one.path for one in LANDINGS if _fits(one, actor, held) and may_open(actor, one.path)), _FOR_ALL)
    return path if language is Language.ZH else f"{path}?lang={language}"


def desk_of(actor: Actor) -> str:
    """Return the desk of an account: the one for telephones for grid workers."""
    return "/m" if actor.roles == {Role.GRID_WORKER} else "/desk"


def is_page(path: str) -> bool:
    """Return whether an address is one of the pages that need a login."""
    return path == FIRST or _needs(path) is not None


def may_open(actor: Actor, path: str) -> bool:
    """Return whether an account has a permission that a page needs."""
    needs = _needs(path)
    return needs is not None and (not needs or not needs.isdisjoint(actor_permissions(actor)))


def links_of(actor: Actor) -> list[str]:
    """Return the paths of the pages in the bar that an account may open."""
    return [path for path in ("/desk", "/incidents", "/figures", "/maps/heatmap", "/admin") if may_open(actor, path)]


def _fits(landing: Landing, actor: Actor, held: Collection[Permission]) -> bool:
    return not landing.permissions.isdisjoint(held) and (landing.only is None or actor.roles == {landing.only})


def _needs(path: str) -> frozenset[Permission] | None:
    bare = path.split("?", 1)[0].split("#", 1)[0]
    return next((needs for begin, needs in PAGES if bare == begin or bare.startswith(f"{begin}/")), None)
