"""Ranks of rates and counts with the ranks that chance leaves open, and the limits of a funnel plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from geogrid.model.figures import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_DRAWS: Final = 4_000
#: Every reader gets the same ranks.
_SEED: Final = 20_220_630
_TAILS: Final = (0.025, 0.975)
#: Tails of the limits of funnel plots: 95 % and 99.8 %.
FUNNEL_TAILS: Final = (0.025, 0.001)


class Rank(NamedTuple):
    """The rank of a row among the others, the highest value first.

    Attributes
    ----------
    rank
        Standard competition rank: equal values share the best, and the ranks after them are left out.
    is_tied
        Whether another row has the same value.
    low, high
        The ranks that hold with 95 % probability.
    """

    rank: int
    is_tied: bool
    low: int
    high: int


def rank_figures(figures: Sequence[Rate | int]) -> list[Rank | None]:
    """Return the rank of each rate or count; None for a rate without a value.

    The ranks that chance leaves open are those of 4,000 draws of every true value, given what was counted (H. Goldstein
    and D. J. Spiegelhalter, JRSS A 159, 1996): a share from a beta, a count from a gamma distribution, both with
    Jeffreys' prior. Incidents are taken as independent.

    Parameters
    ----------
    figures
        All rates, or all counts.

    Examples
    --------
    >>> rank_figures([Rate(90, 100), Rate(5, 10), Rate(6, 12), Rate(0, 0)])
    [Rank(rank=1, is_tied=False, low=1, high=1), Rank(rank=2, is_tied=True, low=2, high=3), \
Rank(rank=2, is_tied=True, low=2, high=3), None]
    """
    values = {place: value for place, figure in enumerate(figures) if (value := _value_of(figure)) is not None}
    found: list[Rank | None] = [None] * len(figures)
    if not values:
        return found
    observed = np.array(list(values.values()))
    for place, limits in zip(values, _limits_of_ranks([figures[place] for place in values]), strict=True):
        rank = 1 + int((observed > values[place]).sum())
        found[place] = Rank(rank, int((observed == values[place]).sum()) > 1, *limits)
    return found


def _value_of(figure: Rate | int) -> float | None:
    if not isinstance(figure, Rate):
        return figure
    return figure.numerator / figure.denominator if figure.denominator else None


def _limits_of_ranks(figures: Sequence[Rate | int]) -> list[tuple[int, int]]:
    """Return the lowest and the highest rank of each figure that its draws leave open."""
    rng = np.random.default_rng(_SEED)
    drawn = [
        rng.beta(one.numerator + 0.5, one.denominator - one.numerator + 0.5, _DRAWS)
        if isinstance(one, Rate)
        else rng.gamma(one + 0.5, size=_DRAWS)
        for one in figures
    ]
    # Draws have no ties.
    ranks = (-np.column_stack(drawn)).argsort(axis=1).argsort(axis=1) + 1
    low, high = np.quantile(ranks, _TAILS, axis=0, method="inverted_cdf").astype(int).tolist()
    return list(zip(low, high, strict=True))


def funnel_limits(share: float, size: ArrayLike, tail: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits between which the share of a group lies by chance, if all groups had the same true share.

    A group lies outside exactly if the binomial probability of its count, or of a more extreme one, is below the tail.
    In between the distribution is interpolated, so that a funnel plot has smooth lines (D. J. Spiegelhalter,
    Statistics in Medicine 24, 2005).

    Parameters
    ----------
    share
        The share of all groups together.
    size
        The number of incidents of each group, at least 1, shape (n,).
    tail
        Probability below the lower and above the upper limit, 0.025 or 0.001.

    Returns
    -------
    low, high : ndarray of float64, shape (n,)

    Examples
    --------
    >>> low, high = funnel_limits(0.5, np.array([10, 1000]), 0.025)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.147, 0.469], [0.853, 0.531])
    """
    from scipy.special import bdtrik  # noqa: PLC0415 - slow to import

    n = np.asarray(size, dtype=np.float64)
    if not 0 < share < 1:
        return np.full(n.shape, share), np.full(n.shape, share)
    return bdtrik(tail, n, share) / n, 1 - bdtrik(tail, n, 1 - share) / n
