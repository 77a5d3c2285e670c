"""Construction of the incidents of an imported history, with status, due times and first step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.incidents.intake import first_step, triage_reason
from geogrid.incidents.location_assessment import doubt_blocks
from geogrid.model import IncidentStatus, NewIncident, Progress
from geogrid.rules.incident_workflow import Stage
from geogrid.rules.routing import RoutingCase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Placement, Report
    from geogrid.rules.routing import Route
    from geogrid.rules.time_limits import CategoryLimits


def build_imported_incidents(
    reports: Sequence[Report], placements: Sequence[Placement], rules: RuleSet, actor: Actor, now: datetime
) -> list[NewIncident]:
    """Return the incidents of an imported history, each with the status of its last milestone.

    The limit of handling begins at the dispatch, or at the report if the dispatch is not known. A due time or
    department in the history replaces the calculated one. A handled incident has no stage due time.
    """
    cases = [RoutingCase.of(report, placement) for report, placement in zip(reports, placements, strict=True)]
    routes = [rules.route(case) for case in cases]
    limits = [rules.due_times.limits.choose(case, rules.categories) for case in cases]
    starts = [report.history.dispatched_at or report.reported_at for report in reports]
    calculated = rules.due_times.handle_due_many(limits, [target.level for target in routes], starts)
    due_times = [report.history.due_at or due_at for report, due_at in zip(reports, calculated, strict=True)]
    close_due_times = rules.due_times.close_due_many(limits, due_times)
    incidents = []
    for report, placement, target, chosen, since, due_at, close_due_at in zip(
        reports, placements, routes, limits, starts, due_times, close_due_times, strict=True
    ):
        progress = _build_progress(report, placement, target, due_at, close_due_at)
        progress = _add_stage_due_time(progress, chosen, rules)
        details = {"rule": target.rule}
        if report.history.due_at is None and rules.due_times.is_handling_provisional(
            chosen, target.level, since, due_at
        ):
            # The recalculation needs the start of the limit, which a later dispatch replaces in the progress.
            details |= {"limit_from": since.isoformat()}
            progress = replace(progress, due_provisional=True)
        elif rules.due_times.is_closing_provisional(chosen, due_at, close_due_at):
            progress = replace(progress, due_provisional=True)
        incidents.append(
            NewIncident(report, placement, progress, (first_step("import", progress, actor, now, details),))
        )
    return incidents


def _build_progress(
    report: Report, placement: Placement, target: Route, due_at: datetime, close_due_at: datetime
) -> Progress:
    """Return the progress at the end of the history, without the stage due time."""
    history = report.history
    triage = None if report.handled_at else triage_reason(placement)
    return Progress(
        status=_last_status(report),
        level=target.level,
        department=history.department or target.department,
        triage=triage,
        triage_blocks=doubt_blocks(triage),
        verified_at=history.verified_at,
        filed_at=history.filed_at,
        dispatched_at=history.dispatched_at,
        handled_at=report.handled_at,
        checked_at=history.checked_at,
        closed_at=report.closed_at,
        due_at=due_at,
        close_due_at=close_due_at,
    )


def _add_stage_due_time(progress: Progress, limits: CategoryLimits, rules: RuleSet) -> Progress:
    """Return the progress with its stage due time, unless the incident is handled."""
    if progress.handled_at is not None or progress.due_at is None:
        return progress
    verified_at = progress.filed_at or progress.verified_at
    if verified_at is not None and progress.dispatched_at is None:
        stage, due_at = Stage.DISPATCH, rules.due_times.stage_due(Stage.DISPATCH, verified_at)
    else:
        stage, due_at = Stage.HANDLE, progress.due_at
    warn_at = rules.due_times.warn_at(stage, limits, progress.level, due_at)
    return replace(progress, stage_due_at=due_at, warn_at=warn_at)


def _last_status(report: Report) -> IncidentStatus:
    """Return the status of the last milestone in the history."""
    history = report.history
    reached = (
        (report.closed_at, IncidentStatus.CLOSED),
        (history.checked_at, IncidentStatus.CHECKED),
        (report.handled_at, IncidentStatus.FED_BACK),
        (history.dispatched_at, IncidentStatus.DISPATCHED),
        (history.filed_at, IncidentStatus.FILED),
        (history.verified_at, IncidentStatus.VERIFIED),
    )
    return next((status for moment, status in reached if moment), IncidentStatus.REPORTED)
