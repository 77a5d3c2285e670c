"""Change of the number of incidents per day between two periods, with its exact interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import date

_TAIL: Final = 0.025


class ComparedDays(NamedTuple):
    """Numbers of days on which two periods have incidents of a filter."""

    earlier: int
    later: int


@dataclass(frozen=True, slots=True)
class RateChange:
    """Ratio of two rates per day, later to earlier, with the limits of its 95 % interval.

    Attributes
    ----------
    ratio, low, high
        The ratio, and its limits; 1 is no change.
    """

    ratio: float
    low: float
    high: float

    @property
    def is_within_chance(self) -> bool:
        """Whether the interval contains no change."""
        return self.low <= 1 <= self.high


def count_days(
    earlier: tuple[date, date], later: tuple[date, date], newest: date | None, weekday: int | None = None
) -> ComparedDays:
    """Return the days of two periods that can have incidents: up to the newest day, and on the weekday of a filter.

    Parameters
    ----------
    earlier, later
        First and last day of each period.
    newest
        Day of the newest incident; a month that has ten days of data counts ten days.
    weekday
        Only these days, 1 for Monday to 7.

    Examples
    --------
    >>> from datetime import date
    >>> may, june = (date(2022, 5, 1), date(2022, 5, 31)), (date(2022, 6, 1), date(2022, 6, 30))
    >>> count_days(may, june, date(2022, 6, 10)), count_days(may, june, None, weekday=7)
    (ComparedDays(earlier=31, later=10), ComparedDays(earlier=5, later=4))
    """
    numbers = []
    for first, last in (earlier, later):
        end = min(last, newest) if newest else last
        days = (first + timedelta(days=number) for number in range((end - first).days + 1))
        numbers.append(sum(weekday in (None, day.isoweekday()) for day in days))
    return ComparedDays(*numbers)


def compare_rates(earlier: int, later: int, days: ComparedDays) -> RateChange | None:
    """Return the change of a rate per day, or None without incidents or days in a period.

    Given their sum, the later count is binomial, so the limits are those of Clopper and Pearson (Biometrika 26, 1934),
    as in ``poisson.test`` of R. Incidents are taken as independent: a series of reports of one event makes the true
    interval wider.

    Parameters
    ----------
    earlier, later
        Number of incidents in each period.
    days
        Number of days of each period.

    Examples
    --------
    The example of R's documentation, 11 of 800 and 21 of 3,011:

    >>> change = compare_rates(21, 11, ComparedDays(3011, 800))
    >>> round(change.ratio, 4), round(change.low, 4), round(change.high, 4), change.is_within_chance
    (1.9715, 0.8584, 4.2773, True)
    """
    if not (earlier and later and days.earlier and days.later):
        return None
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to import

    exposure = days.earlier / days.later
    low = float(betaincinv(later, earlier + 1, _TAIL))
    high = float(betaincinv(later + 1, earlier, 1 - _TAIL))
    return RateChange(
        ratio=later / earlier * exposure, low=low / (1 - low) * exposure, high=high / (1 - high) * exposure
    )
