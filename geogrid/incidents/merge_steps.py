"""Steps that follow from a merge: in the remaining incident, and in a merged one whose target becomes void."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.incidents.transitions import update_stage
from geogrid.model import SYSTEM, Role, Step

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Incident, IncidentStatus, Progress


class MergeAction(StrEnum):
    """Action of the recorded step.

    Another incident was merged into this one, or released from it; or this one has left its void target.
    """

    ABSORB = "absorb"
    RELEASE = "release"
    RESTORE = "restore"


_NOTE: Final = (
    "并入的事件已作废，恢复到合并前的状态。 "
    "The incident that this one was merged into is void; the status is that before the merge."
)


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


def restore_merged(merged: Incident, status: IncidentStatus, rules: RuleSet, now: datetime) -> tuple[Progress, Step]:
    """Return the progress and the step of a merged incident whose target becomes void.

    The due time of handling stays what it was, because the reporter has waited all along. A limit of verification or
    dispatch begins anew.

    Parameters
    ----------
    merged
        The merged incident.
    status
        Its status before the merge.
    rules, now
        The active rules, and the time of the step.
    """
    before = merged.progress
    progress = replace(before, version=before.version + 1, status=status, merged_into=None)
    record = Step(
        number=progress.version,
        action=MergeAction.RESTORE,
        from_status=before.status,
        to_status=status,
        at=now,
        actor_id=SYSTEM.id,
        actor=SYSTEM.name,
        role=Role.SYSTEM,
        note=_NOTE,
        details={"incident": before.merged_into},
    )
    return update_stage(progress, rules.choose_limits(merged.report, merged.placement), rules, now), record
