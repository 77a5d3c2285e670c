"""Smooth rates and shares of small areas (empirical Bayes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def smooth_rates(events: Floats, exposure: Floats) -> Floats:
    """Return global empirical Bayes estimates of rates of rare events, such as incidents per resident.

    Uses the method of moments of R. J. Marshall (Mapping disease and mortality rates using empirical Bayes estimators,
    Applied Statistics 40, 1991, equations 6 to 8): the estimate is ``w r + (1 - w) m`` with ``w = A / (A + m / e)``,
    where ``m`` is the overall rate and ``A`` the variance of the true rates, at least 0.

    Parameters
    ----------
    events
        Number of events in each area, shape (n,).
    exposure
        Population at risk in each area, shape (n,); NaN and 0 mean unknown.

    Returns
    -------
    ndarray of float64, shape (n,)
        Events per unit of exposure; NaN if the exposure is unknown.

    Examples
    --------
    >>> smooth_rates(np.array([2.0, 30, 12, 0]), np.array([10.0, 1000, 1000, 0])).round(4).tolist()
    [0.0372, 0.0292, 0.0129, nan]
    """
    return _shrink(events, exposure, lambda mean: mean)


def smooth_shares(events: Floats, trials: Floats) -> Floats:
    """Return global empirical Bayes estimates of shares that may be large, such as the share of handled incidents.

    Like `smooth_rates`, but with the variance ``m (1 - m) / n`` of a share instead of that of a rare event (M. Martuzzi
    and P. Elliott, Empirical Bayes estimation of small area prevalence of non-rare conditions, Statistics in Medicine
    15, 1996). The variance of a rare event would be too large for shares near 1.

    Parameters
    ----------
    events
        Number of trials with the property, shape (n,).
    trials
        Number of trials, shape (n,).

    Returns
    -------
    ndarray of float64, shape (n,)
        Shares from 0 to 1; NaN for 0 trials.

    Examples
    --------
    >>> smooth_shares(np.array([1.0, 95, 40]), np.array([1.0, 100, 80])).round(3).tolist()
    [0.801, 0.942, 0.512]
    """
    return _shrink(events, trials, lambda mean: mean * (1 - mean))


def _shrink(events: Floats, exposure: Floats, chance: Callable[[float], float]) -> Floats:
    """Return rates shrunk towards their mean; `chance` returns the variance of one unit of exposure at a mean."""
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
    # Without random variance (mean 0 or 1) all rates are equal and stay unchanged.
    weight = np.ones_like(rate) if not by_chance.any() else true / (true + by_chance)
    smoothed[known] = weight * rate + (1 - weight) * mean
    return smoothed
