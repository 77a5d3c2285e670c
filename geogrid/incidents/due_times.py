"""When things are due: the district's limits on its calendar, by category and by the level that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents import deadlines
from geogrid.rules.workflow import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.model import Level, Limit
    from geogrid.rules.time_limits import Limits
    from geogrid.rules.working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class DueTimes:
    """The limits in use, and the calendar that they run on.

    Examples
    --------
    >>> from datetime import datetime
    >>> from geogrid.rules.working_calendar import load_calendar
    >>> from geogrid.rules.time_limits import load_limits
    >>> from geogrid.model import Level
    >>> clocks = DueTimes(load_limits(), load_calendar())
    >>> # The Sunday after it is worked, for the holiday that follows.
    >>> friday = datetime(2026, 9, 18, 17, tzinfo=clocks.calendar.zone)
    >>> clocks.handle_due("Z06", Level.GRID, friday).isoformat()
    '2026-09-20T11:00:00+08:00'
    """

    limits: Limits
    calendar: WorkingCalendar

    def stage_due(self, stage: Stage, since: datetime) -> datetime:
        """Return when an incident ought to be verified or dispatched whose stage begins at a moment."""
        limit = self.limits.verify if stage is Stage.VERIFY else self.limits.dispatch
        return deadlines.compute_deadline(since, limit, self.calendar).at

    def handle_due(self, category: str, level: Level, since: datetime) -> datetime:
        """Return when an incident ought to be handled whose clock starts at a moment."""
        return deadlines.compute_deadline(since, self._handling(category, level), self.calendar).at

    def handle_due_many(
        self, categories: Sequence[str], levels: Sequence[Level], since: Sequence[datetime]
    ) -> list[datetime]:
        """Return when each of many incidents ought to be handled; see `handle_due`."""
        limits = [self._handling(category, level) for category, level in zip(categories, levels, strict=True)]
        return [due.at for due in deadlines.compute_deadlines(since, limits, self.calendar)]

    def close_due(self, category: str, due_at: datetime) -> datetime:
        """Return when an incident ought to be closed that ought to be handled by `due_at`."""
        return deadlines.compute_deadline(due_at, self.limits.categories[category].close, self.calendar).at

    def close_due_many(self, categories: Sequence[str], due_at: Sequence[datetime]) -> list[datetime]:
        """Return when each of many incidents ought to be closed; see `close_due`."""
        limits = [self.limits.categories[category].close for category in categories]
        return [due.at for due in deadlines.compute_deadlines(due_at, limits, self.calendar)]

    def resumed(self, category: str, level: Level, due_at: datetime, suspended_at: datetime, now: datetime) -> datetime:
        """Return when an incident ought to be handled whose clock has stood still for a while."""
        unit = self._handling(category, level).unit
        return deadlines.resume_deadline(due_at, unit, suspended_at, now, self.calendar).at

    def extended(self, category: str, level: Level, due_at: datetime) -> datetime:
        """Return when an incident ought to be handled that is given its limit once more."""
        return deadlines.extend_deadline(due_at, self._handling(category, level), self.calendar).at

    def warn_at(self, stage: Stage, category: str, level: Level, due_at: datetime) -> datetime:
        """Return from when on a stage is nearly due."""
        limit = {
            Stage.VERIFY: self.limits.verify,
            Stage.DISPATCH: self.limits.dispatch,
            Stage.HANDLE: self._handling(category, level),
            Stage.CLOSE: self.limits.categories[category].close,
        }[stage]
        return deadlines.warn_at(due_at, limit, self.limits.warning, self.calendar)

    def report_in_due(self, since: datetime) -> datetime:
        """Return when a department ought to have reported in that a street called at a moment."""
        return deadlines.compute_deadline(since, self.limits.report_in, self.calendar).at

    def escalate_at(self, category: str, level: Level, clock_level: Level, due_at: datetime) -> datetime | None:
        """Return when the next level answers for what a level has not handled; None where it keeps it to the end.

        Parameters
        ----------
        category, level
            Of the incident, as it stands.
        clock_level
            The level whose limit its clock was started with: being raised gives no more time.
        due_at
            When it ought to be handled.
        """
        share = self.limits.escalate_after.get(level)
        if share is None:
            return None
        return deadlines.escalate_at(due_at, self._handling(category, clock_level), share, self.calendar)

    def _handling(self, category: str, level: Level) -> Limit:
        return self.limits.categories[category].handle[level]
