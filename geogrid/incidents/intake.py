"""What becomes of a report when it arrives: its first step, who answers for it, and whether a person has to look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.incidents.transitions import StepRequest, apply_step
from geogrid.model import SYSTEM, Incident, LocateStatus, NewIncident, Progress, Step, Triage
from geogrid.rules.routing import RoutingCase, route
from geogrid.rules.workflow import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.location_review import LocationReview
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Placement, Report
    from geogrid.rules.routing import Route

#: A step keeps so many of the grids that a report may belong to.
_MOST_CANDIDATES = 10


def build_new_incident(
    report: Report,
    placement: Placement,
    rules: RuleSet,
    actor: Actor,
    now: datetime,
    *,
    looked: LocationReview | None = None,
    posts: Mapping[str, Sequence[int]] | None = None,
) -> NewIncident:
    """Return a new report as an incident at the start of its loop: routed, and dispatched where a rule says so.

    Parameters
    ----------
    report, placement
        What came in, and where it lies.
    rules, actor, now
        The rules in force, who reports it to the service, and the present moment.
    looked
        What a close look at the place has told; without one, only what lies outside or exactly on a border is doubted.
    posts
        The numbers of the posts that answer for it, by what they are to it; names have no place in a step.
    """
    found = route(rules.routing, RoutingCase.of(report, placement), rules.categories)
    due = rules.clocks.stage_due(Stage.VERIFY, report.reported_at)
    progress = Progress(
        level=found.level,
        department=found.department,
        triage=looked.triage if looked else triage_reason(placement),
        stage_due_at=due,
        warn_at=rules.clocks.warn_at(Stage.VERIFY, report.category, found.level, due),
    )
    details = {"rule": found.rule, **_told(looked), **(posts or {})}
    arrival = NewIncident(report, placement, progress, (first_step("report", progress, actor, now, details),))
    return _dispatched(arrival, found, rules, now) if found.dispatch and progress.triage is None else arrival


def first_step(
    action: str, progress: Progress, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> Step:
    """Return the step that an incident arrives with."""
    role = actor.acting()
    return Step(1, action, None, progress.status, now, actor.id, actor.name, role, details=dict(details or {}))


def triage_reason(placement: Placement) -> Triage | None:
    """Return why a person has to look at where an incident lies, or None."""
    if placement.base_code is None:
        return Triage.OUTSIDE
    return Triage.BORDER if placement.locate_status is LocateStatus.BORDER else None


def _dispatched(arrival: NewIncident, found: Route, rules: RuleSet, now: datetime) -> NewIncident:
    """Return an arrival with the steps that a rule takes at once, as nobody in person."""
    incident, steps = Incident(0, arrival.report, arrival.placement, now, arrival.progress), arrival.steps
    for wish in (
        StepRequest("file", details={"rule": found.rule}),
        StepRequest("dispatch", department=found.department, details={"rule": found.rule}),
    ):
        progress, step = apply_step(incident, wish, SYSTEM, rules, now)
        incident, steps = replace(incident, progress=progress), (*steps, step)
    return replace(arrival, progress=incident.progress, steps=steps)


def _told(looked: LocationReview | None) -> dict[str, Any]:
    if looked is None:
        return {}
    if looked.triage is None:
        return {"located": looked.rule.value}
    shown = looked.possible[:_MOST_CANDIDATES]
    candidates = [{"grid": one.owner.grid.code, "metres": one.metres, "share": one.share} for one in shown]
    return {"located": looked.rule.value, "candidates": candidates}
