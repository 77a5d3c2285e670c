"""Users of the responsible level of an incident, who alone settle it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.model import Level
from geogrid.permissions import area_within_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.model import Actor, Incident, Placement, Role
    from geogrid.rules.incident_workflow import LevelUsers


def is_level_user(actor: Actor, incident: Incident, users: LevelUsers, among: frozenset[Role]) -> bool:
    """Return whether an actor settles an incident at its responsible level, with a role in `among`.

    A user of the level itself has no department, and its bounds contain the area of the level. So the leader of a
    street is a user of the level street, and the leader of one grid is not.
    """
    progress, bounds, roles = incident.progress, actor.bounds, actor.roles & among
    involved = {progress.department, *progress.called} & users.departments
    if involved.intersection(bounds.departments) and roles & users.department_roles:
        return True
    lineage = _lineage_of_level(incident.placement, progress.level)
    return bool(roles & users.roles) and not bounds.departments and area_within_bounds(bounds, lineage)


def _lineage_of_level(placement: Placement, level: Level) -> Iterator[str]:
    """Yield the codes of the area that a level is responsible for and of its ancestors below the district.

    An area that does not exist is replaced by the next higher one. Bounds never contain the district.
    """
    if level in {Level.GRID, Level.LEADER}:
        yield from filter(None, (placement.responsible_code, placement.community_code))
    if level is not Level.DISTRICT and placement.street_code:
        yield placement.street_code
