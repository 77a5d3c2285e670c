"""Calculation of due, warning and escalation times from one limit; see ``docs/en/how-to/deadlines.md``.

A limit in continuous hours counts all time; a limit in working hours or working days counts working hours only. Outside
the years of the calendar file, Monday to Friday are taken as working days, and the due time is marked provisional.
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
    """A due time.

    Attributes
    ----------
    at
        The last moment in time, in the time zone of the district.
    provisional
        True if the holidays of some counted days are not known.
    """

    at: datetime
    provisional: bool


def compute_deadline(since: datetime, limit: Limit, calendar: WorkingCalendar) -> Deadline:
    """Return the due time of a limit that begins at `since`.

    A limit of n working days is n times the working hours of a day. A limit that begins outside working hours begins
    with the next working hour.

    Raises
    ------
    QueryError
        If `since` or the due time is not in 1900..2200.

    Examples
    --------
    >>> from datetime import datetime
    >>> from geogrid.rules.working_calendar import load_calendar
    >>> from geogrid.model import Limit, LimitUnit
    >>> calendar = load_calendar()
    >>> since = datetime(2026, 9, 30, 16, tzinfo=calendar.zone)
    >>> compute_deadline(since, Limit(1, LimitUnit.WORKING_DAYS), calendar).at.isoformat()
    '2026-10-08T16:00:00+08:00'
    """
    return compute_deadlines([since], [limit], calendar)[0]


def compute_deadlines(since: Sequence[datetime], limits: Sequence[Limit], calendar: WorkingCalendar) -> list[Deadline]:
    """Return the due times of many limits, of which ``limits[i]`` begins at ``since[i]``; see `compute_deadline`."""
    durations = {limit: calendar.duration(limit) for limit in set(limits)}
    units = [limit.unit for limit in limits]
    ends = calendar.shift(since, [durations[limit] for limit in limits], units)
    return [
        Deadline(end, unit.is_working and calendar.is_provisional(start, end))
        for start, end, unit in zip(since, ends, units, strict=True)
    ]


def extend_deadline(due_at: datetime, by: Limit, calendar: WorkingCalendar) -> Deadline:
    """Return the due time after an extension (延期) by a limit, counted from the previous due time.

    Raises
    ------
    QueryError
        If the due time is not in 1900..2200.
    """
    return compute_deadline(due_at, by, calendar)


def resume_deadline(
    due_at: datetime, unit: LimitUnit, suspended_at: datetime, resumed_at: datetime, calendar: WorkingCalendar
) -> Deadline:
    """Return the due time after a suspension (挂账), which moves it by the suspended time in the unit of the limit.

    Only what is left of a limit can be suspended: a due time that had passed before the suspension stays.

    Raises
    ------
    QueryError
        If a time is not in 1900..2200.
    """
    if suspended_at >= due_at:
        return Deadline(due_at, unit.is_working and calendar.is_provisional(suspended_at, due_at))
    suspended = calendar.elapsed(suspended_at, resumed_at, unit)
    at = calendar.shift([due_at], [suspended], [unit])[0]
    return Deadline(at, unit.is_working and calendar.is_provisional(suspended_at, at))


def remaining_time(now: datetime, due_at: datetime, unit: LimitUnit, calendar: WorkingCalendar) -> Limit:
    """Return the remaining time of a limit in its unit; negative if overdue.

    Raises
    ------
    QueryError
        If a time is not in 1900..2200.
    """
    return calendar.measure(calendar.elapsed(now, due_at, unit), unit)


def warn_at(due_at: datetime, limit: Limit, rule: WarningRule, calendar: WorkingCalendar) -> datetime:
    """Return the time from which an incident is nearly due.

    Raises
    ------
    QueryError
        If a time is not in 1900..2200.
    """
    ahead = max(calendar.duration(limit) * rule.share, rule.at_least)
    return calendar.shift([due_at], [-ahead], [limit.unit])[0]


def urgency(now: datetime, due_at: datetime, limit: Limit, rule: WarningRule, calendar: WorkingCalendar) -> Urgency:
    """Return the urgency at `now`. An action exactly at the due time is in time.

    Raises
    ------
    QueryError
        If a time is not in 1900..2200.
    """
    if now > due_at:
        return Urgency.OVERDUE
    return Urgency.NEARLY_DUE if now >= warn_at(due_at, limit, rule, calendar) else Urgency.ON_TIME


def escalate_at(due_at: datetime, limit: Limit, share: float, calendar: WorkingCalendar) -> datetime:
    """Return the time at which `share` of a limit has passed, and the next level becomes responsible.

    It is counted back from the due time, which includes suspensions and extensions.

    Raises
    ------
    QueryError
        If a time is not in 1900..2200.
    """
    return calendar.shift([due_at], [-calendar.duration(limit) * (1 - share)], [limit.unit])[0]
