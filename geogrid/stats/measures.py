"""What is measured of areas, and how it is made from counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.model.figures import Rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_THOUSAND: Final = 1_000


class Measure(StrEnum):
    """What is measured of an area."""

    COUNT = "count"
    PER_KM2 = "per_km2"
    PER_1000 = "per_1000"
    HANDLED_RATE = "handled_rate"
    OVERDUE_SHARE = "overdue_share"
    MEDIAN_HOURS = "median_hours"


#: What they are called, with their units, in Chinese and in English.
MEASURES: Final[Mapping[Measure, tuple[str, str]]] = {
    Measure.COUNT: ("件数", "incidents"),
    Measure.PER_KM2: ("每平方公里件数", "incidents per km²"),
    Measure.PER_1000: ("每千人件数", "incidents per 1,000 people"),
    Measure.HANDLED_RATE: ("办结率", "handled, of the received"),
    Measure.OVERDUE_SHARE: ("超时率", "overdue, of what is due"),
    Measure.MEDIAN_HOURS: ("结案时长中位数（小时）", "median hours to closing"),
}


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How a measure is made from counts.

    Attributes
    ----------
    base
        The count (a code of the formulas) that it is made of, or the denominator of a share; None: what has a duration.
    part
        The numerator of a share; None where it is none.
    small_below
        An area with a smaller base is small: chance alone may have put it in another class. A rate of fewer than 20
        events has a relative standard error of more than a fifth, at which bureaus of statistics mark it as unreliable;
        counts are not estimates, and are marked where one incident more or less changes them by a fifth.
    """

    base: str | None
    part: str | None
    small_below: int


_SMALL_COUNT: Final = 5
_SMALL_RATE: Final = 20
RULES: Final[Mapping[Measure, MeasureRule]] = {
    Measure.COUNT: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_KM2: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_1000: MeasureRule("received", None, _SMALL_RATE),
    Measure.HANDLED_RATE: MeasureRule("received", "handled", _SMALL_RATE),
    Measure.OVERDUE_SHARE: MeasureRule("to_handle", "overdue", _SMALL_RATE),
    Measure.MEDIAN_HOURS: MeasureRule(None, None, _SMALL_RATE),
}
#: What can be smoothed.
SMOOTHED: Final = (Measure.PER_1000, Measure.HANDLED_RATE, Measure.OVERDUE_SHARE)


def measure_values(
    measure: Measure, base: Whole, part: Whole | None, km2: Floats, people: Floats, medians: Floats
) -> Floats:
    """Return the values of a measure, NaN where there is none.

    Parameters
    ----------
    measure
        Which.
    base, part
        The counts of its `MeasureRule`, shape (n,).
    km2, people, medians
        Of the areas: square kilometres; people, NaN where nobody has said; hours, NaN for none. Shape (n,).

    Examples
    --------
    >>> areas = {"km2": np.array([0.5]), "people": np.array([1500.0]), "medians": np.array([7.5])}
    >>> whole = (Measure.COUNT, Measure.PER_KM2, Measure.PER_1000, Measure.MEDIAN_HOURS)
    >>> [measure_values(measure, np.array([3]), None, **areas).tolist() for measure in whole]
    [[3.0], [6.0], [2.0], [7.5]]
    >>> measure_values(Measure.HANDLED_RATE, np.array([3]), np.array([2]), **areas).tolist()
    [0.6667]
    """
    if measure is Measure.COUNT:
        return base.astype(np.float64)
    if measure is Measure.PER_KM2:
        return base / np.where(km2 > 0, km2, np.nan)
    if measure is Measure.PER_1000:
        return base / np.where(people > 0, people, np.nan) * _THOUSAND
    if part is None:
        return medians
    # Rounded as all other figures are, so that no two pages differ in the last place.
    rates = (Rate(some, whole).value for some, whole in zip(part.tolist(), base.tolist(), strict=True))
    return np.array([np.nan if rate is None else rate for rate in rates], dtype=np.float64)


def weighted_medians(area: Whole, hours: Floats, number: Whole, areas: int) -> Floats:
    """Return the median of each area, from hours that several incidents share.

    Parameters
    ----------
    area
        The area of each row, from 0, shape (m,).
    hours
        The hours of each row.
    number
        How many incidents it stands for, at least one.
    areas
        How many areas there are.

    Returns
    -------
    ndarray of float64, shape (areas,)
        Between two middle ones it is their mean; NaN for an area without a row.

    Examples
    --------
    >>> weighted_medians(np.array([0, 0, 2]), np.array([8.0, 2.0, 5.0]), np.array([1, 1, 4]), 3).tolist()
    [5.0, nan, 5.0]
    """
    order = np.lexsort((hours, area))
    area, hours, number = area[order], hours[order], number[order]
    total = np.bincount(area, weights=number, minlength=areas).astype(np.int64)
    before = np.concatenate([[0], np.cumsum(total)[:-1]])
    ends = np.cumsum(number)
    medians = np.full(areas, np.nan)
    filled = total > 0
    low, high = (
        hours[np.searchsorted(ends, before[filled] + middle, side="right")]
        for middle in ((total[filled] - 1) // 2, total[filled] // 2)
    )
    medians[filled] = (low + high) / 2
    return medians
