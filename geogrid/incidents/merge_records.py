"""Steps that record a merge in the history of the remaining incident."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from geogrid.model import Step

if TYPE_CHECKING:
    from geogrid.model import Incident, Progress


class MergeAction(StrEnum):
    """Action of the recorded step: another incident was merged into this one, or released from it."""

    ABSORB = "absorb"
    RELEASE = "release"


def record_merge(target: Incident, action: MergeAction, other: int, step: Step) -> tuple[Progress, Step]:
    """Return the progress and the step of an incident after another one was merged into it or released.

    Parameters
    ----------
    target
        The remaining incident; its status does not change.
    other
        Id of the other incident.
    step
        Step of the other incident, from which actor, time and note are copied.
    """
    progress = replace(target.progress, version=target.progress.version + 1)
    record = Step(
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
    return progress, record
