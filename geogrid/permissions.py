"""Permissions by role, and checks against the bounds of an actor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

from geogrid.category_tree import category_tree
from geogrid.errors import ForbiddenError
from geogrid.model import EVERY_ROLE, Permission, Role
from geogrid.reference_files import Name, NamedRuleFile, Row, index_by_code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from geogrid.model import Actor, Bounds, Incident, LedgerEntry, NewIncident, Placement

#: Permissions that affect the whole district; an actor with bounds never has them.
_DISTRICT_WIDE: Final = frozenset(
    {
        Permission.LAYERS_WRITE,
        Permission.RULES_WRITE,
        Permission.USERS_MANAGE,
        Permission.KEYS_MANAGE,
        Permission.AUDIT_READ,
    }
)


class RoleRule(Row):
    """A role with its names and permissions."""

    code: Role
    name: Name
    name_en: Name
    permissions: frozenset[Permission]


class RoleFile(NamedRuleFile):
    """A file with the permissions of every role."""

    file = "roles.json"
    error_code = "roles"

    roles: Annotated[Mapping[Role, RoleRule], index_by_code(RoleRule)]

    def find_fault(self) -> tuple[str, str] | None:
        """Find a role that is missing."""
        if self.roles.keys() == EVERY_ROLE:
            return None
        return "roles", f"each role must occur once: {', '.join(sorted(EVERY_ROLE))}"


def load_roles(path: Path | None = None) -> Mapping[Role, RoleRule]:
    """Return the rules of every role in a file; by default the file included in geogrid.

    Raises
    ------
    FileError
        If the file does not match the schema, or does not contain each role once.

    Examples
    --------
    >>> Permission.LOOP_STEP in load_roles()[Role.HANDLER].permissions
    True
    """
    return RoleFile.load(path).roles


def actor_permissions(actor: Actor, roles: Mapping[Role, RoleRule] | None = None) -> frozenset[Permission]:
    """Return the permissions of an actor's roles; with bounds, without those that concern the whole district.

    Parameters
    ----------
    roles
        Rules of the roles; by default those included in geogrid.

    Examples
    --------
    >>> from geogrid.model import Actor
    >>> planner = Actor("user:1", "test", frozenset({Role.PLANNER}))
    >>> sorted(permission.value for permission in actor_permissions(planner))
    ['figures.read', 'incidents.export', 'incidents.read', 'ledger.read']
    """
    roles = roles or load_roles()
    granted = frozenset[Permission]().union(*(roles[role].permissions for role in actor.roles if role in roles))
    return granted - _DISTRICT_WIDE if actor.bounds else granted


def has_permission(actor: Actor, permission: Permission, roles: Mapping[Role, RoleRule] | None = None) -> bool:
    """Return whether an actor has a permission within its bounds."""
    return permission in actor_permissions(actor, roles)


def check_permission(actor: Actor, permission: Permission, roles: Mapping[Role, RoleRule] | None = None) -> None:
    """Raise if an actor lacks a permission.

    Raises
    ------
    ForbiddenError
        If no role of the actor has it, or it affects the whole district and the actor has bounds.
    """
    if has_permission(actor, permission, roles):
        return
    raise ForbiddenError(
        f"This needs the permission {permission}, which your key or account does not have.",
        code="permission",
        permission=permission,
        remedy="GET /v1/me lists your permissions; an administrator grants roles.",
    )


def placement_within_bounds(bounds: Bounds, placement: Placement, category: str, *departments: str | None) -> bool:
    """Return whether a placement, a category and any of the departments are within bounds.

    A placement outside all grids is in no area.
    """
    return matches_bounds(bounds, placement_area_codes(placement), category, departments)


def placement_area_codes(placement: Placement) -> set[str]:
    """Return the codes of the divisions and grids of a placement."""
    areas = (placement.street_code, placement.community_code, placement.base_code, placement.dedicated_code)
    return set(filter(None, areas))


def incident_within_bounds(bounds: Bounds, incident: Incident | NewIncident) -> bool:
    """Return whether the area, the category and a department of an incident are within bounds.

    Called departments count like the handling department.
    """
    progress = incident.progress
    return placement_within_bounds(
        bounds, incident.placement, incident.report.category, progress.department, *progress.called
    )


def area_within_bounds(bounds: Bounds, lineage: Iterable[str | None]) -> bool:
    """Return whether an area is in one of the areas of the bounds.

    Parameters
    ----------
    lineage
        The codes of the area and of its ancestors, see `geogrid.layers.area_tree.AreaTree.lineage`.

    Examples
    --------
    >>> from geogrid.model import Bounds
    >>> street = Bounds(areas=("S1",))
    >>> area_within_bounds(street, ["G07", "S1", "D"]), area_within_bounds(street, ["D"])
    (True, False)
    """
    return not bounds.areas or not set(bounds.areas).isdisjoint(lineage)


def check_entry_bounds(actor: Actor, entry: LedgerEntry) -> None:
    """Raise if a ledger entry is outside the bounds of an actor.

    Raises
    ------
    ForbiddenError
        With the code ``out_of_bounds``.
    """
    place = entry.site.place
    areas = set(filter(None, (place.street_code, place.community_code, place.grid_code)))
    if not matches_bounds(actor.bounds, areas, entry.problem.category, [entry.progress.department]):
        raise ForbiddenError("The entry is outside the bounds of your account or key.", code="out_of_bounds")


def check_incident_bounds(actor: Actor, incident: Incident | NewIncident) -> None:
    """Raise if an incident is outside the bounds of an actor.

    Raises
    ------
    ForbiddenError
        With the code ``out_of_bounds``.
    """
    if not incident_within_bounds(actor.bounds, incident):
        raise ForbiddenError("The incident is outside the bounds of your account or key.", code="out_of_bounds")


def matches_bounds(bounds: Bounds, areas: Collection[str], category: str, departments: Iterable[str | None]) -> bool:
    """Return whether any of the areas, the category, and any of the departments are within bounds."""
    return (
        (not bounds.areas or not set(bounds.areas).isdisjoint(areas))
        and (not bounds.categories or not set(bounds.categories).isdisjoint(category_tree().path(category)))
        and (not bounds.departments or not set(departments).isdisjoint(bounds.departments))
    )
