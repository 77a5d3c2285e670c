"""Rounding of rates."""

import pytest

from geogrid.model.figures import Rate


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [(58_621, 59_369, 0.9874), (911, 972, 0.9372), (737, 972, 0.7582), (2, 3, 0.6667), (1, 20_000, 0.0001)],
)
def test_rates_are_rounded_half_up(numerator, denominator, value):
    assert Rate(numerator, denominator).value == value
