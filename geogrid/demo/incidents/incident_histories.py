"""Histories of the synthetic incidents: progress and steps; most are handled, the others are in various states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.demo.incidents.open_incident_progress import open_progress
from geogrid.demo.incidents.reports import SEED
from geogrid.incidents.intake import first_step, triage_reason
from geogrid.incidents.location_assessment import doubt_blocks
from geogrid.model import SYSTEM, IncidentStatus, NewIncident, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Placement, Report

    Moments = list[datetime]

#: Percentages of the states of incidents that are not handled.
_OPEN: Final = {
    IncidentStatus.REPORTED: 10,
    IncidentStatus.VERIFIED: 8,
    IncidentStatus.FILED: 14,
    IncidentStatus.DISPATCHED: 20,
    IncidentStatus.HANDLING: 28,
    IncidentStatus.SUSPENDED: 6,
    IncidentStatus.VOID: 7,
    IncidentStatus.MERGED: 7,
}
#: Levels of the demo profile that handle incidents.
_LEVELS: Final = ("grid", "leader", "street")
#: Shares of overdue and of other incidents with an extension.
_EXTENDED_LATE: Final = 0.25
_EXTENDED: Final = 0.015
_REWORKED: Final = 0.04
#: The end of the half-year; later steps do not exist.
END: Final = datetime(2022, 6, 30, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SyntheticHistories:
    """The synthetic incidents with their progress and steps.

    Attributes
    ----------
    arrivals
        The incidents in the order of the reports.
    duplicates
        For each merged incident, by row: the row of the incident that it duplicates.
    """

    arrivals: list[NewIncident]
    duplicates: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Draws:
    """Random values per report, shape (n,); times in seconds."""

    lead: NDArray[np.float64]
    level: NDArray[np.int64]
    extended: NDArray[np.float64]
    reworked: NDArray[np.bool_]
    checking: NDArray[np.float64]
    closing: NDArray[np.float64]
    statuses: list[IncidentStatus]


def make_histories(
    reports: Sequence[Report], placements: Sequence[Placement], rules: RuleSet, now: datetime, *, seed: int = SEED
) -> SyntheticHistories:
    """Return the incidents of the demo with progress and steps; the speed of handling differs by street.

    Parameters
    ----------
    reports
        From `geogrid.demo.incidents.make_reports`.
    placements
        The grid assignment of each report.
    rules
        The rules on deadlines and departments.
    now
        The time of the import.
    seed
        The random seed; equal seeds, reports and placements give equal histories.
    """
    rng = np.random.default_rng([seed, 1])
    streets, street = np.unique([placement.street_code or "" for placement in placements], return_inverse=True)
    reports = _scale_handling_times(reports, rng.lognormal(0.0, 0.3, len(streets))[street])
    draws = _draw_values(len(reports), rng.uniform(0.02, 0.14, len(streets))[street], rng)
    dispatched = [
        report.reported_at + timedelta(seconds=_dispatch_delay_s(report, lead))
        for report, lead in zip(reports, draws.lead.tolist(), strict=True)
    ]
    due_times, extensions = _draw_due_times(reports, dispatched, draws, rules)
    limits = [rules.due_times.limits.find(report.category, rules.categories) for report in reports]
    closing = rules.due_times.close_due_many(limits, due_times)
    duplicates = _find_duplicates(reports, placements, draws.statuses)
    arrivals = []
    for row, (report, placement) in enumerate(zip(reports, placements, strict=True)):
        status = draws.statuses[row]
        if status is IncidentStatus.MERGED and row not in duplicates:
            status = IncidentStatus.VOID
        progress = Progress(
            level=_LEVELS[draws.level[row]],
            department=rules.categories[report.category].department,
            verified_at=report.reported_at + (dispatched[row] - report.reported_at) / 3,
            filed_at=dispatched[row] - (dispatched[row] - report.reported_at) / 3,
            dispatched_at=dispatched[row],
            due_at=due_times[row],
            close_due_at=closing[row],
            extensions=int(extensions[row]),
        )
        if report.handled_at is None:
            progress = open_progress(replace(progress, status=status, triage=triage_reason(placement)), report, rules)
            progress = replace(progress, triage_blocks=doubt_blocks(progress.triage))
        else:
            progress = _handled_progress(progress, report.handled_at, placement, draws, row)
        kept = replace(report, closed_at=progress.closed_at)
        arrivals.append(NewIncident(kept, placement, progress, (first_step("import", progress, SYSTEM, now),)))
    return SyntheticHistories(arrivals, duplicates)


def _draw_values(number: int, raised: NDArray[np.float64], rng: np.random.Generator) -> _Draws:
    kinds = list(_OPEN)
    shares = np.array(list(_OPEN.values())) / sum(_OPEN.values())
    above = (rng.uniform(size=number) < raised).astype(np.int64)
    return _Draws(
        lead=rng.lognormal(np.log(600), 0.7, number).round(),
        level=above + (above & (rng.uniform(size=number) < 0.3)),  # noqa: PLR2004 - a share
        extended=rng.uniform(size=number),
        reworked=rng.uniform(size=number) < _REWORKED,
        checking=rng.lognormal(np.log(3_600), 0.8, number).round(),
        closing=rng.lognormal(np.log(1_200), 0.8, number).round(),
        statuses=[kinds[kind] for kind in rng.choice(len(kinds), number, p=shares).tolist()],
    )


def _scale_handling_times(reports: Sequence[Report], pace: NDArray[np.float64]) -> list[Report]:
    """Return the reports with handling times scaled by the factor of their street."""
    paced = []
    for report, factor in zip(reports, pace.tolist(), strict=True):
        if report.handled_at is None:
            paced.append(report)
            continue
        taken = (report.handled_at - report.reported_at).total_seconds() * factor
        paced.append(replace(report, handled_at=report.reported_at + timedelta(seconds=round(taken))))
    return paced


def _dispatch_delay_s(report: Report, drawn: float) -> float:
    """Return the seconds from report to dispatch, at most half of the handling time."""
    if report.handled_at is None:
        return drawn
    return min(drawn, (report.handled_at - report.reported_at).total_seconds() // 2)


def _draw_due_times(
    reports: Sequence[Report], dispatched: Moments, draws: _Draws, rules: RuleSet
) -> tuple[Moments, NDArray[np.bool_]]:
    """Return the due time of handling of each report, and whether it was extended."""
    due_times = _due_times(reports, dispatched, draws.level, rules)
    late = np.array([(report.handled_at or END) > due for report, due in zip(reports, due_times, strict=True)])
    extended = draws.extended < np.where(late, _EXTENDED_LATE, _EXTENDED)
    rows = np.flatnonzero(extended).tolist()
    again = _due_times([reports[row] for row in rows], [due_times[row] for row in rows], draws.level[rows], rules)
    for row, due in zip(rows, again, strict=True):
        due_times[row] = due
    return due_times, extended


def _due_times(reports: Sequence[Report], since: Moments, levels: NDArray[np.int64], rules: RuleSet) -> Moments:
    due_times = list(since)
    for number, level in enumerate(_LEVELS):
        rows = np.flatnonzero(levels == number).tolist()
        limits = [rules.due_times.limits.find(reports[row].category, rules.categories) for row in rows]
        found = rules.due_times.handle_due_many(limits, [level] * len(rows), [since[row] for row in rows])
        for row, due in zip(rows, found, strict=True):
            due_times[row] = due
    return due_times


def _handled_progress(
    progress: Progress, handled_at: datetime, placement: Placement, draws: _Draws, row: int
) -> Progress:
    """Return the progress of a handled incident; checks and closures after `END` are omitted."""
    checked_at = handled_at + timedelta(seconds=draws.checking[row])
    closed_at = checked_at + timedelta(seconds=draws.closing[row])
    progress = replace(
        progress,
        status=IncidentStatus.FED_BACK,
        handled_at=handled_at,
        # One synthetic worker per grid.
        handled_by=f"synthetic:{placement.base_code}",
        reworks=int(draws.reworked[row]),
    )
    if closed_at <= END:
        return replace(progress, status=IncidentStatus.CLOSED, checked_at=checked_at, closed_at=closed_at)
    if checked_at <= END:
        return replace(progress, status=IncidentStatus.CHECKED, checked_at=checked_at)
    return progress


def _find_duplicates(
    reports: Sequence[Report], placements: Sequence[Placement], statuses: Sequence[IncidentStatus]
) -> dict[int, int]:
    """Return for each merged row the last earlier handled row of the same category in the same grid, if any."""
    last: dict[tuple[str | None, str], int] = {}
    duplicates = {}
    for row, (report, placement) in enumerate(zip(reports, placements, strict=True)):
        key = (placement.base_code, report.category)
        if report.handled_at is None and statuses[row] is IncidentStatus.MERGED and key in last:
            duplicates[row] = last[key]
        elif report.handled_at is not None:
            last[key] = row
    return duplicates
