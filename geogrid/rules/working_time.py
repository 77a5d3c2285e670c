"""Conversion between times and cumulative working time, on arrays.

All values are whole microseconds, so there are no rounding errors. Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import QueryError
from geogrid.local_time import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Cumulative working time over consecutive days.

    Attributes
    ----------
    origin_us
        Start of the first day.
    worked_us : ndarray of int64, shape (days + 1,)
        Working time before the start of each day, and before the end of the last one.
    spans_us : ndarray of int64, shape (spans, 2)
        Begin and end of the working hours, since midnight.
    """

    origin_us: int
    worked_us: IntArray
    spans_us: IntArray

    @classmethod
    def build(cls, origin_us: int, is_working: NDArray[np.bool_], spans_us: IntArray) -> WorkingTime:
        """Accumulate the working time of days, of which `is_working` marks the working days."""
        daily = is_working * np.diff(spans_us).sum()
        return cls(origin_us, np.concatenate(([0], np.cumsum(daily, dtype=np.int64))), spans_us)

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
        day, of_day = np.divmod(moments_us - self.origin_us, DAY_US)
        self._check(day)
        begins, ends = self.spans_us.T
        today = (np.clip(of_day[:, np.newaxis], begins, ends) - begins).sum(axis=1)
        before, after = self.worked_us[day], self.worked_us[day + 1]
        return before + np.where(after > before, today, 0)

    def _time_at(self, worked_us: IntArray) -> IntArray:
        day = np.searchsorted(self.worked_us, worked_us, side="left") - 1
        self._check(day)
        today = worked_us - self.worked_us[day]
        begins, ends = self.spans_us.T
        totals = np.cumsum(ends - begins)
        span = np.searchsorted(totals, today, side="left")
        moments: IntArray = self.origin_us + day * DAY_US + ends[span] - (totals[span] - today)
        return moments

    def _check(self, day: NDArray[np.intp]) -> None:
        if ((day < 0) | (day >= len(self.worked_us) - 1)).any():
            raise year_error()


def year_error() -> QueryError:
    """Return the error for a time or due time outside the supported years."""
    return QueryError(
        f"The year of the time or of the due time is not in {FIRST_YEAR}..{LAST_YEAR}.",
        code="calendar_year",
        remedy="Use a time in these years.",
    )
