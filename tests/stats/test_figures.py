"""Rounding of rates."""

import numpy as np
import pytest

from geogrid.model.figures import Rate, format_share


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [(58_621, 59_369, 0.9874), (911, 972, 0.9372), (737, 972, 0.7582), (2, 3, 0.6667), (1, 20_000, 0.0001)],
)
def test_rates_are_rounded_half_up(numerator, denominator, value):
    assert Rate(numerator, denominator).value == value


@pytest.mark.parametrize("open_incidents", [1, 10])
def test_rate_with_an_exception_is_not_rounded_to_all_or_none(open_incidents):
    total = 1_000_000
    assert Rate(total - open_incidents, total).value == 0.9999
    assert Rate(open_incidents, total).value == 0.0001
    assert (Rate(total, total).value, Rate(0, total).value) == (1.0, 0.0)
    assert format_share(Rate(total - open_incidents, total).value, 0) == ">99%"


def test_interval_contains_the_rate_and_has_the_coverage_of_wilson():
    rng = np.random.default_rng(1)
    for share in (0.02, 0.3, 0.95):
        drawn = rng.binomial(200, share, 4_000)
        limits = [Rate(int(number), 200).interval for number in drawn]
        assert np.mean([low <= share <= high for low, high in limits]) == pytest.approx(0.95, abs=0.025)
