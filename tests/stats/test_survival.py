"""Quantiles of durations with open incidents, against scipy and against the plain quantile."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from geogrid.stats.survival import survival_quantiles


def quantiles_of(durations, is_open, share=0.5, area=None, areas=1):
    """Return the quantiles of single incidents."""
    hours, still = np.asarray(durations, dtype=float), np.asarray(is_open, dtype=bool)
    area = np.zeros(len(hours), dtype=np.int64) if area is None else area
    return survival_quantiles(area, hours, (~still).astype(np.int64), still.astype(np.int64), areas, share)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_quantiles_and_intervals_equal_those_of_scipy(seed, share):
    rng = np.random.default_rng(seed)
    size, areas = 400, 5
    area = rng.integers(0, areas, size)
    hours, still = rng.exponential(10, size).round(1) + 0.1, rng.random(size) < 0.3
    found = quantiles_of(hours, still, share, area, areas)
    for number in range(areas):
        own = area == number
        sample = CensoredData(uncensored=hours[own & ~still], right=hours[own & still])
        curve = ecdf(sample).sf
        band = curve.confidence_interval(confidence_level=0.95, method="log-log")
        for estimate, function in ((found.value, curve), (found.low, band.low), (found.high, band.high)):
            below = function.probabilities <= 1 - share + 1e-9
            if not below.any():
                assert np.isnan(estimate[number])
                continue
            at = int(below.argmax())
            if abs(function.probabilities[at] - (1 - share)) > 1e-9:
                assert estimate[number] == pytest.approx(function.quantiles[at])


@pytest.mark.parametrize("durations", [[5], [2, 8], [3, 1, 2], [4, 4, 4, 9], [1, 2, 3, 4, 5, 6], [7, 7]])
def test_without_open_incidents_the_quantile_is_the_median(durations):
    assert quantiles_of(durations, np.zeros(len(durations))).value == [median(durations)]


def test_open_incidents_make_the_median_longer():
    closed = [1, 2, 3, 4, 5]
    assert quantiles_of(closed, [0] * 5).value == [3]
    # Two that have been open for three hours: at 3 hours 5 are at risk of which one is closed.
    assert quantiles_of([*closed, 3, 3], [0] * 5 + [1, 1]).value == [4]


def test_survival_of_a_published_study():
    """Leukaemia patients with maintained chemotherapy (R. G. Miller, Survival Analysis, 1981): median 31 weeks."""
    weeks = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
    censored = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1]
    found = quantiles_of(weeks, censored)
    assert found.value == [31]
    assert found.low == [13]
    assert np.isnan(found.high) or found.high > 31


def test_areas_without_incidents_and_with_only_open_ones_have_no_quantile():
    found = quantiles_of([5, 6, 3], [1, 1, 0], area=np.array([1, 1, 2]), areas=4)
    assert np.isnan(found.value[[0, 1, 3]]).all()
    assert found.value[2] == 3
    assert all(np.isnan(column[0]) for column in found)


def test_no_incidents_at_all():
    empty = np.empty(0, dtype=np.int64)
    assert np.isnan(survival_quantiles(empty, empty.astype(float), empty, empty, 2).value).all()
