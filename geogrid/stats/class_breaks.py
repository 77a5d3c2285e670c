"""Classify values for choropleth maps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Range of the number of classes that readers can distinguish by colour.
MIN_CLASSES, MAX_CLASSES = 5, 7
#: Class of NaN.
NO_CLASS: Final = -1


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
    maps, over distinct values with their counts. The best start of the last class does not decrease with its end, so
    each number of classes takes n log n costs (H. Wang and M. Song, Ckmeans.1d.dp, The R Journal 3, 2011).
    """
    # Centre the values, because squares of large values lose precision.
    centred = distinct - np.average(distinct, weights=number)
    sums = [np.concatenate([[0.0], np.cumsum(number * centred**power)]) for power in range(3)]

    def cost(first: Whole, last: Whole) -> Floats:
        """Return the cost of a class from each first value to the last."""
        size, total, square = (part[last + 1] - part[first] for part in sums)
        costs: Floats = square - total**2 / size
        return costs

    all_values = np.arange(len(distinct))
    best = cost(np.zeros_like(all_values), all_values)
    starts_by_classes = []
    for _ in range(1, k):
        best, starts = _add_class(best, cost)
        starts_by_classes.append(starts)
    ends = [len(distinct) - 1]
    for starts in reversed(starts_by_classes):
        ends.append(int(starts[ends[-1]]) - 1)
    uppers: Floats = distinct[ends[::-1]]
    return uppers


def _add_class(best: Floats, cost: Callable[[Whole, Whole], Floats]) -> tuple[Floats, Whole]:
    """Return the least cost up to each value with one more class, and the first value of that class."""
    found, starts = np.full(len(best), np.inf), np.zeros(len(best), dtype=np.int64)
    # Ranges of last values, each with the range of first values that can be best.
    ranges = [(1, len(best) - 1, 1, len(best) - 1)]
    while ranges:
        low, high, least, most = ranges.pop()
        if low > high:
            continue
        last = (low + high) // 2
        firsts = np.arange(least, min(last, most) + 1)
        totals = best[firsts - 1] + cost(firsts, np.full_like(firsts, last))
        place = int(totals.argmin())
        found[last], starts[last] = totals[place], firsts[place]
        ranges += [(low, last - 1, least, int(firsts[place])), (last + 1, high, int(firsts[place]), most)]
    return found, starts
