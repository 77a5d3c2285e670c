"""Due times of incidents by the limits of their case and their level, from the time limits and the working calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents import deadlines
from geogrid.rules.incident_workflow import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.rules.time_limits import CategoryLimits, Limits
    from geogrid.rules.working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class DueTimes:
    """Calculate the due times of incidents by their limits and level; `RuleSet.choose_limits` chooses the limits.

    Examples
    --------
    >>> from datetime import datetime
    >>> from geogrid.rules.working_calendar import load_calendar
    >>> from geogrid.rules.time_limits import load_limits
    >>> due_times = DueTimes(load_limits(), load_calendar())
    >>> # The Sunday after this Friday is a working day, in exchange for a holiday.
    >>> friday = datetime(2026, 9, 18, 17, tzinfo=due_times.calendar.zone)
    >>> due_times.handle_due(due_times.limits.categories["Z06"], "grid", friday).isoformat()
    '2026-09-20T11:00:00+08:00'
    """

    limits: Limits
    calendar: WorkingCalendar

    def stage_due(self, stage: Stage, since: datetime) -> datetime:
        """Return the due time of verification or dispatch for a stage that begins at `since`."""
        limit = self.limits.verify if stage is Stage.VERIFY else self.limits.dispatch
        return deadlines.compute_deadline(since, limit, self.calendar).at

    def handle_due(self, limits: CategoryLimits, level: str, since: datetime) -> datetime:
        """Return the due time of handling for a limit that begins at `since`."""
        return deadlines.compute_deadline(since, limits.handle_limit(level), self.calendar).at

    def handle_due_many(
        self, limits: Sequence[CategoryLimits], levels: Sequence[str], since: Sequence[datetime]
    ) -> list[datetime]:
        """Return the due time of handling of each incident; see `handle_due`."""
        chosen = [one.handle_limit(level) for one, level in zip(limits, levels, strict=True)]
        return [due.at for due in deadlines.compute_deadlines(since, chosen, self.calendar)]

    def close_due(self, limits: CategoryLimits, due_at: datetime) -> datetime:
        """Return the due time of closing for an incident whose handling is due at `due_at`."""
        return deadlines.compute_deadline(due_at, limits.close, self.calendar).at

    def close_due_many(self, limits: Sequence[CategoryLimits], due_at: Sequence[datetime]) -> list[datetime]:
        """Return the due time of closing of each incident; see `close_due`."""
        chosen = [one.close for one in limits]
        return [due.at for due in deadlines.compute_deadlines(due_at, chosen, self.calendar)]

    def is_handling_provisional(self, limits: CategoryLimits, level: str, since: datetime, due_at: datetime) -> bool:
        """Return whether a due time of handling depends on days whose holidays are not known."""
        unit = limits.handle_limit(level).unit
        return unit.is_working and self.calendar.is_provisional(since, due_at)

    def is_closing_provisional(self, limits: CategoryLimits, due_at: datetime, close_due_at: datetime) -> bool:
        """Return whether a due time of closing depends on days whose holidays are not known."""
        unit = limits.close.unit
        return unit.is_working and self.calendar.is_provisional(due_at, close_due_at)

    def resume(
        self, limits: CategoryLimits, level: str, due_at: datetime, suspended_at: datetime, now: datetime
    ) -> datetime:
        """Return the due time of handling after a suspension from `suspended_at` to `now`."""
        unit = limits.handle_limit(level).unit
        return deadlines.resume_deadline(due_at, unit, suspended_at, now, self.calendar).at

    def extend(self, limits: CategoryLimits, level: str, due_at: datetime) -> datetime:
        """Return the due time of handling after an extension by one more limit."""
        return deadlines.extend_deadline(due_at, limits.handle_limit(level), self.calendar).at

    def warn_at(self, stage: Stage, limits: CategoryLimits, level: str, due_at: datetime) -> datetime:
        """Return the time from which a stage is nearly due."""
        limit = {
            Stage.VERIFY: self.limits.verify,
            Stage.DISPATCH: self.limits.dispatch,
            Stage.HANDLE: limits.handle_limit(level),
            Stage.CLOSE: limits.close,
        }[stage]
        return deadlines.warn_at(due_at, limit, self.limits.warning, self.calendar)

    def report_in_due(self, since: datetime, department: str) -> datetime:
        """Return the time by which a department called at `since` has to report in."""
        limit = self.limits.report_in_by_department.get(department, self.limits.report_in)
        return deadlines.compute_deadline(since, limit, self.calendar).at

    def escalate_at(self, limits: CategoryLimits, level: str, clock_level: str, due_at: datetime) -> datetime | None:
        """Return the time of escalation to the next level; None if the level is not escalated.

        Parameters
        ----------
        limits, level
            Limits and current level of the incident.
        clock_level
            Level whose limit gave `due_at`. Escalation does not change the limit.
        due_at
            Due time of handling.
        """
        share = self.limits.escalate_after.get(level)
        if share is None:
            return None
        return deadlines.escalate_at(due_at, limits.handle_limit(clock_level), share, self.calendar)
