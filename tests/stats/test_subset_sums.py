"""Tail probabilities of sums, compared with all subsets and with random ones."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.stats.subset_sums import SubsetSums


def exact_tails(values, size, total):
    sums = np.array([sum(subset) for subset in combinations(values, size)])
    return (sums <= total + 1e-9).mean(), (sums >= total - 1e-9).mean()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=4, max_size=9), st.integers(1, 4), st.integers(0, 10**6))
def test_whole_numbers_are_exact(values, size, choice):
    values = np.array([*values, 1], dtype=float)
    subset = list(combinations(values, size))[choice % len(list(combinations(values, size)))]
    lower, upper = SubsetSums(values, 4).tails(np.array([sum(subset)]), np.array([size]))
    assert (lower[0], upper[0]) == pytest.approx(exact_tails(values, size, sum(subset)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=9), st.integers(1, 4), st.integers(0, 10**6))
def test_other_numbers_are_never_below_the_exact_probability(values, size, choice):
    values = np.array([*values, 1.0])
    subsets = list(combinations(values, size))
    total = sum(subsets[choice % len(subsets)])
    lower, upper = SubsetSums(values, 4).tails(np.array([total]), np.array([size]))
    exact_lower, exact_upper = exact_tails(values, size, total)
    assert lower[0] >= exact_lower - 1e-9
    assert upper[0] >= exact_upper - 1e-9


def test_far_tail_of_skewed_values_equals_random_draws():
    rng = np.random.default_rng(3)
    values = rng.lognormal(3, 1.5, 1_000)
    sums = np.concatenate([rng.permuted(values).reshape(-1, 8).sum(axis=1) for _ in range(4_000)])
    totals = np.quantile(sums, [0.01, 0.5, 0.9, 0.99, 0.999])
    lower, upper = SubsetSums(values, 12).tails(totals, np.full(5, 8))
    assert upper == pytest.approx([0.99, 0.5, 0.1, 0.01, 0.001], rel=0.1)
    assert lower[:2] == pytest.approx([0.01, 0.5], rel=0.1)


def test_smallest_upper_tail_is_that_of_the_largest_sum():
    values = np.array([0.0] * 95 + [1, 1, 2, 2, 3])
    sizes = np.array([1, 2, 3])
    sums = SubsetSums(values, 3)
    _, upper = sums.tails(np.array([3.0, 5.0, 7.0]), sizes)
    assert sums.least(sizes) == pytest.approx(upper)
