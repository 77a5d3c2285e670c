"""Classify values for choropleth maps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Range of the number of classes that readers can distinguish by colour.
MIN_CLASSES, MAX_CLASSES = 5, 7
#: Class of NaN.
NO_CLASS: Final = -1
#: Above this number of distinct values natural breaks are computed on groups, at most twice as many.
_GROUPS: Final = 250


class ClassMethod(StrEnum):
    """Classification method: quantiles, natural breaks (Fisher-Jenks), or fixed bounds for comparable maps."""

    QUANTILES = "quantiles"
    NATURAL = "natural"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The classes of values.

    Attributes
    ----------
    bounds
        Highest value of each class, ascending; values above all fixed bounds form a last class.
    lowest
        Minimum of the values, or NaN.
    of : ndarray of int64, shape (n,)
        Class of each value, from 0; `NO_CLASS` for NaN.
    """

    bounds: tuple[float, ...]
    lowest: float
    of: NDArray[np.int64]

    @property
    def counts(self) -> list[int]:
        """Number of values in each class."""
        counts: list[int] = np.bincount(self.of[self.of >= 0], minlength=len(self.bounds)).tolist()
        return counts


def classify(values: Floats, method: ClassMethod, k: int = MIN_CLASSES, bounds: Sequence[float] = ()) -> Classes:
    """Return the classes of values.

    Parameters
    ----------
    values
        Values in any unit, shape (n,). NaN gets `NO_CLASS`.
    method
        The classification method.
    k
        Maximum number of classes; ignored for fixed bounds.
    bounds
        Upper bounds of all classes but the last, ascending; for fixed bounds only.

    Raises
    ------
    QueryError
        If fixed bounds are missing, too many or not ascending.

    Examples
    --------
    >>> classes = classify(np.array([1.0, 2, 3, 14, 15, 100, np.nan]), ClassMethod.NATURAL, 3)
    >>> classes.bounds, classes.of.tolist()
    ((3.0, 15.0, 100.0), [0, 0, 0, 1, 1, 2, -1])
    >>> classify(np.array([0.0, 0, 7]), ClassMethod.QUANTILES).bounds
    (0.0, 7.0)
    """
    known = values[~np.isnan(values)]
    distinct, number = np.unique(known, return_counts=True)
    if method is ClassMethod.FIXED:
        uppers = _fixed(bounds, distinct)
    elif len(distinct) <= k:
        uppers = distinct
    elif method is ClassMethod.QUANTILES:
        # inverted_cdf returns values that occur, without interpolation.
        uppers = np.unique(np.quantile(known, np.arange(1, k + 1) / k, method="inverted_cdf"))
    else:
        uppers = _natural(distinct, number, k)
    of = np.where(np.isnan(values), NO_CLASS, np.searchsorted(uppers, values))
    return Classes(tuple(uppers.tolist()), float(distinct[0]) if len(distinct) else float("nan"), of)


def _fixed(bounds: Sequence[float], distinct: Floats) -> Floats:
    if (
        not bounds
        or len(bounds) >= MAX_CLASSES
        or not all(low < high for low, high in pairwise([-np.inf, *bounds, np.inf]))
    ):
        raise QueryError(
            f"Fixed classes require 1 to {MAX_CLASSES - 1} ascending bounds.",
            code="class_bounds",
            field="bounds",
            remedy="For example bounds=10,20,50,100.",
        )
    last = [distinct[-1]] if len(distinct) and distinct[-1] > bounds[-1] else []
    return np.array([*bounds, *last], dtype=np.float64)


def _natural(distinct: Floats, number: NDArray[np.int64], k: int) -> Floats:
    """Return the upper bounds of k classes with the minimum sum of squared deviations from the class means.

    Exact dynamic programming of W. D. Fisher (On grouping for maximum homogeneity, JASA 53, 1958), which Jenks uses for
    maps, over distinct values with their counts.
    """
    # Group values that are adjacent both in rank and in size.
    place = np.arange(len(distinct)) * _GROUPS // len(distinct)
    step = ((distinct - distinct[0]) / (distinct[-1] - distinct[0]) * _GROUPS).astype(np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(place) | np.diff(step)) + 1])
    lasts = np.append(starts[1:], len(distinct)) - 1
    # Centre the values, because squares of large values lose precision.
    centred = distinct - np.average(distinct, weights=number)
    parts = (np.add.reduceat(number * centred**power, starts) for power in range(3))
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in parts]
    size, mean, square = (part[None, 1:] - part[:-1, None] for part in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Cost of a class from group i to group j; infinite for j < i.
        cost = np.where(size > 0, square - mean**2 / size, np.inf)
    best, ways = cost[0], []
    for _ in range(1, k):
        total = np.full_like(cost, np.inf)
        total[1:] = best[:-1, None] + cost[1:]
        ways.append(total.argmin(axis=0))
        best = total.min(axis=0)
    ends = [len(starts) - 1]
    for way in reversed(ways):
        ends.append(int(way[ends[-1]]) - 1)
    uppers: Floats = distinct[lasts[ends[::-1]]]
    return uppers
