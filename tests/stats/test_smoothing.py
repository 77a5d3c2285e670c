"""Smoothed rates, compared with a second implementation and with true rates."""

import numpy as np
import pytest
from esda.smoothing import Empirical_Bayes
from scipy import stats

from geogrid.stats.smoothing import rate_intervals, share_intervals, smooth_rates, smooth_shares


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


def test_intervals_of_rates_contain_the_true_rates_in_19_of_20_areas(draw):
    rng, exposure, risk = draw
    inside = []
    for _ in range(20):
        low, high = rate_intervals(rng.poisson(risk * exposure).astype(float), exposure)
        inside.append((low <= risk) & (risk <= high))
    assert 0.93 < np.mean(inside) < 0.97


def test_intervals_of_shares_contain_the_true_shares_in_19_of_20_areas(draw):
    rng, trials, _ = draw
    share, inside = rng.beta(18, 2, len(trials)), []
    for _ in range(20):
        events = rng.binomial(trials.astype(int), share).astype(float)
        low, high = share_intervals(events, trials)
        smoothed = smooth_shares(events, trials)
        assert ((low < smoothed) & (smoothed < high)).all()
        inside.append((low <= share) & (share <= high))
    assert 0.93 < np.mean(inside) < 0.97


def test_intervals_of_equal_areas_are_those_of_their_common_rate():
    low, high = share_intervals(np.array([8.0, 8]), np.array([10.0, 10]))
    assert (low[0], high[1]) == pytest.approx(stats.binomtest(16, 20).proportion_ci())
    low, high = rate_intervals(np.array([3.0, 4, 1]), np.array([10.0, 10, 0]))
    assert (low[0], high[1]) == pytest.approx((stats.gamma.ppf(0.025, 7) / 20, stats.gamma.ppf(0.975, 8) / 20))
    assert np.isnan([low[2], high[2]]).all(), "no exposure, no rate"


@pytest.mark.parametrize("count", [0.0, 10.0])
def test_shares_of_none_or_all_have_an_interval_too(count):
    low, high = share_intervals(np.array([count, count]), np.array([10.0, 10]))
    assert (low[0], high[0]) == pytest.approx(stats.binomtest(int(count), 10).proportion_ci())
