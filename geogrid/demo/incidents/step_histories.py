"""How far the made-up incidents came: a whole loop for most, and a queue of the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.demo.incidents.reports import SEED
from geogrid.incidents.intake import first_step, triage
from geogrid.model import SYSTEM, Arrival, IncidentStatus, Level, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Placement, Report

    Moments = list[datetime]


#: Where those stand that nobody has handled, in hundredths.
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
_LEVELS: Final = tuple(Level)[:3]
#: Of those that would be late and of the others, the shares that are given more time.
_EXTENDED_LATE: Final = 0.25
_EXTENDED: Final = 0.015
_REWORKED: Final = 0.04
#: What the half-year does not tell any more.
END: Final = datetime(2022, 6, 30, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SyntheticLoop:
    """The made-up incidents with their ways.

    Attributes
    ----------
    arrivals
        In the order of the reports.
    duplicates
        Of those that are merged, the row of the earlier one that each doubles.
    """

    arrivals: list[Arrival]
    duplicates: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Draws:
    """What chance has drawn, a value for each report: shape (n,); times in seconds."""

    lead: NDArray[np.float64]
    level: NDArray[np.int64]
    extended: NDArray[np.float64]
    reworked: NDArray[np.bool_]
    checking: NDArray[np.float64]
    closing: NDArray[np.float64]
    standing: list[IncidentStatus]


def make_loop(
    reports: Sequence[Report], placements: Sequence[Placement], rules: RuleSet, now: datetime, *, seed: int = SEED
) -> SyntheticLoop:
    """Make the ways of the demo's half-year: which are handled stays as it is, and who is slow differs by street.

    Parameters
    ----------
    reports
        From `geogrid.demo.incidents.make_reports`.
    placements
        Where they lie.
    rules
        The limits, and who handles what.
    now
        When they are kept.
    seed
        The same seed, reports and placements give the same ways.
    """
    rng = np.random.default_rng([seed, 1])
    streets, street = np.unique([placement.street_code or "" for placement in placements], return_inverse=True)
    reports = _paced(reports, rng.lognormal(0.0, 0.3, len(streets))[street])
    draws = _draw(len(reports), rng.uniform(0.02, 0.14, len(streets))[street], rng)
    dispatched = [
        report.reported_at + timedelta(seconds=_lead(report, lead))
        for report, lead in zip(reports, draws.lead.tolist(), strict=True)
    ]
    dues, extensions = _dues(reports, dispatched, draws, rules)
    closing = rules.clocks.close_due_many([report.category for report in reports], dues)
    duplicates = _find_duplicates(reports, placements, draws.standing)
    arrivals = []
    for row, (report, placement) in enumerate(zip(reports, placements, strict=True)):
        status = draws.standing[row]
        if status is IncidentStatus.MERGED and row not in duplicates:
            status = IncidentStatus.VOID
        progress = Progress(
            level=_LEVELS[draws.level[row]],
            department=rules.categories[report.category].department,
            verified_at=report.reported_at + (dispatched[row] - report.reported_at) / 3,
            filed_at=dispatched[row] - (dispatched[row] - report.reported_at) / 3,
            dispatched_at=dispatched[row],
            due_at=dues[row],
            close_due_at=closing[row],
            extensions=int(extensions[row]),
        )
        if report.handled_at is None:
            progress = stage(replace(progress, status=status, triage=triage(placement)), report, rules)
        else:
            progress = _finished(progress, report.handled_at, placement, draws, row)
        kept = replace(report, closed_at=progress.closed_at)
        arrivals.append(Arrival(kept, placement, progress, (first_step("import", progress, SYSTEM, now),)))
    return SyntheticLoop(arrivals, duplicates)


def _draw(number: int, raised: NDArray[np.float64], rng: np.random.Generator) -> _Draws:
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
        standing=[kinds[kind] for kind in rng.choice(len(kinds), number, p=shares).tolist()],
    )


def _paced(reports: Sequence[Report], pace: NDArray[np.float64]) -> list[Report]:
    """Return the reports with each street's own pace of handling, to the second."""
    paced = []
    for report, factor in zip(reports, pace.tolist(), strict=True):
        if report.handled_at is None:
            paced.append(report)
            continue
        taken = (report.handled_at - report.reported_at).total_seconds() * factor
        paced.append(replace(report, handled_at=report.reported_at + timedelta(seconds=round(taken))))
    return paced


