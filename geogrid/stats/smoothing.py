"""Smooth rates and shares of small areas (empirical Bayes)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
    return _shrink(events, exposure, shares=False)


def smooth_shares(events: Floats, trials: Floats) -> Floats:
    """Return global empirical Bayes estimates of shares that may be large, such as the share of handled incidents.

    Uses the method of moments of M. Martuzzi and P. Elliott (Empirical Bayes estimation of small area prevalence of
    non-rare conditions, Statistics in Medicine 15, 1996). Like `smooth_rates`, with ``A = s - m (1 - m) / n`` at the
    mean number of trials ``n``, where ``s`` is the observed variance of the shares, and with the variance
    ``(m (1 - m) - s) / n`` by chance. The variance of a rare event would be too large for shares near 1.

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
    [0.815, 0.944, 0.509]
    """
    return _shrink(events, trials, shares=True)


def _shrink(events: Floats, exposure: Floats, *, shares: bool) -> Floats:
    """Return rates shrunk towards their mean."""
    smoothed = np.full(len(events), np.nan)
    known = exposure > 0
    count, base = events[known], exposure[known]
    if not len(base):
        return smoothed
    mean = count.sum() / base.sum()
    rate = count / base
    observed = (base * (rate - mean) ** 2).sum() / base.sum()
    unit = mean * (1 - mean) if shares else mean
    true = max(observed - unit / base.mean(), 0.0)
    # The variance of one trial has a part within the areas, which is chance, and a part between them.
    by_chance = (max(unit - observed, 0.0) if shares else unit) / base
    # Without random variance (mean 0 or 1) all rates are equal and stay unchanged.
    weight = np.ones_like(rate) if not by_chance.any() else true / (true + by_chance)
    smoothed[known] = weight * rate + (1 - weight) * mean
    return smoothed
