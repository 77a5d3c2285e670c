"""Who may do what: roles say what, bounds say where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from geogrid.errors import ForbiddenError
from geogrid.model import EVERY_ROLE, Permission, Role
from geogrid.resources import Name, NamedRuleFile, Row, index_by_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from geogrid.model import Actor, Bounds, Incident, LedgerEntry, NewIncident, Placement

#: What concerns the whole district; within bounds it cannot be done.
_WHOLE: Final = frozenset(
    {
        Permission.LAYERS_WRITE,
        Permission.RULES_WRITE,
        Permission.USERS_MANAGE,
        Permission.KEYS_MANAGE,
        Permission.AUDIT_READ,
    }
)


class RoleRule(Row):
    """A role: its names for people, and what it may do."""

    code: Role
    name: Name
    name_en: Name
    permissions: frozenset[Permission]


class _RoleFile(NamedRuleFile):
    file = "roles.json"
    error_code = "roles"

    roles: Annotated[Mapping[Role, RoleRule], index_by_code(RoleRule)]

    def fault(self) -> tuple[str, str] | None:
        if self.roles.keys() == EVERY_ROLE:
            return None
        return "roles", f"each role stands once: {', '.join(sorted(EVERY_ROLE))}"


def load_roles(path: Path | None = None) -> Mapping[Role, RoleRule]:
    """Read what each role may do; by default as geogrid ships it.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema, or if it does not name each role once.

    Examples
    --------
    >>> Permission.LOOP_STEP in load_roles()[Role.HANDLER].permissions
    True
    """
    return _RoleFile.load(path).roles


def actor_permissions(actor: Actor, roles: Mapping[Role, RoleRule] | None = None) -> frozenset[Permission]:
    """Return all that an actor may do, within its bounds.

    Parameters
    ----------
    actor
        Who.
    roles
        What each role may do; by default what geogrid ships.

    Examples
    --------
    >>> from geogrid.model import Actor
    >>> planner = Actor("user:1", "test", frozenset({Role.PLANNER}))
    >>> sorted(permission.value for permission in actor_permissions(planner))
    ['figures.read', 'incidents.read', 'ledger.read']
    """
    roles = roles or load_roles()
    given = frozenset[Permission]().union(*(roles[role].permissions for role in actor.roles if role in roles))
    return given - _WHOLE if actor.bounds else given


def has_permission(actor: Actor, permission: Permission, roles: Mapping[Role, RoleRule] | None = None) -> bool:
    """Return whether an actor may do something, somewhere within its bounds."""
    return permission in actor_permissions(actor, roles)


def check_permission(actor: Actor, permission: Permission, roles: Mapping[Role, RoleRule] | None = None) -> None:
    """Raise unless an actor may do something, somewhere within its bounds.

    Raises
    ------
    ForbiddenError
        If it may not: for its roles, or because the thing concerns the whole district and the actor has bounds.
    """
    if has_permission(actor, permission, roles):
        return
    raise ForbiddenError(
        f"This needs the permission {permission}, which your key or account does not have.",
        code="permission",
        permission=permission,
        remedy="GET /v1/me tells what you may do; an administrator gives roles.",
    )


def placement_within_bounds(bounds: Bounds, placement: Placement, category: str, *departments: str | None) -> bool:
    """Return whether what lies at a place, of a category and any of some departments, is within bounds.

    What lies in no grid is within no area.
    """
    return matches_bounds(bounds, placement_area_codes(placement), category, departments)


def placement_area_codes(placement: Placement) -> set[str]:
    """Return the codes of the areas that something lies in."""
    areas = (placement.street_code, placement.community_code, placement.base_code, placement.dedicated_code)
    return set(filter(None, areas))


def incident_within_bounds(bounds: Bounds, incident: Incident | NewIncident) -> bool:
    """Return whether an incident lies within bounds: in one of the areas, of a category and of a department.

    A department that a street has called counts as well as the one that is to handle it.
    """
    progress = incident.progress
    return placement_within_bounds(
        bounds, incident.placement, incident.report.category, progress.department, *progress.called
    )


def area_within_bounds(bounds: Bounds, code: str) -> bool:
    """Return whether an area lies in one of the areas of bounds, as their codes begin.

    Examples
    --------
    >>> from geogrid.model import Bounds
    >>> street = Bounds(areas=("140213051",))
    >>> area_within_bounds(street, "140213051003008"), covers_area(street, "140213")
    (True, False)
    """
    return not bounds.areas or code.startswith(bounds.areas)


def check_entry_bounds(actor: Actor, entry: LedgerEntry) -> None:
    """Raise unless an entry of the ledger lies within an actor's bounds.

    Raises
    ------
    ForbiddenError
        If it does not.
    """
    place = entry.site.place
    areas = set(filter(None, (place.street_code, place.community_code, place.grid_code)))
    if not matches_bounds(actor.bounds, areas, entry.problem.category, [entry.progress.department]):
        raise ForbiddenError("The entry lies outside of the bounds of your key or account.", code="out_of_bounds")


def check_incident_bounds(actor: Actor, incident: Incident | NewIncident) -> None:
    """Raise unless an incident lies within an actor's bounds.

    Raises
    ------
    ForbiddenError
        If it does not.
    """
    if not incident_within_bounds(actor.bounds, incident):
        raise ForbiddenError("The incident lies outside of the bounds of your key or account.", code="out_of_bounds")


def matches_bounds(bounds: Bounds, areas: Collection[str], category: str, departments: Iterable[str | None]) -> bool:
    """Return whether any of some areas, a category and any of some departments are within bounds."""
    return (
        (not bounds.areas or not set(bounds.areas).isdisjoint(areas))
        and (not bounds.categories or category in bounds.categories)
        and (not bounds.departments or not set(departments).isdisjoint(bounds.departments))
    )
