"""Intake of a new report: routing, triage, first step and automatic dispatch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.incidents.location_assessment import doubt_blocks
from geogrid.incidents.transitions import StepRequest, apply_step
from geogrid.model import SYSTEM, Incident, LocateStatus, NewIncident, Progress, Step, Triage
from geogrid.rules.incident_workflow import Stage
from geogrid.rules.routing import RoutingCase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.location_assessment import LocationReview
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Placement, Report
    from geogrid.rules.routing import Route

#: Maximum number of candidate grids stored in the first step.
_MAX_CANDIDATES = 10


def build_new_incident(
    report: Report,
    placement: Placement,
    rules: RuleSet,
    actor: Actor,
    now: datetime,
    *,
    review: LocationReview | None = None,
    posts: Mapping[str, Sequence[int]] | None = None,
) -> NewIncident:
    """Return the incident of a new report, routed, and dispatched if its routing rule says so.

    Parameters
    ----------
    report, placement
        The report, and its grids.
    rules
        The active rules.
    actor
        The user or key that reports.
    review
        Assessment of the location; without it only points outside or exactly on a border need a review.
    posts
        Ids of the responsible posts by relation to the incident.
    """
    case = RoutingCase.of(report, placement)
    target = rules.route(case)
    limits = rules.due_times.limits.choose(case, rules.categories)
    due_at = rules.due_times.stage_due(Stage.VERIFY, report.reported_at)
    triage = review.triage if review else triage_reason(placement)
    progress = Progress(
        level=target.level,
        department=target.department,
        triage=triage,
        triage_blocks=review.blocks if review else doubt_blocks(triage),
        stage_due_at=due_at,
        warn_at=rules.due_times.warn_at(Stage.VERIFY, limits, target.level, due_at),
    )
    details = {"rule": target.rule, **describe_review(review), **(posts or {})}
    incident = NewIncident(report, placement, progress, (first_step("report", progress, actor, now, details),))
    return _dispatch(incident, target, rules, now) if target.dispatch and not progress.triage_blocks else incident


def first_step(
    action: str, progress: Progress, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> Step:
    """Return the first step of an incident."""
    role = actor.choose_role()
    return Step(1, action, None, progress.status, now, actor.id, actor.name, role, details=dict(details or {}))


def triage_reason(placement: Placement) -> Triage | None:
    """Return the reason for a location review by the placement alone, or None."""
    if placement.base_code is None:
        return Triage.OUTSIDE
    return Triage.BORDER if placement.locate_status is LocateStatus.BORDER else None


def _dispatch(incident: NewIncident, target: Route, rules: RuleSet, now: datetime) -> NewIncident:
    """Return the incident after the steps ``file`` and ``dispatch``, taken by the system."""
    current, steps = Incident(0, incident.report, incident.placement, now, incident.progress), incident.steps
    for request in (
        StepRequest("file", details={"rule": target.rule}),
        StepRequest("dispatch", department=target.department, details={"rule": target.rule}),
    ):
        progress, step = apply_step(current, request, SYSTEM, rules, now)
        current, steps = replace(current, progress=progress), (*steps, step)
    return replace(incident, progress=current.progress, steps=steps)


def describe_review(review: LocationReview | None) -> dict[str, Any]:
    """Return the details of a step for an assessment: the deciding rule, and the candidate grids of a review."""
    if review is None:
        return {}
    if review.triage is None:
        return {"located": review.rule.value}
    candidates = [
        {"grid": candidate.owner.grid.code, "metres": candidate.metres, "share": candidate.share}
        for candidate in review.candidates[:_MAX_CANDIDATES]
    ]
    return {"located": review.rule.value, "candidates": candidates}
