"""Users of the responsible level of an incident, who alone settle it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.permissions import area_within_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    lineage = _lineage_of_layer(incident.placement, layer)
    return bool(roles & users.roles) and not bounds.departments and area_within_bounds(bounds, lineage)


def _lineage_of_layer(placement: Placement, layer: str | None) -> Iterator[str]:
    """Yield the codes of the area of a layer that contains an incident, and of its ancestors below the district.

    An area that does not exist is replaced by the next higher one. Bounds never contain the district.
    """
    if layer == "grid" and placement.responsible_code:
        yield placement.responsible_code
    if layer in {"grid", "community"} and placement.community_code:
        yield placement.community_code
    if layer in {"grid", "community", "street"} and placement.street_code:
        yield placement.street_code