def _lead(report: Report, drawn: float) -> float:
    """Return after how many seconds a report was dispatched: before it was handled."""
    if report.handled_at is None:
        return drawn
    return min(drawn, (report.handled_at - report.reported_at).total_seconds() // 2)


def _dues(
    reports: Sequence[Report], dispatched: Moments, draws: _Draws, rules: RuleSet
) -> tuple[Moments, NDArray[np.bool_]]:
    """Return when each is due to be handled, and which were given their limit once more."""
    dues = _limited(reports, dispatched, draws.level, rules)
    late = np.array([(report.handled_at or END) > due for report, due in zip(reports, dues, strict=True)])
    extended = draws.extended < np.where(late, _EXTENDED_LATE, _EXTENDED)
    rows = np.flatnonzero(extended).tolist()
    again = _limited([reports[row] for row in rows], [dues[row] for row in rows], draws.level[rows], rules)
    for row, due in zip(rows, again, strict=True):
        dues[row] = due
    return dues, extended


def _limited(reports: Sequence[Report], since: Moments, levels: NDArray[np.int64], rules: RuleSet) -> Moments:
    dues = list(since)
    for number, level in enumerate(_LEVELS):
        rows = np.flatnonzero(levels == number).tolist()
        categories = [reports[row].category for row in rows]
        found = rules.clocks.handle_due_many(categories, [level] * len(rows), [since[row] for row in rows])
        for row, due in zip(rows, found, strict=True):
            dues[row] = due
    return dues


def _finished(progress: Progress, handled_at: datetime, placement: Placement, draws: _Draws, row: int) -> Progress:
    """Return the progress of one that was handled; of the last days some have not been checked or closed."""
    checked_at = handled_at + timedelta(seconds=draws.checking[row])
    closed_at = checked_at + timedelta(seconds=draws.closing[row])
    progress = replace(
        progress,
        status=IncidentStatus.FED_BACK,
        handled_at=handled_at,
        # One made-up worker a grid.
        handled_by=f"synthetic:{placement.base_code}",
        reworks=int(draws.reworked[row]),
    )
    if closed_at <= END:
        return replace(progress, status=IncidentStatus.CLOSED, checked_at=checked_at, closed_at=closed_at)
    if checked_at <= END:
        return replace(progress, status=IncidentStatus.CHECKED, checked_at=checked_at)
    return progress


def _find_duplicates(
    reports: Sequence[Report], placements: Sequence[Placement], standing: Sequence[IncidentStatus]
) -> dict[int, int]:
    """Return for those that are to be merged the last one before of the same category in the same grid, if any."""
    last: dict[tuple[str | None, str], int] = {}
    found = {}
    for row, (report, placement) in enumerate(zip(reports, placements, strict=True)):
        key = (placement.base_code, report.category)
        if report.handled_at is None and standing[row] is IncidentStatus.MERGED and key in last:
            found[row] = last[key]
        elif report.handled_at is not None:
            last[key] = row
    return found


_ORDER = (IncidentStatus.REPORTED, IncidentStatus.VERIFIED, IncidentStatus.FILED, IncidentStatus.DISPATCHED)
_MILESTONES = ("verified_at", "filed_at", "dispatched_at")


def stage(progress: Progress, report: Report, rules: RuleSet) -> Progress:
    """Return the progress of an open incident, with the milestones and due times of where it stands and no others."""
    status = progress.status
    if status in (IncidentStatus.VOID, IncidentStatus.MERGED):
        voided_at = progress.filed_at if status is IncidentStatus.VOID else None
        return replace(_undispatched(progress, _MILESTONES[1:]), triage=None, voided_at=voided_at)
    if status in _ORDER[:3]:
        progress = _undispatched(progress, _MILESTONES[_ORDER.index(status) :])
    elif status is IncidentStatus.SUSPENDED and progress.dispatched_at and progress.due_at:
        suspended_at = progress.dispatched_at + (progress.due_at - progress.dispatched_at) / 2
        return replace(progress, triage=None, suspended_at=suspended_at)
    else:
        progress = replace(progress, triage=None)
    return _timed(progress, report, rules)


def _undispatched(progress: Progress, missing: tuple[str, ...]) -> Progress:
    taken_back: dict[str, Any] = dict.fromkeys((*missing, "due_at", "close_due_at"))
    return replace(progress, extensions=0, **taken_back)


def _timed(progress: Progress, report: Report, rules: RuleSet) -> Progress:
    """Return the progress with the due time of its stage."""
    waits_for = rules.workflow.states[progress.status].due
    since = progress.filed_at or progress.verified_at or report.reported_at
    if waits_for is None:
        return progress
    due_at = progress.due_at or rules.clocks.stage_due(waits_for, since)
    warn_at = rules.clocks.warn_at(waits_for, report.category, progress.level, due_at)
    return replace(progress, stage_due_at=due_at, warn_at=warn_at)
