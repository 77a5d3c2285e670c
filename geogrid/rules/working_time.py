"""Conversion between times and cumulative working time, on arrays.

All values are whole microseconds, so there are no rounding errors. Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from geogrid.errors import QueryError
from geogrid.local_time import FIRST_YEAR, LAST_YEAR, offset_changes

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from geogrid.local_time import OffsetChange

    IntArray = NDArray[np.int64]

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
#: Before and after all times of the calendar.
_FOREVER_US: Final = (-(2**61), 2**61)


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Cumulative working time over consecutive days.

    Attributes
    ----------
    first_us, last_us
        Start of the first day, and end of the last one.
    begins_us, ends_us : ndarray of int64, shape (spans,)
        Begin and end of the working hours of all working days, in order.
    worked_us : ndarray of int64, shape (spans,)
        Working time until the end of each span.
    """

    first_us: int
    last_us: int
    begins_us: IntArray
    ends_us: IntArray
    worked_us: IntArray

    @classmethod
    def build(
        cls, days: NDArray[np.datetime64], is_working: NDArray[np.bool_], hours_us: IntArray, zone: ZoneInfo
    ) -> Self:
        """Accumulate the working time of days.

        Parameters
        ----------
        days
            Consecutive days.
        is_working
            Whether each day is a working day.
        hours_us : ndarray of int64, shape (spans, 2)
            Begin and end of the working hours as clock times, since midnight.
        zone
            Time zone of the clock.
        """
        midnights = days.astype("datetime64[us]").astype(np.int64)
        clock = (midnights[is_working, np.newaxis, np.newaxis] + hours_us).reshape(-1, 2)
        changes = offset_changes(zone)
        first, last = midnights[0] - _offset_us(changes[0]), midnights[-1] + DAY_US - _offset_us(changes[-1])
        begins, ends = clock_spans(clock, zone).T
        return cls(int(first), int(last), begins, ends, np.cumsum(ends - begins, dtype=np.int64))

    def shift(self, moments_us: IntArray, by_us: IntArray) -> IntArray:
        """Return times moved by working time; the result is the earliest time with that cumulative working time.

        A limit that is used up at the end of a span therefore ends there, not when work resumes. A shift of 0 keeps the
        time, even outside working hours.

        Raises
        ------
        QueryError
            If a time or a result is outside the days.
        """
        return np.where(by_us == 0, moments_us, self._time_at(self.worked(moments_us) + by_us))

    def worked(self, moments_us: IntArray) -> IntArray:
        """Return the cumulative working time at each time, since the first day.

        Raises
        ------
        QueryError
            If a time is outside the days.
        """
        if ((moments_us < self.first_us) | (moments_us >= self.last_us)).any():
            raise year_error()
        span = np.searchsorted(self.begins_us, moments_us, side="right") - 1
        # Before the first span, index -1 is the last one, which has not begun.
        left = np.maximum(self.ends_us[span] - moments_us, 0)
        return np.where(span < 0, 0, self.worked_us[span] - left)

    def _time_at(self, worked_us: IntArray) -> IntArray:
        span = np.searchsorted(self.worked_us, worked_us, side="left")
        if ((worked_us <= 0) | (span == len(self.worked_us))).any():
            raise year_error()
        moments: IntArray = self.ends_us[span] - (self.worked_us[span] - worked_us)
        return moments


def clock_spans(clock_us: IntArray, zone: ZoneInfo) -> IntArray:
    """Return the spans of time in which a clock shows the values of some spans.

    A value that occurs twice, because the clock is put back, counts twice; a value that the clock skips does not count.

    Parameters
    ----------
    clock_us : ndarray of int64, shape (n, 2)
        Begin and end of disjoint spans on the clock, in order, as microseconds since 1970 on it.
    zone
        Time zone of the clock.

    Examples
    --------
    In Chicago the clock went from 02:00 to 03:00 on 2026-03-08, 08:00 UTC.

    >>> from zoneinfo import ZoneInfo
    >>> clock = np.array([["2026-03-08T01:30", "2026-03-08T03:30"]], dtype="datetime64[us]").astype(np.int64)
    >>> clock_spans(clock, ZoneInfo("America/Chicago")).astype("datetime64[us]").astype("datetime64[m]")
    array([['2026-03-08T07:30', '2026-03-08T08:00'],
           ['2026-03-08T08:00', '2026-03-08T08:30']], dtype='datetime64[m]')
    """
    changes = offset_changes(zone)
    since = [_FOREVER_US[0], *(_change_us(change) for change in changes[1:]), _FOREVER_US[1]]
    found = []
    for change, (begin, end) in zip(changes, pairwise(since), strict=True):
        offset = _offset_us(change)
        first = np.searchsorted(clock_us[:, 1], begin + offset, side="right")
        last = np.searchsorted(clock_us[:, 0], end + offset, side="left")
        found.append(np.clip(clock_us[first:last] - offset, begin, end))
    return np.concatenate(found)


def _change_us(change: OffsetChange) -> int:
    return int(change.at.timestamp()) * SECOND_US


def _offset_us(change: OffsetChange) -> int:
    return change.seconds * SECOND_US


def year_error() -> QueryError:
    """Return the error for a time or due time outside the supported years."""
    return QueryError(
        f"The year of the time or of the due time is not in {FIRST_YEAR}..{LAST_YEAR}.",
        code="calendar_year",
        remedy="Use a time in these years.",
    )
