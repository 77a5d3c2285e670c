"""Working time as a scale of its own: how much has been worked by a moment, and when so much will have been.

All is in whole microseconds, so that nothing drifts. Moments are microseconds since 1970 in UTC.
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
    """Days one after the other, some of them worked, each of these in the same spans.

    Attributes
    ----------
    origin_us
        The moment at which the first day begins.
    worked_us : ndarray of int64, shape (days + 1,)
        What has been worked when each day begins, and when the last one ends.
    spans_us : ndarray of int64, shape (spans, 2)
        From when to when a working day is worked, since its midnight.
    """

    origin_us: int
    worked_us: IntArray
    spans_us: IntArray

    @classmethod
    def build(cls, origin_us: int, is_working: NDArray[np.bool_], spans_us: IntArray) -> WorkingTime:
        """Count the working time of days, given which of them are worked."""
        daily = is_working * np.diff(spans_us).sum()
        return cls(origin_us, np.concatenate(([0], np.cumsum(daily, dtype=np.int64))), spans_us)

    def shift(self, moments_us: IntArray, by_us: IntArray) -> IntArray:
        """Move moments by working time, ahead or back, to the earliest moment by which so much has been worked.

        So what is due at the end of a span is due at noon or in the evening, not when work begins again. Moments that
        are moved by nothing stay, outside working hours too.

        Raises
        ------
        QueryError
            If a moment is, or would be, in none of the days.
        """
        return np.where(by_us == 0, moments_us, self._reached(self.worked(moments_us) + by_us))

    def worked(self, moments_us: IntArray) -> IntArray:
        """Return what has been worked by each moment since the first day.

        Raises
        ------
        QueryError
            If a moment is in none of the days.
        """
        day, of_day = np.divmod(moments_us - self.origin_us, DAY_US)
        self._check(day)
        begins, ends = self.spans_us.T
        today = (np.clip(of_day[:, np.newaxis], begins, ends) - begins).sum(axis=1)
        before, after = self.worked_us[day], self.worked_us[day + 1]
        return before + np.where(after > before, today, 0)

    def _reached(self, worked_us: IntArray) -> IntArray:
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
    """Return the error of a day, or of a due time, in a year that makes no sense."""
    return QueryError(
        f"The year of the moment or of what is due is not in {FIRST_YEAR}..{LAST_YEAR}.",
        code="calendar_year",
        remedy="Ask for a moment in between.",
    )
