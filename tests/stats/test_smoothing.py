"""Smoothed rates, compared with a second implementation and with true rates."""

import numpy as np
import pytest
from esda.smoothing import Empirical_Bayes

from geogrid.stats.smoothing import smooth_rates, smooth_shares


def by_hand(events, exposure, *, shares=False):
    """Compute the estimates area by area, without arrays, as `EBest` of the R package spdep does."""
    total = sum(exposure)
    mean = sum(events) / total
    spread = sum(n * (e / n - mean) ** 2 for e, n in zip(events, exposure, strict=True)) / total
    average, unit = total / len(exposure), mean * (1 - mean) if shares else mean
    found = []
    for e, n in zip(events, exposure, strict=True):
        if shares:
            weight = (n * spread - n / average * unit) / ((n - 1) * spread + (average - n) / average * unit)
        else:
            weight = (spread - mean / average) / (spread - mean / average + mean / n)
        found.append(weight * e / n + (1 - weight) * mean)
    return found


@pytest.fixture
def draw():
    rng = np.random.default_rng(1)
    exposure = rng.integers(5, 2_000, 300).astype(float)
    risk = rng.gamma(4, 0.01, 300)
    return rng, exposure, risk


def test_rates_equal_the_formula_of_marshall(draw):
    rng, exposure, risk = draw
    events = rng.poisson(risk * exposure).astype(float)
    found = smooth_rates(events, exposure)
    assert found == pytest.approx(by_hand(events, exposure))
    assert found == pytest.approx(Empirical_Bayes(events, exposure).r.ravel())


def test_shares_equal_the_formula_of_martuzzi_and_elliott(draw):
    rng, trials, risk = draw
    events = rng.binomial(trials.astype(int), 1 - risk).astype(float)
    found = smooth_shares(events, trials)
    assert found == pytest.approx(by_hand(events, trials, shares=True))
    assert found == pytest.approx(1 - smooth_shares(trials - events, trials)), "whichever side is counted"


def test_smoothed_rates_are_closer_to_the_true_rates(draw):
    rng, exposure, risk = draw
    events = rng.poisson(risk * exposure).astype(float)
    raw, smooth = events / exposure, smooth_rates(events, exposure)
    assert ((smooth - risk) ** 2).sum() < 0.8 * ((raw - risk) ** 2).sum()
    small = exposure < 50
    assert np.abs(smooth - raw)[small].mean() > 5 * np.abs(smooth - raw)[exposure > 1_000].mean()


def test_rates_without_true_variance_become_the_mean():
    # The variance is below that of chance, where other implementations return negative weights.
    events, exposure = np.array([10.0, 20, 30]), np.array([100.0, 200, 300])
    assert smooth_rates(events, exposure).tolist() == pytest.approx([0.1] * 3)


def test_what_is_not_known_stays_so():
    assert np.isnan(smooth_rates(np.array([1.0, 2]), np.array([np.nan, 0]))).all()
    found = smooth_shares(np.array([0.0, 5]), np.array([0.0, 5]))
    assert np.isnan(found[0])
    assert found[1] == 1.0, "all were handled everywhere"
    assert smooth_shares(np.array([]), np.array([])).tolist() == []
