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
    FloatPair = tuple[Floats, Floats]

_THOUSAND: Final = 1_000
_TAIL: Final = 0.025


class Measure(StrEnum):
    """Measure of an area."""

    COUNT = "count"
    PER_KM2 = "per_km2"
    PER_1000 = "per_1000"
    HANDLED_RATE = "handled_rate"
    OVERDUE_SHARE = "overdue_share"
    PATROL_SHARE = "patrol_share"
    HOTLINE_SHARE = "hotline_share"
    RESIDENT_SHARE = "resident_share"
    MEDIAN_HOURS = "median_hours"
    HOURS_OF_90 = "hours_of_90"


#: Labels with units, in Chinese and in English.
MEASURE_LABELS: Final[Mapping[Measure, tuple[str, str]]] = {
    Measure.COUNT: ("件数", "incidents"),
    Measure.PER_KM2: ("每平方公里件数", "incidents per km²"),
    Measure.PER_1000: ("每千人件数", "incidents per 1,000 people"),
    Measure.HANDLED_RATE: ("办结率", "handled, of the received"),
    Measure.OVERDUE_SHARE: ("超时率", "overdue, of what is due"),
    Measure.PATROL_SHARE: ("巡查发现占比", "found on patrol, of the received"),
    Measure.HOTLINE_SHARE: ("热线反映占比", "from the hotline, of the received"),
    Measure.RESIDENT_SHARE: ("居民上报占比", "reported by residents, of the received"),
    Measure.MEDIAN_HOURS: ("半数结案所需时长（小时）", "median hours to closing"),
    Measure.HOURS_OF_90: ("九成结案所需时长（小时）", "hours to close 90 %"),
}


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """Counts that a measure is computed from.

    Attributes
    ----------
    base
        Code of the count, or of the denominator of a share; None: incidents that are neither void nor merged.
    part
        Code of the numerator of a share, else None.
    small_below
        Base below which an area is marked as small. Rates of fewer than 20 events have a relative standard error above
        20 %, which statistical offices mark as unreliable. Counts are marked if one incident changes them by 20 %.
    """

    base: str | None
    part: str | None
    small_below: int

    @property
    def counts(self) -> frozenset[str]:
        """Codes of the counts that the measure is computed from; empty for times to closing."""
        return frozenset(filter(None, (self.base, self.part)))


_SMALL_COUNT: Final = 5
_SMALL_RATE: Final = 20
MEASURE_RULES: Final[Mapping[Measure, MeasureRule]] = {
    Measure.COUNT: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_KM2: MeasureRule("received", None, _SMALL_COUNT),
    Measure.PER_1000: MeasureRule("received", None, _SMALL_RATE),
    Measure.HANDLED_RATE: MeasureRule("received", "handled", _SMALL_RATE),
    Measure.OVERDUE_SHARE: MeasureRule("to_handle", "overdue", _SMALL_RATE),
    Measure.PATROL_SHARE: MeasureRule("received", "from_patrol", _SMALL_RATE),
    Measure.HOTLINE_SHARE: MeasureRule("received", "from_hotline", _SMALL_RATE),
    Measure.RESIDENT_SHARE: MeasureRule("received", "from_resident", _SMALL_RATE),
    Measure.MEDIAN_HOURS: MeasureRule(None, None, _SMALL_RATE),
    Measure.HOURS_OF_90: MeasureRule(None, None, _SMALL_RATE),
}
#: Measures of the time to closing, and the share of the incidents that is closed by then.
CLOSED_SHARES: Final[Mapping[Measure, float]] = {Measure.MEDIAN_HOURS: 0.5, Measure.HOURS_OF_90: 0.9}
#: Measures that are shares of 1.
SHARE_MEASURES: Final = tuple(measure for measure, rule in MEASURE_RULES.items() if rule.part)
#: Measures with smoothed values.
SMOOTHED_MEASURES: Final = (Measure.PER_1000, *SHARE_MEASURES)


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
        Shares of the sum of `observed` in proportion to the denominator; None for a time.

    Examples
    --------
    >>> observed, expected = count_excess(Measure.PER_KM2, np.array([8, 2]), None, np.array([1.0, 3.0]), np.zeros(2))
    >>> expected.tolist()
    [2.5, 7.5]
    """
    if measure in CLOSED_SHARES:
        return base, None
    observed = base if part is None else base - part if measure in GOOD_IF_HIGH else part
    if part is not None:
        exposure = base.astype(np.float64)
    elif measure is Measure.COUNT:
        exposure = np.ones(len(base))
    else:
        exposure = np.nan_to_num(km2 if measure is Measure.PER_KM2 else people)
    return observed, observed.sum() * exposure / max(exposure.sum(), 1e-9)


def measure_values(measure: Measure, base: Whole, part: Whole | None, km2: Floats, people: Floats) -> Floats:
    """Return counts, densities or shares; NaN if undefined.

    Parameters
    ----------
    measure
        The measure; not a time to closing.
    base, part
        Counts of its `MeasureRule`, shape (n,).
    km2, people
        Area in km² and population (NaN if unknown), shape (n,).

    Examples
    --------
    >>> areas = {"km2": np.array([0.5]), "people": np.array([1500.0])}
    >>> whole = (Measure.COUNT, Measure.PER_KM2, Measure.PER_1000)
    >>> [measure_values(measure, np.array([3]), None, **areas).tolist() for measure in whole]
    [[3.0], [6.0], [2.0]]
    >>> measure_values(Measure.HANDLED_RATE, np.array([3]), np.array([2]), **areas).tolist()
    [0.6667]
    """
    if part is None:
        return base / _exposure(measure, km2, people)
    # Rounded like all other figures, so that pages agree.
    rates = (Rate(some, whole).value for some, whole in zip(part.tolist(), base.tolist(), strict=True))
    return np.array([np.nan if rate is None else rate for rate in rates], dtype=np.float64)


def _exposure(measure: Measure, km2: Floats, people: Floats) -> Floats:
    """Return the denominators of a measure: 1, km² or thousands of people; NaN instead of 0."""
    if measure is Measure.PER_KM2:
        return np.where(km2 > 0, km2, np.nan)
    if measure is Measure.PER_1000:
        return np.where(people > 0, people, np.nan) / _THOUSAND
    return np.ones(len(km2))


def measure_intervals(measure: Measure, base: Whole, part: Whole | None, km2: Floats, people: Floats) -> FloatPair:
    """Return the 95 % interval of counts, densities and shares; NaN if undefined.

    Counts have the exact interval of a Poisson variable (F. Garwood, Biometrika 28, 1936), shares that of
    `geogrid.model.figures.Rate`. Incidents are taken as independent: reports that come in bursts make it too narrow.

    Parameters
    ----------
    measure, base, part, km2, people
        As of `measure_values`; not a time to closing.

    Returns
    -------
    low, high : ndarray of float64, shape (n,)

    Examples
    --------
    >>> low, high = measure_intervals(Measure.COUNT, np.array([0, 10]), None, np.ones(2), np.ones(2))
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 4.8], [3.69, 18.39])
    """
    if part is not None:
        pairs = [Rate(*pair).interval or (np.nan, np.nan) for pair in zip(part.tolist(), base.tolist(), strict=True)]
        low, high = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        return low, high
    from scipy.special import gammaincinv  # noqa: PLC0415 - slow to import

    low = np.where(base > 0, gammaincinv(np.maximum(base, 1), _TAIL), 0.0)
    high = gammaincinv(base + 1, 1 - _TAIL)
    exposure = _exposure(measure, km2, people)
    return low / exposure, high / exposure
