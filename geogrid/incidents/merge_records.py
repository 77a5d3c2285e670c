"""What a merge says on the timeline of the incident that stays: both histories are kept, and each names the other."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from geogrid.model import Step

if TYPE_CHECKING:
    from geogrid.model import Incident, Progress


class MergeAction(StrEnum):
    """A step that an incident takes because of another one; nobody asks for it by itself."""

    ABSORB = "absorb"
    RELEASE = "release"


def record_merge(target: Incident, action: MergeAction, other: int, step: Step) -> tuple[Progress, Step]:
    """Return how far an incident is, and its step, once another was merged into it or taken out again.

    Parameters
    ----------
    target
        The incident that stays; where it stands does not change.
    action
        What happened.
    other
        The number of the other incident.
    step
        That incident's own step: who, when and why.
    """
    progress = replace(target.progress, version=target.progress.version + 1)
    told = Step(
        number=progress.version,
        action=action,
        from_status=progress.status,
        to_status=progress.status,
        at=step.at,
        actor_id=step.actor_id,
        actor=step.actor,
        role=step.role,
        note=step.note,
        details={"incident": other},
    )
    return progress, told
