"""Tail probabilities of the sum of values drawn at random without replacement.

This is the distribution of the sum of a neighbourhood if the values are dealt to the areas at random. It depends only
on the values and on the number of areas in the neighbourhood, so it is computed once for all areas, not sampled.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import comb, gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Number of steps of the grid on which sums are computed, and the factor between the ranges of two grids.
_STEPS: Final = 4096
_LADDER: Final = 4
#: Tolerance of the rounding to steps, so that a whole number of steps stays one.
_TOLERANCE: Final = 1e-9


class SubsetSums:
    """Distribution of the sum of k of n values, drawn at random without replacement.

    The number of subsets of each size with each sum is counted value by value (dynamic programming, as for the exact
    permutation tests of M. Pagano and D. Tritchler, Journal of the American Statistical Association 78, 1983). Values
    are rounded up to a step for the upper tail and down for the lower one, so no probability is below the exact one.
    A sum is counted in steps of at most 1/1000 of it. Whole numbers with sums below 4096 are exact.

    Parameters
    ----------
    values
        Non-negative finite values, shape (n,).
    most
        Largest size of a subset, at most n.

    Examples
    --------
    Both of two draws from 0, 0, 1, 2 sum to at least 2 in half of the six pairs:

    >>> sums = SubsetSums(np.array([0.0, 0.0, 1.0, 2.0]), most=2)
    >>> lower, upper = sums.tails(np.array([2.0]), np.array([2]))
    >>> lower.round(4).tolist(), upper.round(4).tolist()
    ([0.8333], [0.5])
    """

    def __init__(self, values: Floats, most: int) -> None:
        self._values = values
        self._most = most
        whole = bool((values == np.floor(values)).all())
        lowest = 2 * float(values.mean()) * most
        self._range = float(_STEPS - 1) if whole and lowest < _STEPS else lowest
        self._upper = lru_cache(maxsize=None)(lambda level: self._count(level, np.ceil, -_TOLERANCE))
        self._lower = lru_cache(maxsize=None)(lambda level: self._count(level, np.floor, _TOLERANCE))

    def tails(self, sums: Floats, sizes: Whole) -> tuple[Floats, Floats]:
        """Return the probabilities of a sum of at most, and of at least, each sum.

        Parameters
        ----------
        sums
            Sums, shape (m,).
        sizes
            Number of values in each sum, shape (m,).

        Returns
        -------
        lower, upper : ndarray of float64, shape (m,)
        """
        lower, upper = np.ones(len(sums)), np.ones(len(sums))
        level = np.ceil(np.log(np.maximum(sums / self._range, 1)) / np.log(_LADDER)).astype(np.int64)
        for number in np.unique(level).tolist():
            rows = level == number
            steps = sums[rows] / self._step(number)
            below = np.floor(steps + _TOLERANCE).astype(np.int64) - 1
            upper[rows] = np.where(below < 0, 1, 1 - self._upper(number)[sizes[rows], np.maximum(below, 0)])
            at_most = np.minimum(np.ceil(steps - _TOLERANCE).astype(np.int64), _STEPS - 1)
            lower[rows] = self._lower(number)[sizes[rows], at_most]
        return lower.clip(0, 1), upper.clip(0, 1)

    def least(self, sizes: Whole) -> Floats:
        """Return the probability of the largest possible sum of each size: no upper tail is smaller.

        Examples
        --------
        One of 100 values differs from 0; five drawn values contain it with probability 1/20:

        >>> SubsetSums(np.eye(1, 100)[0], most=5).least(np.array([5])).round(6).tolist()
        [0.05]
        """
        ordered = np.sort(self._values)[::-1]
        last = ordered[sizes - 1]
        ties = (ordered == last[:, None]).sum(axis=1)
        chosen = sizes - (ordered > last[:, None]).sum(axis=1)
        least: Floats = np.exp(_log_choose(ties, chosen) - _log_choose(np.full_like(sizes, len(ordered)), sizes))
        return least

    def _step(self, level: int) -> float:
        return self._range * float(_LADDER) ** level / (_STEPS - 1)

    def _count(self, level: int, rounding: np.ufunc, tolerance: float) -> Floats:
        """Return the probability of a sum of at most each step by size, shape (most + 1, steps)."""
        steps = rounding(self._values / self._step(level) + tolerance).astype(np.int64)
        n, most = len(steps), self._most
        # Each chosen value has a weight, so that the numbers of subsets stay within the range of floats.
        weight = most / n
        subsets = np.zeros((most + 1, _STEPS))
        subsets[0, 0] = 1
        for step, number in zip(*np.unique(steps[steps < _STEPS], return_counts=True), strict=True):
            subsets = _add(subsets, int(step), int(number), weight)
        sizes = np.arange(most + 1)
        scale = _log_choose(np.full(most + 1, n), sizes) + sizes * np.log(weight)
        shares: Floats = subsets.cumsum(axis=1) / np.exp(scale)[:, None]
        return shares


def _add(subsets: Floats, step: int, number: int, weight: float) -> Floats:
    """Return the weighted numbers of subsets after `number` equal values are added."""
    most, steps = subsets.shape[0] - 1, subsets.shape[1]
    if number == 1 and step:
        subsets[1:, step:] += weight * subsets[:-1, :-step]
        return subsets
    added = subsets.copy()
    for chosen in range(1, min(number, most) + 1):
        shift = step * chosen
        if shift >= steps:
            break
        added[chosen:, shift:] += comb(number, chosen) * weight**chosen * subsets[:-chosen, : steps - shift]
    return added


def _log_choose(n: Whole, k: Whole) -> Floats:
    logarithms: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return logarithms
