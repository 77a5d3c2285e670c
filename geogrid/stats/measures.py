"""Measures of areas, computed from incident counts."""

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
    """Measure of an area."""

    COUNT = "count"
    PER_KM2 = "per_km2"
    PER_1000 = "per_1000"
    HANDLED_RATE = "handled_rate"
    OVERDUE_SHARE = "overdue_share"
    MEDIAN_HOURS = "median_hours"


#: Labels with units, in Chinese and in English.
MEASURE_LABELS: Final[Mapping[Measure, tuple[str, str]]] = {
    Measure.COUNT: ("件数", "incidents"),
    Measure.PER_KM2: ("每平方公里件数", "incidents per km²"),
    Measure.PER_1000: ("每千人件数", "incidents per 1,000 people"),
    Measure.HANDLED_RATE: ("办结率", "handled, of the received"),
    Measure.OVERDUE_SHARE: ("超时率", "overdue, of what is due"),
    Measure.MEDIAN_HOURS: ("结案时长中位数（小时）", "median hours to closing"),
}


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """Counts that a measure is computed from.

    Attributes
    ----------
    base
        Code of the count, or of the denominator of a share; None: the incidents with a duration.
    part
        Code of the numerator of a share, else None.
    small_below
        Base below which an area is marked as small. Rates of fewer than 20 events have a relative standard error above
        20 %, which statistical offices mark as unreliable. Counts are marked if one incident changes them by 20 %.
    """

    base: str | None
    part: str | None
    small_below: int


_SMALL_COUNT: Final = 5
_SMALL_RATE: Final = 20
MEASURE_RULES: Final[Mapping[Measure, MeasureRule]] = {
    Measure.COUNT: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_KM2: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_1000: MeasureRule("received", None, _SMALL_RATE),
    Measure.HANDLED_RATE: MeasureRule("received", "handled", _SMALL_RATE),
    Measure.OVERDUE_SHARE: MeasureRule("to_handle", "overdue", _SMALL_RATE),
    Measure.MEDIAN_HOURS: MeasureRule(None, None, _SMALL_RATE),
}
#: Measures with smoothed values.
SMOOTHED_MEASURES: Final = (Measure.PER_1000, Measure.HANDLED_RATE, Measure.OVERDUE_SHARE)


#: Measures of which a high value is good.
GOOD_IF_HIGH: Final = frozenset({Measure.HANDLED_RATE})


def count_excess(
    measure: Measure, base: Whole, part: Whole | None, km2: Floats, people: Floats
) -> tuple[Whole, Floats | None]:
    """Return the incidents that a measure counts against an area, and the number expected at the district's rate.

    Parameters
    ----------
    measure, base, part, km2, people
        As of `measure_values`.

    Returns
    -------
    observed : ndarray of int64, shape (n,)
        The numerator of the measure; of a measure in `GOOD_IF_HIGH` the rest of its base.
    expected : ndarray of float64, shape (n,), or None
        Shares of the sum of `observed` in proportion to the denominator; None for a median.

    Examples
    --------
    >>> observed, expected = count_excess(Measure.PER_KM2, np.array([8, 2]), None, np.array([1.0, 3.0]), np.zeros(2))
    >>> expected.tolist()
    [2.5, 7.5]
    """
    if measure is Measure.MEDIAN_HOURS:
        return base, None
    observed = base if part is None else base - part if measure in GOOD_IF_HIGH else part
    if part is not None:
        exposure = base.astype(np.float64)
    elif measure is Measure.COUNT:
        exposure = np.ones(len(base))
    else:
        exposure = np.nan_to_num(km2 if measure is Measure.PER_KM2 else people)
    return observed, observed.sum() * exposure / max(exposure.sum(), 1e-9)


def measure_values(
    measure: Measure, base: Whole, part: Whole | None, km2: Floats, people: Floats, medians: Floats
) -> Floats:
    """Return the values of a measure; NaN if undefined.

    Parameters
    ----------
    measure
        The measure.
    base, part
        Counts of its `MeasureRule`, shape (n,).
    km2, people, medians
        Area in km², population (NaN if unknown) and median hours (NaN if none), shape (n,).

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
    # Rounded like all other figures, so that pages agree.
    rates = (Rate(some, whole).value for some, whole in zip(part.tolist(), base.tolist(), strict=True))
    return np.array([np.nan if rate is None else rate for rate in rates], dtype=np.float64)


def weighted_medians(area: Whole, hours: Floats, number: Whole, areas: int) -> Floats:
    """Return the weighted median hours of each area.

    Parameters
    ----------
    area
        Index of the area of each row, shape (m,).
    hours
        Hours of each row, shape (m,).
    number
        Number of incidents of each row, at least 1, shape (m,).
    areas
        Number of areas.

    Returns
    -------
    ndarray of float64, shape (areas,)
        The mean of the two middle values for an even number; NaN for an area without rows.

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
