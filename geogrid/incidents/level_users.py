"""Users of the responsible level of an incident, who alone settle it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.layers.codes import parent_of
from geogrid.permissions import area_within_bounds

if TYPE_CHECKING:
    from geogrid.model import Actor, Incident, Placement, Role
    from geogrid.rules.incident_workflow import LevelUsers


def is_level_user(
    actor: Actor, incident: Incident, users: LevelUsers, among: frozenset[Role], layer: str | None
) -> bool:
    """Return whether an actor settles an incident at its responsible level, with a role in `among`.

    `layer` is that of the area for which the level answers, see `geogrid.rules.vocabulary.ResponseLevel`.

    A user of the level itself has no department, and its bounds contain the area of the level. So the leader of a
    street is a user of the level street, and the leader of one grid is not.
    """
    progress, bounds, roles = incident.progress, actor.bounds, actor.roles & among
    involved = {progress.department, *progress.called} & users.departments
    if involved.intersection(bounds.departments) and roles & users.department_roles:
        return True
    area = _area_of_layer(incident.placement, layer)
    return bool(roles & users.roles) and not bounds.departments and area_within_bounds(bounds, area)


def _area_of_layer(placement: Placement, layer: str | None) -> str:
    """Return the code of the area of a layer that contains an incident; empty outside all grids."""
    codes = {
        "grid": placement.responsible_code,
        "community": placement.community_code,
        "street": placement.street_code,
        "district": parent_of(placement.street_code) if placement.street_code else None,
    }
    return codes.get(layer or "") or ""
