"""When the made-up incidents were reported and handled."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.local_time import LOCAL_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST_DAY: Final = date(2022, 1, 1)
LAST_DAY: Final = date(2022, 6, 30)
_DAYS: Final = (LAST_DAY - FIRST_DAY).days + 1
#: Monday to Sunday.
_WEEKDAY: Final = np.array([1.08, 1.05, 1.04, 1.02, 1.0, 0.78, 0.66])
#: The public holiday of the Spring Festival in 2022.
_FESTIVAL: Final = (date(2022, 1, 31), date(2022, 2, 6))
#: How many are reported in each hour of the day, beside each other: patrols by day, vendors in the evening.
_BY_DAY: Final = np.array([1, 1, 1, 1, 1, 2, 6, 14, 34, 46, 44, 30, 16, 18, 36, 44, 40, 30, 18, 12, 9, 6, 3, 2])
_BY_EVENING: Final = np.array([4, 2, 1, 1, 1, 3, 14, 22, 16, 14, 16, 22, 20, 12, 12, 16, 26, 44, 56, 54, 44, 28, 14, 7])
#: The categories of the evening: trade on the road and vendors.
_EVENING: Final = ("Z01", "Z02")
#: Months (January first) in which a category is more or less frequent than in others.
_SEASON: Final = {
    "Z01": (0.8, 0.7, 0.95, 1.05, 1.2, 1.3),
    "Z02": (0.7, 0.6, 0.9, 1.1, 1.3, 1.4),
    "Z04": (0.5, 0.5, 1.2, 1.5, 1.3, 1.0),
    "Z06": (0.6, 0.6, 1.0, 1.2, 1.3, 1.3),
    "Z10": (0.4, 0.4, 0.9, 1.4, 1.5, 1.4),
}


def draw_reported(categories: NDArray[np.str_], rng: np.random.Generator) -> list[datetime]:
    """Draw the moment of each report, by its category, to the second, on the clock of the district."""
    days = np.zeros(len(categories), dtype=np.int64)
    hours = np.zeros(len(categories), dtype=np.int64)
    for code in np.unique(categories).tolist():
        rows = np.flatnonzero(categories == code)
        days[rows] = rng.choice(_DAYS, len(rows), p=_share(_day_weights(code)))
        hours[rows] = rng.choice(24, len(rows), p=_share(_BY_EVENING if code in _EVENING else _BY_DAY))
    seconds = rng.integers(0, 3600, len(categories))
    start = datetime.combine(FIRST_DAY, time.min, LOCAL_ZONE)
    return [
        start + timedelta(days=day, hours=hour, seconds=second)
        for day, hour, second in zip(days.tolist(), hours.tolist(), seconds.tolist(), strict=True)
    ]


def draw_handled(
    reported: list[datetime], usual_hours: NDArray[np.float64], handled: int, rng: np.random.Generator
) -> list[datetime | None]:
    """Draw when each was handled, most within the usual hours; all but `handled` of them are still open.

    The later a report, the likelier that it is open.
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


def _share(weights: NDArray[np.number]) -> NDArray[np.float64]:
    return np.asarray(weights / weights.sum(), dtype=np.float64)
