"""Kaplan-Meier quantiles of the time to closing, with open incidents as censored observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Standard normal quantile of a two-sided 95 % interval.
_Z: Final = 1.959964
#: Differences below this come from rounding.
_ROUNDING: Final = 1e-9


class Quantiles(NamedTuple):
    """A quantile of the durations of each area, with its 95 % interval; NaN where the data do not reach it.

    Attributes
    ----------
    value, low, high
        Quantile and interval in hours, shape (n,).
    """

    value: Floats
    low: Floats
    high: Floats


def survival_quantiles(
    area: Whole, hours: Floats, ended: Whole, unfinished: Whole, areas: int, share: float = 0.5
) -> Quantiles:
    """Return the time until a share of each area's incidents is closed.

    What is still open has lasted some hours already: the product-limit estimator of E. L. Kaplan and P. Meier (JASA 53,
    1958) counts it as open until then and leaves it out afterwards. Without open incidents the quantile is the
    ordinary one. The interval is that of R. Brookmeyer and J. Crowley (Biometrics 38, 1982), from the log-log band.

    Parameters
    ----------
    area, hours
        Area and hours of each row, shape (m,).
    ended, unfinished
        Number of incidents of each row that were closed after these hours, and that are open since then, shape (m,).
    areas
        Number of areas.
    share
        Share of the incidents, between 0 and 1; 0.5 for the median.

    Examples
    --------
    Three incidents closed after 2, 4 and 6 hours; with four more that have been open for 10 hours, the median is out of
    reach:

    >>> hours, one = np.array([2.0, 4.0, 6.0, 10.0]), np.zeros(4, dtype=int)
    >>> survival_quantiles(one, hours, np.array([1, 1, 1, 0]), np.array([0, 0, 0, 0]), 1).value.tolist()
    [4.0]
    >>> survival_quantiles(one, hours, np.array([1, 1, 1, 0]), np.array([0, 0, 0, 4]), 1).value.tolist()
    [nan]
    """
    order = np.lexsort((hours, area))
    area, hours, ended, unfinished = area[order], hours[order], ended[order], unfinished[order]
    starts = np.flatnonzero((np.diff(area, prepend=-1) != 0) | (np.diff(hours, prepend=-1.0) != 0))
    if len(starts):
        ended, unfinished = (np.add.reduceat(number, starts) for number in (ended, unfinished))
    area, hours = area[starts], hours[starts]
    total = np.bincount(area, weights=ended + unfinished, minlength=areas)
    done = np.cumsum(ended + unfinished) - (ended + unfinished)
    at_risk = total[area] - (done - _first_of(area, done, areas)[area])
    closed = ended > 0
    area, hours, ended, at_risk = area[closed], hours[closed], ended[closed], at_risk[closed]
    # The last incidents of an area may all be closed: nothing is left, and no logarithm.
    left = at_risk - ended
    log_step = np.log1p(np.where(left > 0, -ended / at_risk, 0.0))
    surviving = np.where(left > 0, np.exp(_sum_within(area, log_step, areas)), 0.0)
    spread = _sum_within(area, np.where(left > 0, ended / (at_risk * np.maximum(left, 1)), 0.0), areas)
    low, high = _log_log_band(surviving, spread)
    goal = 1.0 - share
    first, exact = _first_reached(area, surviving, goal, areas)
    value = _at(hours, first)
    # Where exactly this share is closed, any time until the next closing is such a quantile: take the middle.
    following = np.where(exact & (first + 1 < len(area)), first + 1, first)
    same = exact & (first >= 0) & (_at(area.astype(np.float64), following) == np.arange(areas))
    value = np.where(same, (value + _at(hours, following)) / 2, value)
    return Quantiles(value, *(_at(hours, _first_reached(area, band, goal, areas)[0]) for band in (low, high)))


def _first_of(area: Whole, values: NDArray[np.float64] | Whole, areas: int) -> NDArray[np.float64]:
    """Return the first value of each area, 0 for an area without rows; rows are ordered by area."""
    found, rows = np.unique(area, return_index=True)
    first = np.zeros(areas)
    first[found] = values[rows]
    return first


def _sum_within(area: Whole, values: Floats, areas: int) -> Floats:
    """Return the running sums of the values of each area; rows are ordered by area."""
    sums = np.cumsum(values)
    return sums - _first_of(area, sums - values, areas)[area]


def _log_log_band(surviving: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return the 95 % limits of shares that are still open; `spread` is the sum of Greenwood's formula.

    They are NaN where nothing is open any more, as in R's ``survfit``.
    """
    inside = (surviving > 0) & (surviving < 1)
    log = np.log(np.where(inside, surviving, 0.5))
    half = _Z * np.sqrt(spread) / -log
    low, high = (np.where(inside, np.exp(log * np.exp(sign * half)), np.nan) for sign in (1, -1))
    return low, high


def _first_reached(area: Whole, surviving: Floats, goal: float, areas: int) -> tuple[Whole, NDArray[np.bool_]]:
    """Return the first row of each area with a share of at most `goal`, or -1; and whether it is exactly that share."""
    rows = np.flatnonzero(surviving <= goal + _ROUNDING)
    found, places = np.unique(area[rows], return_index=True)
    first = np.full(areas, -1, dtype=np.int64)
    first[found] = rows[places]
    return first, (first >= 0) & (np.abs(_at(surviving, first) - goal) <= _ROUNDING)


def _at(values: Floats, rows: Whole) -> Floats:
    """Return the values of rows, NaN for row -1."""
    return np.append(values, np.nan)[np.where(rows < 0, len(values), rows)]
