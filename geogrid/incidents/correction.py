"""Correction of a report (更正): its category, place or description, with the routing and the due times that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import ConflictError, InputError
from geogrid.geo.coordinate_checks import check_coordinates
from geogrid.incidents.handling_clock import HandlingClock, advance_clock
from geogrid.incidents.transitions import update_stage
from geogrid.incidents.validation import MAX_DESCRIPTION, check_category, check_offered, check_text
from geogrid.model import IncidentStatus, Triage
from geogrid.rules.incident_workflow import ClockAction, RequiredInput
from geogrid.rules.routing import RoutingCase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.incidents.correction_values import Correction
    from geogrid.incidents.location_assessment import LocationReview
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Incident, Placement, Progress, Report, Step
    from geogrid.rules.incident_workflow import Transition
    from geogrid.rules.time_limits import CategoryLimits


@dataclass(frozen=True, slots=True)
class CorrectedIncident:
    """The parts of an incident after a correction, and the step."""

    report: Report
    placement: Placement
    progress: Progress
    step: Step


def correct_report(report: Report, correction: Correction, rules: RuleSet) -> Report:
    """Return a report with the values of a correction.

    Raises
    ------
    InputError
        If a value is not valid, the correction has a point and a grid, or it changes nothing.
    """
    if correction.category is not None:
        check_category(correction.category, rules.categories)
        check_offered(correction.category, rules.categories)
    check_text(correction.description or "", "description", MAX_DESCRIPTION)
    if correction.point and correction.grid:
        raise InputError("A correction has a point or a grid, not both.", code="correction_place", field="grid")
    changes: dict[str, Any] = {
        name: value for name in ("category", "description") if (value := getattr(correction, name)) is not None
    }
    if correction.point:
        datum = correction.datum or report.datum
        check_coordinates(correction.point.lon, correction.point.lat, datum)
        changes |= {"point": correction.point, "datum": datum, "accuracy_m": correction.accuracy_m}
    corrected = replace(report, **changes)
    if corrected == report and correction.grid is None:
        raise InputError("The correction changes nothing.", code="correction_empty", field="correction")
    return corrected


def correct_incident(
    incident: Incident,
    correction: Correction,
    corrected: CorrectedIncident,
    review: LocationReview | None,
    steps: Sequence[Step],
    rules: RuleSet,
) -> CorrectedIncident:
    """Return an incident after the step ``correct``, with its routing and due times.

    The report is routed again; department and level change if the rules name others than for the old values. The due
    times are computed anew from the start of the clock, with all suspensions and extensions, by the limit of the new
    category. A due time that has passed never becomes later: a late incident stays late.

    Parameters
    ----------
    incident, steps
        The incident before the correction, and its steps.
    correction
        The new values.
    corrected
        The corrected report and its grids, with the progress and the step of
        `geogrid.incidents.transitions.apply_step`.
    review
        The assessment of a new point, or None.
    rules
        The active rules.

    Raises
    ------
    InputError
        If the new point lies outside the district, and the incident has passed the stage of its location review.
    ConflictError
        If the incident is a part of a split report and the correction has a place, or if it was handled on the spot
        and the new category does not permit this.
    """
    if incident.progress.part_of is not None and (correction.point or correction.grid):
        raise ConflictError(
            "The place is corrected with the whole incident, not with one of its parts.",
            code="is_part",
            field="correction",
        )
    _check_on_spot(incident, corrected.report.category, rules)
    step, limits = corrected.step, rules.choose_limits(corrected.report, corrected.placement)
    progress = _route_again(incident, corrected, steps, rules)
    triage, blocks = _assess_again(incident, correction, review, rules)
    progress = replace(progress, triage=triage, triage_blocks=blocks)
    progress = _compute_due_times(incident, corrected.report.category, progress, limits, steps, rules, step.at)
    progress = update_stage(progress, limits, rules, None)
    corrected = replace(corrected, progress=progress)
    details = step.details | _describe_changes(incident, corrected)
    return replace(corrected, step=replace(step, to_status=progress.status, details=details))


def _check_on_spot(incident: Incident, category: str, rules: RuleSet) -> None:
    """Raise if an incident that was handled on the spot gets a category for which this is not permitted."""
    on_spot = rules.workflow.on_spot
    if incident.progress.on_spot and on_spot and not on_spot.permits(rules.categories[category], rules.categories):
        raise ConflictError(
            "An incident that was handled on the spot cannot get this category.",
            code="on_spot_category",
            field="correction",
        )


def _route_again(incident: Incident, corrected: CorrectedIncident, steps: Sequence[Step], rules: RuleSet) -> Progress:
    """Return the progress with the department and level of the rules, where the correction changes these."""
    progress = corrected.progress
    case, old_case = (RoutingCase.of(one.report, one.placement) for one in (corrected, incident))
    if case == old_case:
        return progress
    target, old_target = (rules.route(one) for one in (case, old_case))
    level = progress.level
    if target.level != old_target.level:
        # A level that people or the clock have raised is not lowered.
        was_changed = any("level" in step.details for step in steps if step.action != corrected.step.action)
        level = max(level, target.level, key=rules.profile.level_rank) if was_changed else target.level
        progress = replace(progress, level=level, clock_level=progress.clock_level and target.level)
    if target.department in (old_target.department, progress.department):
        return progress
    # The new department has to accept the incident itself.
    is_handling = progress.status is IncidentStatus.HANDLING
    return replace(
        progress,
        department=target.department,
        status=IncidentStatus.DISPATCHED if is_handling else progress.status,
    )


def _assess_again(
    incident: Incident, correction: Correction, review: LocationReview | None, rules: RuleSet
) -> tuple[Triage | None, bool]:
    """Return the reason for a location review after a correction, and whether the doubt blocks the incident."""
    if review is None:
        progress = incident.progress
        return (None, False) if correction.grid else (progress.triage, progress.triage_blocks)
    if incident.progress.status in _reviewed_statuses(rules) or not review.blocks:
        return review.triage, review.blocks
    if review.triage is Triage.OUTSIDE:
        raise InputError(
            "The point lies outside the district, and the location of this incident is no longer reviewed.",
            code="location_unclear",
            field="lon",
            remedy="Correct the point or its datum, or name the grid.",
        )
    return None, False


def _reviewed_statuses(rules: RuleSet) -> set[IncidentStatus]:
    """Return the statuses in which a user can choose any grid."""
    transitions = rules.workflow.transitions.values()
    return {
        status
        for step in transitions
        if RequiredInput.GRID in step.needs
        for status in set(step.from_) - step.within_street
    }


def _compute_due_times(
    incident: Incident,
    category: str,
    progress: Progress,
    limits: CategoryLimits,
    steps: Sequence[Step],
    rules: RuleSet,
    now: datetime,
) -> Progress:
    """Return the progress with the due times of the corrected category, place and level."""
    before = incident.progress
    if before.due_at is None:
        return progress
    old_limits = rules.choose_limits(incident.report, incident.placement)
    if (category, limits, progress.clock_level) == (incident.report.category, old_limits, before.clock_level):
        return progress
    level = progress.clock_level or progress.level
    clock = _replay_clock(incident, limits, level, steps, rules)
    # The clock of a suspended incident stands still.
    moment = before.suspended_at or now
    if reopened := before.reopened_due_at:
        # The first due time was judged when the incident was closed.
        reopened_due_at = _keep_late(reopened, clock.reopened_due_at or reopened, moment)
        return replace(progress, reopened_due_at=reopened_due_at, due_provisional=before.due_provisional)
    due_at = _keep_late(before.due_at, clock.due_at or before.due_at, moment)
    if _is_given(steps):
        due_at = min(due_at, before.due_at)
    close_due_at = rules.due_times.close_due(limits, due_at)
    if before.close_due_at:
        close_due_at = _keep_late(before.close_due_at, close_due_at, moment)
    provisional = clock.provisional or (before.due_provisional and due_at == before.due_at)
    closing = rules.due_times.is_closing_provisional(limits, due_at, close_due_at)
    return replace(progress, due_at=due_at, close_due_at=close_due_at, due_provisional=provisional or closing)


def _is_given(steps: Sequence[Step]) -> bool:
    """Return whether an import gave the due time, so that no limit explains it."""
    return bool(steps) and steps[0].action == "import" and "limit_from" not in steps[0].details


def _keep_late(old: datetime, new: datetime, moment: datetime) -> datetime:
    """Return the new due time; if the old one has passed at `moment`, the earlier one of both."""
    return min(old, new) if moment > old else new


def _replay_clock(
    incident: Incident, limits: CategoryLimits, level: str, steps: Sequence[Step], rules: RuleSet
) -> HandlingClock:
    """Return the clock of handling that the steps of an incident give with other limits or another level."""
    clock, due_times = HandlingClock(), rules.due_times
    if started_at := _first_start(incident, steps, rules):
        clock = advance_clock(clock, ClockAction.START, limits, level, due_times, started_at)
    for step in steps:
        action = _clock_of(rules.workflow.transitions.get(step.action))
        if action is not ClockAction.START:
            clock = advance_clock(clock, action, limits, level, due_times, step.at)
    return clock


def _clock_of(transition: Transition | None) -> ClockAction | None:
    return transition.clock if transition else None


def _first_start(incident: Incident, steps: Sequence[Step], rules: RuleSet) -> datetime | None:
    """Return the time at which the clock of handling started first."""
    started = [step.at for step in steps if _clock_of(rules.workflow.transitions.get(step.action)) is ClockAction.START]
    progress = incident.progress
    if progress.on_spot or (steps and steps[0].action == "import"):
        # An import, and a failed re-check, start the clock without a step.
        return incident.report.reported_at if started else progress.dispatched_at or incident.report.reported_at
    return started[0] if started else progress.dispatched_at


def _describe_changes(incident: Incident, corrected: CorrectedIncident) -> dict[str, Any]:
    """Return the values that a correction has changed, as [old, new]."""
    old, new = _values(incident), _values(corrected)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def _values(incident: Incident | CorrectedIncident) -> dict[str, Any]:
    report, progress = incident.report, incident.progress
    times = {name: getattr(progress, name) for name in ("due_at", "close_due_at", "reopened_due_at")}
    return {
        "category": report.category,
        "description": report.description,
        "point": {"lon": report.point.lon, "lat": report.point.lat, "datum": report.datum},
        "accuracy_m": report.accuracy_m,
        "grid": incident.placement.responsible_code,
        "department": progress.department,
        "level": progress.level,
        **{name: moment.isoformat() if moment else None for name, moment in times.items()},
    }
