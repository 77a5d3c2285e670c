"""Smooth rates and shares of small areas (empirical Bayes)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    FloatPair = tuple[Floats, Floats]
    _Quantile = Callable[[Floats, Floats, float], Floats]

_TAIL: Final = 0.025
#: Keeps the functions of scipy defined where their result is not used.
_LEAST: Final = 1e-9


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


def rate_intervals(events: Floats, exposure: Floats) -> FloatPair:
    """Return the 95 % intervals of the estimates of `smooth_rates`.

    The estimate is the mean of a gamma distribution: the distribution of the true rate of an area, given its events
    and the mean and variance of all areas (Marshall 1991, section 2). The limits are the 2.5 % and 97.5 % quantiles of
    this distribution. Mean and variance are taken as known, so intervals are somewhat too narrow for few areas. If the
    areas differ by chance only, all have the exact interval of their common rate (F. Garwood, Biometrika 28, 1936). If
    chance explains nothing, each has the exact interval of its own.

    Parameters
    ----------
    events, exposure
        As of `smooth_rates`.

    Returns
    -------
    low, high : ndarray of float64, shape (n,)

    Examples
    --------
    >>> low, high = rate_intervals(np.array([2.0, 30, 12]), np.array([10.0, 1000, 1000]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0108, 0.02, 0.0071], [0.0797, 0.0401, 0.0205])
    """
    return _intervals(events, exposure, _rate_quantile, shares=False)


def share_intervals(events: Floats, trials: Floats) -> FloatPair:
    """Return the 95 % intervals of the estimates of `smooth_shares`.

    Like `rate_intervals`, with a beta distribution, and the exact interval of the common share (C. J. Clopper and
    E. S. Pearson, Biometrika 26, 1934).

    Parameters
    ----------
    events, trials
        As of `smooth_shares`.

    Returns
    -------
    low, high : ndarray of float64, shape (n,)

    Examples
    --------
    >>> low, high = share_intervals(np.array([1.0, 95, 40]), np.array([1.0, 100, 80]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.367, 0.893, 0.402], [0.998, 0.98, 0.615])
    """
    return _intervals(events, trials, _share_quantile, shares=True)


@dataclass(frozen=True, slots=True)
class Prior:
    """The distribution of the true rates of all areas.

    Attributes
    ----------
    mean
        The overall rate.
    strength
        The exposure whose events weigh as much as the mean: infinite if the areas differ by chance only.
    """

    mean: float
    strength: float


def _estimate_prior(count: Floats, base: Floats, *, shares: bool) -> Prior:
    """Return the prior by the method of moments; see `smooth_rates` and `smooth_shares`."""
    mean = count.sum() / base.sum()
    observed = (base * (count / base - mean) ** 2).sum() / base.sum()
    unit = mean * (1 - mean) if shares else mean
    true = max(observed - unit / base.mean(), 0.0)
    # The variance of one trial has a part within the areas, which is chance, and a part between them.
    by_chance = max(unit - observed, 0.0) if shares else unit
    # Without random variance (mean 0 or 1) all rates are equal and stay unchanged.
    if not by_chance:
        return Prior(mean, 0.0)
    return Prior(mean, by_chance / true if true else np.inf)


def _shrink(events: Floats, exposure: Floats, *, shares: bool) -> Floats:
    """Return rates shrunk towards their mean."""
    smoothed = np.full(len(events), np.nan)
    known = exposure > 0
    count, base = events[known], exposure[known]
    if not len(base):
        return smoothed
    prior = _estimate_prior(count, base, shares=shares)
    weight = np.zeros_like(base) if np.isinf(prior.strength) else base / (base + prior.strength)
    smoothed[known] = weight * count / base + (1 - weight) * prior.mean
    return smoothed


def _intervals(events: Floats, exposure: Floats, quantile: _Quantile, *, shares: bool) -> FloatPair:
    low, high = np.full(len(events), np.nan), np.full(len(events), np.nan)
    known = exposure > 0
    count, base = events[known], exposure[known]
    if not len(base):
        return low, high
    prior = _estimate_prior(count, base, shares=shares)
    # The exact limits are quantiles of the same distributions: with the events as counted, and with one more.
    one = 1
    if np.isinf(prior.strength):
        count, base = count.sum(keepdims=True), base.sum(keepdims=True) + shares
    elif prior.strength:
        count, base, one = count + prior.strength * prior.mean, base + prior.strength, 0
    else:
        base = base + shares
    low[known], high[known] = quantile(count, base, _TAIL), quantile(count + one, base, 1 - _TAIL)
    return low, high


def _rate_quantile(events: Floats, exposure: Floats, probability: float) -> Floats:
    """Return quantiles of gamma distributions with the shape `events` and the rate `exposure`; 0 for no events."""
    from scipy.special import gammaincinv  # noqa: PLC0415 - slow to import

    return np.where(events > 0, gammaincinv(np.maximum(events, _LEAST), probability), 0.0) / exposure


def _share_quantile(events: Floats, trials: Floats, probability: float) -> Floats:
    """Return quantiles of beta distributions of `events` and ``trials - events``; 0 or 1 if one of them is 0."""
    from scipy.special import betaincinv  # noqa: PLC0415 - slow to import

    inside = betaincinv(np.maximum(events, _LEAST), np.maximum(trials - events, _LEAST), probability)
    return np.where(events <= 0, 0.0, np.where(events >= trials, 1.0, inside))
