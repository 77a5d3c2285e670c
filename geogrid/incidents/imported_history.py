"""What becomes of a history that is taken in: its incidents stand where it left them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geogrid.incidents.intake import first_step, triage_reason
from geogrid.model import IncidentStatus, NewIncident, Progress
from geogrid.rules.routing import RoutingCase, route
from geogrid.rules.workflow import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Placement, Report
    from geogrid.rules.routing import Route


def build_imported_incidents(
    reports: Sequence[Report], placements: Sequence[Placement], rules: RuleSet, actor: Actor, now: datetime
) -> list[NewIncident]:
    """Return reports of an imported history as incidents that stand where the history left them.

    Where nothing says when they were dispatched, their clocks run from the report; where something says when they were
    due, that holds, and so does a department that is named. What was handled long ago waits for nobody, closed or not.
    """
    routes = [
        route(rules.routing, RoutingCase.of(report, placement), rules.categories)
        for report, placement in zip(reports, placements, strict=True)
    ]
    categories = [report.category for report in reports]
    began = [report.history.dispatched_at or report.reported_at for report in reports]
    limited = rules.clocks.handle_due_many(categories, [found.level for found in routes], began)
    dues = [report.history.due_at or due_at for report, due_at in zip(reports, limited, strict=True)]
    closing = rules.clocks.close_due_many(categories, dues)
    arrivals = []
    for report, placement, found, due_at, close_due_at in zip(reports, placements, routes, dues, closing, strict=True):
        progress = _staged(_left(report, placement, found, due_at, close_due_at), report.category, rules)
        details = {"rule": found.rule}
        arrivals.append(
            NewIncident(report, placement, progress, (first_step("import", progress, actor, now, details),))
        )
    return arrivals


def _left(report: Report, placement: Placement, found: Route, due_at: datetime, close_due_at: datetime) -> Progress:
    """Return where a history left an incident."""
    history = report.history
    return Progress(
        status=_status(report),
        level=found.level,
        department=history.department or found.department,
        triage=None if report.handled_at else triage_reason(placement),
        verified_at=history.verified_at,
        filed_at=history.filed_at,
        dispatched_at=history.dispatched_at,
        handled_at=report.handled_at,
        checked_at=history.checked_at,
        closed_at=report.closed_at,
        due_at=due_at,
        close_due_at=close_due_at,
    )


def _staged(progress: Progress, category: str, rules: RuleSet) -> Progress:
    """Return the progress with the due time of its stage, where it waits for somebody."""
    if progress.handled_at is not None or progress.due_at is None:
        return progress
    known = progress.filed_at or progress.verified_at
    if known is not None and progress.dispatched_at is None:
        stage, due_at = Stage.DISPATCH, rules.clocks.stage_due(Stage.DISPATCH, known)
    else:
        stage, due_at = Stage.HANDLE, progress.due_at
    warn_at = rules.clocks.warn_at(stage, category, progress.level, due_at)
    return replace(progress, stage_due_at=due_at, warn_at=warn_at)


def _status(report: Report) -> IncidentStatus:
    """Return the last milestone that a history names."""
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
