"""Rates of small areas, drawn towards the mean of all by as much as chance may have moved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def smooth_rates(events: Floats, exposure: Floats) -> Floats:
    """Return the global empirical Bayes estimates of rates of rare events, such as incidents a person.

    By the method of moments of R. J. Marshall (Mapping disease and mortality rates using empirical Bayes estimators,
    Applied Statistics 40, 1991, equations 6 to 8): each rate becomes ``w r + (1 - w) m`` with ``w = A / (A + m / e)``,
    where ``m`` is the rate of all together and ``A`` the variance of the true rates, never below 0.

    Parameters
    ----------
    events
        How many there were in each area, shape (n,).
    exposure
        How many might have had one, in the same unit throughout, shape (n,); NaN or 0 is not known.

    Returns
    -------
    ndarray of float64, shape (n,)
        Events a unit of exposure; NaN where the exposure is not known.

    Examples
    --------
    >>> smooth_rates(np.array([2.0, 30, 12, 0]), np.array([10.0, 1000, 1000, 0])).round(4).tolist()
    [0.0372, 0.0292, 0.0129, nan]
    """
    return _shrink(events, exposure, lambda mean: mean)


def smooth_shares(events: Floats, trials: Floats) -> Floats:
    """Return the global empirical Bayes estimates of shares that need not be small, as of the handled in the received.

    As `smooth_rates`, with the variance ``m (1 - m) / n`` of a share instead of that of a rare event, as M. Martuzzi
    and P. Elliott have it (Empirical Bayes estimation of small area prevalence of non-rare conditions, Statistics in
    Medicine 15, 1996): a share near 1 would otherwise seem to be nothing but chance.

    Parameters
    ----------
    events
        How many of the trials had it, shape (n,).
    trials
        How many there were, shape (n,); of 0 there is no share.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 to 1; NaN where there is no share.

    Examples
    --------
    >>> smooth_shares(np.array([1.0, 95, 40]), np.array([1.0, 100, 80])).round(3).tolist()
    [0.801, 0.942, 0.512]
    """
    return _shrink(events, trials, lambda mean: mean * (1 - mean))


def _shrink(events: Floats, exposure: Floats, chance: Callable[[float], float]) -> Floats:
    """Draw rates towards their mean; `chance` gives the variance that a unit of exposure would have at a mean."""
    smoothed = np.full(len(events), np.nan)
    known = exposure > 0
    count, base = events[known], exposure[known]
    if not len(base):
        return smoothed
    mean = count.sum() / base.sum()
    rate = count / base
    observed = (base * (rate - mean) ** 2).sum() / base.sum()
    true = max(observed - chance(mean) / base.mean(), 0.0)
    by_chance = chance(mean) / base
    # All are alike: there is nothing to draw.
    weight = np.ones_like(rate) if not by_chance.any() else true / (true + by_chance)
    smoothed[known] = weight * rate + (1 - weight) * mean
    return smoothed
