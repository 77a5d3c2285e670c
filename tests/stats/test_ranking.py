"""Ranks with the ranks that chance leaves open, and limits of funnel plots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from geogrid.model.figures import Rate
from geogrid.stats.ranking import FUNNEL_TAILS, funnel_limits, rank_figures


def test_equal_values_share_the_best_rank():
    ranks = rank_figures([Rate(1, 4), Rate(3, 4), Rate(2, 8), Rate(0, 4)])
    assert [(rank.rank, rank.is_tied) for rank in ranks] == [(2, True), (1, False), (2, True), (4, False)]


def test_rows_without_a_value_have_no_rank_and_do_not_count():
    ranks = rank_figures([Rate(0, 0), Rate(1, 4), Rate(0, 0)])
    assert ranks[0] is ranks[2] is None
    assert ranks[1] == (1, False, 1, 1)
    assert rank_figures([]) == []
    assert rank_figures([Rate(0, 0)]) == [None]


def test_few_incidents_leave_more_ranks_open_than_many():
    few = rank_figures([Rate(3, 10), Rate(2, 10), Rate(1, 10)])
    many = rank_figures([Rate(3000, 10_000), Rate(2000, 10_000), Rate(1000, 10_000)])
    assert [(rank.low, rank.high) for rank in few] == [(1, 3), (1, 3), (1, 3)]
    assert [(rank.low, rank.high) for rank in many] == [(1, 1), (2, 2), (3, 3)]


def test_counts_are_ranked_too():
    ranks = rank_figures([100, 5_000, 105, 0])
    assert [rank.rank for rank in ranks] == [3, 1, 2, 4]
    assert [(rank.low, rank.high) for rank in ranks] == [(2, 3), (1, 1), (2, 3), (4, 4)]


def test_ranks_are_the_same_for_everyone():
    figures = [Rate(number, 40 + number) for number in range(18)]
    assert rank_figures(figures) == rank_figures(figures)


def test_rank_intervals_hold_the_true_rank():
    """Of true shares drawn at random, 95 % lie within their intervals of ranks, within the error of the simulation."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(60):
        true, size = rng.uniform(0.05, 0.5, 10), rng.integers(30, 600, 10)
        counts = rng.binomial(size, true)
        ranks = rank_figures([Rate(int(k), int(n)) for k, n in zip(counts, size, strict=True)])
        places = (-true).argsort().argsort() + 1
        held += [rank.low <= place <= rank.high for rank, place in zip(ranks, places, strict=True)]
    assert np.mean(held) > 0.93


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("tail", FUNNEL_TAILS)
def test_funnel_limits_agree_with_the_exact_binomial_test(share, tail):
    for size in (1, 7, 40, 800):
        low, high = funnel_limits(share, size, tail)
        counts = np.arange(size + 1)
        outside = (counts / size < low - 1e-12) | (counts / size > high + 1e-12)
        exact = (binom.cdf(counts, size, share) < tail) | (binom.sf(counts - 1, size, share) < tail)
        assert (outside == exact).all(), (size, low, high)


def test_funnel_without_variation():
    assert [limit.tolist() for limit in funnel_limits(1.0, np.array([5, 6]), 0.025)] == [[1.0, 1.0], [1.0, 1.0]]
