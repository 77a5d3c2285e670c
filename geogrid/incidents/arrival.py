"""What becomes of a report when it arrives: its first step, who answers for it, and whether a person has to look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geogrid.incidents.routing import Case, route
from geogrid.incidents.stepping import Wish, take
from geogrid.incidents.workflow import Stage
from geogrid.model import SYSTEM, Arrival, Incident, LocateStatus, Progress, Step, Triage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from geogrid.incidents.doubts import Doubt
    from geogrid.incidents.routing import Route
    from geogrid.incidents.rulebook import Rulebook
    from geogrid.model import Actor, Placement, Report

#: A step keeps so many of the grids that a report may belong to.
_MOST_CANDIDATES = 10


def arrive(
    report: Report,
    placement: Placement,
    rules: Rulebook,
    actor: Actor,
    now: datetime,
    *,
    looked: Doubt | None = None,
    posts: Mapping[str, Sequence[int]] | None = None,
) -> Arrival:
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
    found = route(rules.routing, Case.of(report, placement), rules.categories)
    due = rules.clocks.stage_due(Stage.VERIFY, report.reported_at)
    progress = Progress(
        level=found.level,
        department=found.department,
        triage=looked.triage if looked else triage(placement),
        stage_due_at=due,
        warn_at=rules.clocks.warn_at(Stage.VERIFY, report.category, found.level, due),
    )
    details = {"rule": found.rule, **_told(looked), **(posts or {})}
    arrival = Arrival(report, placement, progress, (first_step("report", progress, actor, now, details),))
    return _dispatched(arrival, found, rules, now) if found.dispatch and progress.triage is None else arrival


def first_step(
    action: str, progress: Progress, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> Step:
    """Return the step that an incident arrives with."""
    role = actor.acting()
    return Step(1, action, None, progress.status, now, actor.id, actor.name, role, details=dict(details or {}))


def triage(placement: Placement) -> Triage | None:
    """Return why a person has to look at where an incident lies, or None."""
    if placement.base_code is None:
        return Triage.OUTSIDE
    return Triage.BORDER if placement.locate_status is LocateStatus.BORDER else None


def _dispatched(arrival: Arrival, found: Route, rules: Rulebook, now: datetime) -> Arrival:
    """Return an arrival with the steps that a rule takes at once, as nobody in person."""
    incident, steps = Incident(0, arrival.report, arrival.placement, now, arrival.progress), arrival.steps
    for wish in (
        Wish("file", details={"rule": found.rule}),
        Wish("dispatch", department=found.department, details={"rule": found.rule}),
    ):
        progress, step = take(incident, wish, SYSTEM, rules, now)
        incident, steps = replace(incident, progress=progress), (*steps, step)
    return replace(arrival, progress=incident.progress, steps=steps)


def _told(looked: Doubt | None) -> dict[str, Any]:
    if looked is None:
        return {}
    if looked.triage is None:
        return {"located": looked.rule.value}
    shown = looked.possible[:_MOST_CANDIDATES]
    candidates = [{"grid": one.owner.grid.code, "metres": one.metres, "share": one.share} for one in shown]
    return {"located": looked.rule.value, "candidates": candidates}
