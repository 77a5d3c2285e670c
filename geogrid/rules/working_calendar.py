"""The working calendar: working days, working hours, and calculations with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import PrivateAttr

from geogrid.local_time import FIRST_YEAR, LAST_YEAR, local_zone
from geogrid.model import Limit, LimitUnit
from geogrid.rules.calendar_file import CalendarFile
from geogrid.rules.working_time import WorkingTime, year_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class WorkingCalendar(CalendarFile):
    """Working days and working hours; by default with the public holidays of China.

    Examples
    --------
    >>> calendar = load_calendar()
    >>> calendar.first_day.year, calendar.last_day.year, str(calendar.day_length)
    (2022, 2026, '8:00:00')
    """

    _by_zone: dict[str, WorkingTime] = PrivateAttr(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the days and hours: that of the district."""
        return local_zone()

    @property
    def day_length(self) -> timedelta:
        """Length of a working day."""
        return sum((_since_midnight(end) - _since_midnight(begin) for begin, end in self.hours), timedelta())

    def is_working_day(self, day: date) -> bool:
        """Return whether a day is a working day; see `is_provisional` for days outside the known period.

        Raises
        ------
        QueryError
            If its year is not in 1900..2200.

        Examples
        --------
        >>> load_calendar().is_working_day(date(2026, 10, 10)), load_calendar().is_working_day(date(2026, 10, 7))
        (True, False)
        """
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise year_error()
        return day in self.working_days or (day.isoweekday() not in self.weekend and day not in self.holidays)

    def is_provisional(self, since: datetime, until: datetime) -> bool:
        """Return whether the holidays of some days between two times are not known.

        Examples
        --------
        >>> load_calendar().is_provisional(datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC))
        True
        """
        return since.astimezone(self.zone).date() < self.first_day or until.astimezone(self.zone).date() > self.last_day

    def restrict(self, first_day: date, last_day: date) -> WorkingCalendar:
        """Return this calendar as if only the holidays from `first_day` to `last_day` were known.

        Examples
        --------
        >>> calendar = load_calendar()
        >>> calendar.restrict(calendar.first_day, date(2025, 12, 31)).is_working_day(date(2026, 10, 7))
        True
        """
        known = {
            name: frozenset(day for day in getattr(self, name) if first_day <= day <= last_day)
            for name in ("holidays", "working_days")
        }
        values = {name: getattr(self, name) for name in type(self).model_fields}
        # Without the working time, which a copy would keep.
        return WorkingCalendar.model_construct(**values | known | {"first_day": first_day, "last_day": last_day})

    def duration(self, limit: Limit) -> timedelta:
        """Return the length of a limit, in working time if its unit is one of working time."""
        return limit.amount * self._unit_length(limit.unit)

    def measure(self, duration: timedelta, unit: LimitUnit) -> Limit:
        """Return a duration as a limit in a unit; the inverse of `duration`."""
        return Limit(duration / self._unit_length(unit), unit)

    def add(self, moment: datetime, limit: Limit) -> datetime:
        """Return the end of a limit that begins at `moment`.

        Raises
        ------
        QueryError
            If a year is not in 1900..2200.

        Examples
        --------
        Four working hours from Friday 17:00: one on Friday, three on Monday.

        >>> friday = datetime(2026, 11, 20, 17, 0, tzinfo=load_calendar().zone)
        >>> load_calendar().add(friday, Limit(4, LimitUnit.WORKING_HOURS)).isoformat()
        '2026-11-23T11:00:00+08:00'
        """
        return self.shift([moment], [self.duration(limit)], [limit.unit])[0]

    def working_seconds(self, since: datetime, until: datetime) -> float:
        """Return the working seconds from `since` to `until`; negative if `until` is earlier."""
        return self.elapsed(since, until, LimitUnit.WORKING_HOURS).total_seconds()

    def elapsed(self, since: datetime, until: datetime, unit: LimitUnit) -> timedelta:
        """Return the time from `since` to `until` that counts for a unit; negative if `until` is earlier.

        Raises
        ------
        QueryError
            If a year is not in 1900..2200.
        """
        moments_us = _to_us([since, until])
        before, after = (self._working_time().worked(moments_us) if unit.is_working else moments_us).tolist()
        return timedelta(microseconds=after - before)

    def shift(self, moments: Sequence[datetime], by: Sequence[timedelta], units: Sequence[LimitUnit]) -> list[datetime]:
        """Return each time moved by a duration, which counts working hours only if its unit does; negative moves back.

        Raises
        ------
        QueryError
            If a year is not in 1900..2200.
        """
        moments_us = _to_us(moments)
        by_us = np.array([duration // _MICROSECOND for duration in by], dtype=np.int64)
        working = np.array([unit.is_working for unit in units], dtype=bool)
        moved = moments_us + by_us
        moved[working] = self._working_time().shift(moments_us[working], by_us[working])
        return [(_EPOCH + timedelta(microseconds=moment)).astimezone(self.zone) for moment in moved.tolist()]

    def _unit_length(self, unit: LimitUnit) -> timedelta:
        return self.day_length if unit is LimitUnit.WORKING_DAYS else timedelta(hours=1)

    def _working_time(self) -> WorkingTime:
        """Return the cumulative working time in the time zone of the district."""
        zone = local_zone()
        if zone.key not in self._by_zone:
            self._by_zone[zone.key] = self._build_working_time(zone)
        return self._by_zone[zone.key]

    def _build_working_time(self, zone: ZoneInfo) -> WorkingTime:
        days = np.arange(np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR + 1}-01-01"))
        week = [day not in self.weekend for day in range(1, 8)]
        is_working = np.is_busday(days, weekmask=week, holidays=np.array(sorted(self.holidays), dtype="datetime64[D]"))
        is_working |= np.isin(days, np.array(sorted(self.working_days), dtype="datetime64[D]"))
        hours = [[_since_midnight(moment) // _MICROSECOND for moment in span] for span in self.hours]
        return WorkingTime.build(days, is_working, np.array(hours, dtype=np.int64), zone)


load_calendar = WorkingCalendar.load


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


def _to_us(moments: Sequence[datetime]) -> NDArray[np.int64]:
    return np.array([(moment - _EPOCH) // _MICROSECOND for moment in moments], dtype=np.int64)
