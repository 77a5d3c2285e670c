"""Dataclasses of rates with their numerators and denominators, and their format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


_SCALE: Final = 10_000
#: Standard normal quantile of a two-sided 95 % interval.
_Z: Final = 1.959964


class DateField(StrEnum):
    """Date field of an incident that decides whether the incident falls in a period."""

    REPORTED = "reported_at"
    DUE = "due_at"
    CLOSE_DUE = "close_due_at"


@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio of two counts of incidents.

    Examples
    --------
    The first half of 2022, as published in the local press:

    >>> Rate(58_621, 59_369).value
    0.9874
    >>> Rate(0, 0).value is None
    True

    A rate is 0 or 1 only if all incidents agree:

    >>> Rate(59_368, 59_369).value, Rate(1, 59_369).value
    (0.9999, 0.0001)
    """

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The ratio, rounded half up to four decimals; None if the denominator is 0."""
        if self.denominator == 0:
            return None
        rounded = (2 * _SCALE * self.numerator + self.denominator) // (2 * self.denominator)
        if 0 < self.numerator < self.denominator:
            rounded = min(max(rounded, 1), _SCALE - 1)
        return rounded / _SCALE

    @property
    def interval(self) -> tuple[float, float] | None:
        """Limits of the 95 % interval of E. B. Wilson (JASA 22, 1927), to four decimals; None if the denominator is 0.

        Examples
        --------
        >>> Rate(81, 263).interval, Rate(59_369, 59_369).interval
        ((0.2553, 0.3662), (0.9999, 1.0))
        """
        if self.denominator == 0:
            return None
        n, share = self.denominator, self.numerator / self.denominator
        centre = share + _Z**2 / (2 * n)
        half = _Z * sqrt(share * (1 - share) / n + (_Z / (2 * n)) ** 2)
        low, high = (limit / (1 + _Z**2 / n) for limit in (centre - half, centre + half))
        return _round_limit(max(low, 0.0)), _round_limit(min(high, 1.0))


def _round_limit(share: float) -> float:
    """Return a share rounded to four decimals; 0 and 1 only for 0 and 1."""
    if 0 < share < 1:
        return min(max(round(share, 4), 1 / _SCALE), 1 - 1 / _SCALE)
    return share


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate by a formula, with the number of excluded incidents.

    Attributes
    ----------
    code
        Code of the formula.
    excluded
        Number of incidents not in the denominator, by the code of the reason.
    """

    code: str
    rate: Rate
    excluded: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WhistleCounts:
    """Numbers of whistles (吹哨); a whistle is one called department.

    Attributes
    ----------
    called
        All whistles: the sum of the following five.
    in_time, late
        Whistles to which the department has reported in (报到), before and after the due time.
    unanswered
        Whistles past their due time to which the department has not reported in.
    waiting
        Whistles that are neither answered nor due.
    ended
        Whistles whose incident ended before the due time, without an answer.
    ratings, rating_sum
        Number of the ratings by the street, and their sum.
    """

    called: int = 0
    in_time: int = 0
    late: int = 0
    unanswered: int = 0
    waiting: int = 0
    ended: int = 0
    ratings: int = 0
    rating_sum: int = 0

    @property
    def reported_in(self) -> int:
        """Number of whistles to which the department has reported in."""
        return self.in_time + self.late

    @property
    def average_rating(self) -> float | None:
        """Mean of the ratings, to two decimals; None without one."""
        return round(self.rating_sum / self.ratings, 2) if self.ratings else None

    @property
    def figures(self) -> list[Figure]:
        """The share of whistles answered, and answered in time; whistles that are not due or have ended are excluded.

        Examples
        --------
        >>> counts = WhistleCounts(called=5, in_time=2, late=1, unanswered=1, waiting=1)
        >>> [figure.rate.value for figure in counts.figures]
        [0.75, 0.5]
        """
        judged = self.reported_in + self.unanswered
        excluded = {"waiting": self.waiting, "ended": self.ended}
        return [
            Figure("report_in_rate", Rate(self.reported_in, judged), excluded),
            Figure("in_time_rate", Rate(self.in_time, judged), excluded),
        ]


def format_share(value: float | None, decimals: int = 2) -> str:
    """Return a share in per cent; 0 and 100 only for 0 and 1.

    Examples
    --------
    >>> format_share(0.98744), format_share(0.9999, 0), format_share(0.0001, 1), format_share(1.0), format_share(None)
    ('98.74%', '>99%', '<0.1%', '100.00%', '–')
    """
    if value is None:
        return "–"
    least = 10.0**-decimals
    if 0 < value < 1:
        percent = round(100 * value, decimals)
        if percent >= 100:  # noqa: PLR2004 - per cent
            return f">{100 - least:.{decimals}f}%"
        if percent <= 0:
            return f"<{least:.{decimals}f}%"
    return f"{value:.{decimals}%}"


def percentage_point_change(current: Rate, earlier: Rate) -> float | None:
    """Return the difference of two rounded rates in percentage points; None if one has no value.

    Examples
    --------
    >>> percentage_point_change(Rate(911, 972), Rate(9, 10))
    3.72
    """
    if current.value is None or earlier.value is None:
        return None
    return round((current.value - earlier.value) * 100, 2)
