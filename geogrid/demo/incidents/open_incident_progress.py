"""The progress of synthetic incidents that are not handled yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.model import UNCOUNTED_STATUSES, IncidentStatus

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Progress, Report

_ORDER = (IncidentStatus.REPORTED, IncidentStatus.VERIFIED, IncidentStatus.FILED, IncidentStatus.DISPATCHED)
_MILESTONES = ("verified_at", "filed_at", "dispatched_at")


def open_progress(progress: Progress, report: Report, rules: RuleSet) -> Progress:
    """Return the progress of an open incident, with only the milestones and due times of its status."""
    status = progress.status
    if status in UNCOUNTED_STATUSES:
        voided_at = progress.filed_at if status is IncidentStatus.VOID else None
        return replace(_clear_dispatch(progress, _MILESTONES[1:]), triage=None, voided_at=voided_at)
    if status in _ORDER[:3]:
        progress = _clear_dispatch(progress, _MILESTONES[_ORDER.index(status) :])
    elif status is IncidentStatus.SUSPENDED and progress.dispatched_at and progress.due_at:
        suspended_at = progress.dispatched_at + (progress.due_at - progress.dispatched_at) / 2
        return replace(progress, triage=None, suspended_at=suspended_at)
    else:
        progress = replace(progress, triage=None)
    return _with_due_time(progress, report, rules)


def _clear_dispatch(progress: Progress, missing: tuple[str, ...]) -> Progress:
    taken_back: dict[str, Any] = dict.fromkeys((*missing, "due_at", "close_due_at"))
    return replace(progress, extensions=0, **taken_back)


def _with_due_time(progress: Progress, report: Report, rules: RuleSet) -> Progress:
    """Return the progress with the due and warning time of its stage."""
    deadline = rules.workflow.states[progress.status].due
    since = progress.filed_at or progress.verified_at or report.reported_at
    if deadline is None:
        return progress
    due_at = progress.due_at or rules.due_times.stage_due(deadline, since)
    limits = rules.due_times.limits.find(report.category, rules.categories)
    warn_at = rules.due_times.warn_at(deadline, limits, progress.level, due_at)
    return replace(progress, stage_due_at=due_at, warn_at=warn_at)
