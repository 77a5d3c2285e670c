"""When something is due, what moves that, and how near it is; ``docs/en/how-to/deadlines.md`` tells the rules.

A due time is moved on a clock: that of a limit in continuous hours runs through, that of one in working hours or
working days only while the district works. A report is never refused because the calendar does not know its days: what
is due is then counted from Monday to Friday, and marked provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.model import Urgency

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.model import Limit, LimitUnit
    from geogrid.rules.time_limits import WarningRule
    from geogrid.rules.working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due.

    Attributes
    ----------
    at
        The last moment that is in time, on the clock of the district.
    provisional
        True where it was counted over days whose holidays are not known.
    """

    at: datetime
    provisional: bool


def compute_deadline(since: datetime, limit: Limit, calendar: WorkingCalendar) -> Deadline:
    """Tell when a limit that begins at a moment is over.

    A limit of n working days is n times the working hours of a day, counted from the moment. One that begins outside
    working hours begins with the next of them.

    Raises
    ------
    QueryError
        If the moment or the due time is not in 1900..2200.

    Examples
    --------
    >>> from datetime import datetime
    >>> from geogrid.rules.working_calendar import load_calendar
    >>> from geogrid.model import Limit, LimitUnit
    >>> calendar = load_calendar()
    >>> compute_deadline(datetime(2026, 9, 30, 16, tzinfo=calendar.zone), Limit(1, LimitUnit.WORKING_DAYS), calendar).at.isoformat()
    '2026-10-08T16:00:00+08:00'
    """
    return compute_deadlines([since], [limit], calendar)[0]


def compute_deadlines(since: Sequence[datetime], limits: Sequence[Limit], calendar: WorkingCalendar) -> list[Deadline]:
    """Tell when each of many limits is over; see `compute_deadline`.

    Parameters
    ----------
    since, limits
        Equally many: when each begins, and how long it is.
    calendar
        The days and hours of work.
    """
    durations = {limit: calendar.duration(limit) for limit in set(limits)}
    units = [limit.unit for limit in limits]
    ends = calendar.shift(since, [durations[limit] for limit in limits], units)
    return [
        Deadline(end, unit.is_working and calendar.is_provisional(start, end))
        for start, end, unit in zip(since, ends, units, strict=True)
    ]


def extend_deadline(due_at: datetime, by: Limit, calendar: WorkingCalendar) -> Deadline:
    """Tell when something is due after an extension (延期), which counts from when it was due before.

    Raises
    ------
    QueryError
        If the due time is not in 1900..2200.
    """
    return compute_deadline(due_at, by, calendar)


def resume_deadline(
    due_at: datetime, unit: LimitUnit, suspended_at: datetime, resumed_at: datetime, calendar: WorkingCalendar
) -> Deadline:
    """Tell when something is due after a suspension (挂账), during which its clock stood still.

    What was left of its limit, on that limit's clock, is left when it is resumed; so is what it was overdue by.

    Raises
    ------
    QueryError
        If a moment or the due time is not in 1900..2200.
    """
    lost = calendar.elapsed(suspended_at, resumed_at, unit)
    at = calendar.shift([due_at], [lost], [unit])[0]
    return Deadline(at, unit.is_working and calendar.is_provisional(suspended_at, at))


def remaining_time(now: datetime, due_at: datetime, unit: LimitUnit, calendar: WorkingCalendar) -> Limit:
    """Tell in the unit of a limit what is left of it; less than nothing where it is overdue.

    Raises
    ------
    QueryError
        If a moment is not in 1900..2200.
    """
    return calendar.measure(calendar.elapsed(now, due_at, unit), unit)


def warn_at(due_at: datetime, limit: Limit, rule: WarningRule, calendar: WorkingCalendar) -> datetime:
    """Tell from when on something is nearly due.

    Raises
    ------
    QueryError
        If a moment is not in 1900..2200.
    """
    ahead = max(calendar.duration(limit) * rule.share, rule.at_least)
    return calendar.shift([due_at], [-ahead], [limit.unit])[0]


def urgency(now: datetime, due_at: datetime, limit: Limit, rule: WarningRule, calendar: WorkingCalendar) -> Urgency:
    """Tell how near a due time is; what is done at that very moment is in time.

    Raises
    ------
    QueryError
        If a moment is not in 1900..2200.
    """
    if now > due_at:
        return Urgency.OVERDUE
    return Urgency.NEARLY_DUE if now >= warn_at(due_at, limit, rule, calendar) else Urgency.ON_TIME


def escalate_at(due_at: datetime, limit: Limit, share: float, calendar: WorkingCalendar) -> datetime:
    """Tell when a share of a limit is over, after which the next level answers.

    It is counted back from when the limit is over: suspensions and extensions have moved that.

    Raises
    ------
    QueryError
        If a moment is not in 1900..2200.
    """
    return calendar.shift([due_at], [-calendar.duration(limit) * (1 - share)], [limit.unit])[0]
