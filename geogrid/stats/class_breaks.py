"""Classes of values, for maps that colour areas."""

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

#: So many classes eyes can tell apart by their colour.
MIN_CLASSES, MAX_CLASSES = 5, 7
#: What is in no class.
NO_CLASS: Final = -1
#: Natural breaks of more distinct values than this are looked for between groups of them, at most twice as many.
_GROUPS: Final = 250


class ClassMethod(StrEnum):
    """How the bounds of classes are chosen.

    Equally many areas in each; where values leave gaps (Fisher-Jenks); or as somebody gives them, so that maps of
    several periods can be compared.
    """

    QUANTILES = "quantiles"
    NATURAL = "natural"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Values in classes.

    Attributes
    ----------
    bounds
        The highest value of each class, ascending; what is above all given bounds is in a last class of its own.
    lowest
        The lowest value of all, or NaN.
    of : ndarray of int64, shape (n,)
        The class of each value, from 0; `NO_CLASS` for NaN.
    """

    bounds: tuple[float, ...]
    lowest: float
    of: NDArray[np.int64]

    @property
    def counts(self) -> list[int]:
        """How many values each class has."""
        counts: list[int] = np.bincount(self.of[self.of >= 0], minlength=len(self.bounds)).tolist()
        return counts


def classify(values: Floats, method: ClassMethod, k: int = MIN_CLASSES, bounds: Sequence[float] = ()) -> Classes:
    """Put values in classes.

    Parameters
    ----------
    values
        Of any unit, shape (n,); NaN has no class.
    method
        How the bounds are chosen.
    k
        How many classes; there are fewer where there are fewer distinct values. Not for fixed bounds.
    bounds
        The upper bounds of all classes but the last, ascending; for fixed bounds alone.

    Raises
    ------
    QueryError
        If there are no fixed bounds where they are needed, or if they do not ascend.

    Examples
    --------
    >>> found = classify(np.array([1.0, 2, 3, 14, 15, 100, np.nan]), ClassMethod.NATURAL, 3)
    >>> found.bounds, found.of.tolist()
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
        # Of the values themselves, so that a bound is one that some area has.
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
            f"Fixed classes need one to {MAX_CLASSES - 1} bounds that ascend.",
            code="class_bounds",
            field="bounds",
            remedy="For instance bounds=10,20,50,100.",
        )
    last = [distinct[-1]] if len(distinct) and distinct[-1] > bounds[-1] else []
    return np.array([*bounds, *last], dtype=np.float64)


def _natural(distinct: Floats, number: NDArray[np.int64], k: int) -> Floats:
    """Return the upper bounds of the classes whose squared deviations from their means are least in all.

    The exact solution of W. D. Fisher (On grouping for maximum homogeneity, JASA 53, 1958) by dynamic programming, as
    Jenks uses it for maps, over distinct values with their numbers.
    """
    # Values that are next to each other both in their order and in size stand together.
    place = np.arange(len(distinct)) * _GROUPS // len(distinct)
    step = ((distinct - distinct[0]) / (distinct[-1] - distinct[0]) * _GROUPS).astype(np.int64)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(place) | np.diff(step)) + 1])
    lasts = np.append(starts[1:], len(distinct)) - 1
    # Round the mean, or the squares would lose what they differ in.
    centred = distinct - np.average(distinct, weights=number)
    parts = (np.add.reduceat(number * centred**power, starts) for power in range(3))
    sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in parts]
    size, mean, square = (part[None, 1:] - part[:-1, None] for part in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        # The cost of a class from row i to row j; none ends before it begins.
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
