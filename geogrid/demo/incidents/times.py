"""Random times of report and of handling of the synthetic incidents."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.local_time import DEFAULT_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_DAY: Final = date(2022, 1, 1)
LAST_DAY: Final = date(2022, 6, 30)
_DAYS: Final = (LAST_DAY - FIRST_DAY).days + 1
#: Relative number of reports by weekday, Monday to Sunday.
_WEEKDAY: Final = np.array([1.08, 1.05, 1.04, 1.02, 1.0, 0.78, 0.66])
#: The public holiday of the Spring Festival in 2022.
_FESTIVAL: Final = (date(2022, 1, 31), date(2022, 2, 6))
#: Relative number of reports by hour of the day: general, and of evening categories.
_BY_DAY: Final = np.array([1, 1, 1, 1, 1, 2, 6, 14, 34, 46, 44, 30, 16, 18, 36, 44, 40, 30, 18, 12, 9, 6, 3, 2])
_BY_EVENING: Final = np.array([4, 2, 1, 1, 1, 3, 14, 22, 16, 14, 16, 22, 20, 12, 12, 16, 26, 44, 56, 54, 44, 28, 14, 7])
#: The evening categories: shops extending onto the road, and street vendors.
_EVENING: Final = ("Z01", "Z02")
#: Relative frequency of a category by month, from January.
_SEASON: Final = {
    "Z01": (0.8, 0.7, 0.95, 1.05, 1.2, 1.3),
    "Z02": (0.7, 0.6, 0.9, 1.1, 1.3, 1.4),
    "Z04": (0.5, 0.5, 1.2, 1.5, 1.3, 1.0),
    "Z06": (0.6, 0.6, 1.0, 1.2, 1.3, 1.3),
    "Z10": (0.4, 0.4, 0.9, 1.4, 1.5, 1.4),
}


def draw_reported(categories: NDArray[np.str_], rng: np.random.Generator) -> list[datetime]:
    """Return a random report time for each category, in local time, to the second."""
    days = np.zeros(len(categories), dtype=np.int64)
    hours = np.zeros(len(categories), dtype=np.int64)
    for code in np.unique(categories).tolist():
        rows = np.flatnonzero(categories == code)
        days[rows] = rng.choice(_DAYS, len(rows), p=_normalize(_day_weights(code)))
        hours[rows] = rng.choice(24, len(rows), p=_normalize(_BY_EVENING if code in _EVENING else _BY_DAY))
    seconds = rng.integers(0, 3600, len(categories))
    start = datetime.combine(FIRST_DAY, time.min, DEFAULT_ZONE)
    return [
        start + timedelta(days=day, hours=hour, seconds=second)
        for day, hour, second in zip(days.tolist(), hours.tolist(), seconds.tolist(), strict=True)
    ]


def draw_handled(
    reported: list[datetime], usual_hours: NDArray[np.float64], handled: int, rng: np.random.Generator
) -> list[datetime | None]:
    """Return random handling times, most within the usual hours, and None for all but `handled` reports.

    Later reports are more likely to be open.
    """
    taken = rng.lognormal(np.log(usual_hours * 0.45), 0.6)
    age = np.linspace(0.0, 1.0, len(reported))
    order = np.argsort(np.argsort(np.array([moment.timestamp() for moment in reported]), kind="stable"))
    weight = np.exp(6.0 * age[order])
    still_open = set(
        rng.choice(len(reported), len(reported) - handled, replace=False, p=weight / weight.sum()).tolist()
    )
    return [
        None if row in still_open else moment + timedelta(seconds=round(hours * 3600))
        for row, (moment, hours) in enumerate(zip(reported, taken.tolist(), strict=True))
    ]


def _day_weights(code: str) -> NDArray[np.float64]:
    season = _SEASON.get(code, (1.0,) * 6)
    days = [FIRST_DAY + timedelta(days=number) for number in range(_DAYS)]
    quiet = np.array([0.35 if _FESTIVAL[0] <= day <= _FESTIVAL[1] else 1.0 for day in days])
    weight: NDArray[np.float64] = quiet * [_WEEKDAY[day.weekday()] * season[day.month - 1] for day in days]
    return weight


def _normalize(weights: NDArray[np.number]) -> NDArray[np.float64]:
    return np.asarray(weights / weights.sum(), dtype=np.float64)
