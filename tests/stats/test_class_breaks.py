"""Classification, compared with brute force and mapclassify; few, equal and missing values."""

from itertools import combinations, pairwise

import mapclassify
import numpy as np
import pytest

from geogrid.errors import QueryError
from geogrid.stats.class_breaks import NO_CLASS, ClassMethod, classify


def cost(values, bounds):
    """Return the sum of squared deviations from the class means."""
    groups = np.split(np.sort(values), np.searchsorted(np.sort(values), bounds[:-1], side="right"))
    return sum(((group - group.mean()) ** 2).sum() for group in groups if len(group))


@pytest.mark.parametrize("seed", range(5))
def test_natural_breaks_have_the_minimum_cost(seed):
    values = np.random.default_rng(seed).lognormal(2, 1, 14).round(1)
    ways = combinations(np.unique(values)[:-1], 3)
    least = min(cost(values, [*way, values.max()]) for way in ways)
    assert cost(values, classify(values, ClassMethod.NATURAL, 4).bounds) == pytest.approx(least)


def test_natural_breaks_equal_mapclassify():
    values = np.random.default_rng(5).lognormal(2, 1, 80).round(3)
    assert classify(values, ClassMethod.NATURAL, 5).bounds == pytest.approx(mapclassify.FisherJenks(values, 5).bins)


def least_cost(values, k):
    """Return the minimum cost of k classes from the costs of all classes, without the order of their starts."""
    values = np.sort(values) - values.mean()
    total, square = (np.concatenate([[0], np.cumsum(values**power)]) for power in (1, 2))
    first, last = np.ogrid[: len(values), : len(values)]
    size = np.where(last >= first, last - first + 1, np.nan)
    costs = np.nan_to_num(square[last + 1] - square[first] - (total[last + 1] - total[first]) ** 2 / size, nan=np.inf)
    best = costs[0]
    for _ in range(k - 1):
        best = np.append(np.inf, (best[:-1, None] + costs[1:, 1:]).min(axis=0))
    return best[-1]


@pytest.mark.parametrize("number", [300, 1_256, 3_000])
def test_natural_breaks_of_many_values_have_the_minimum_cost(number):
    values = np.random.default_rng(6).lognormal(3, 1.5, number).round(2)
    bounds = classify(values, ClassMethod.NATURAL, 6).bounds
    assert cost(values, bounds) == pytest.approx(least_cost(values, 6), rel=1e-9)


def test_quantile_classes_have_equal_counts():
    found = classify(np.random.default_rng(7).normal(size=1_000), ClassMethod.QUANTILES, 7)
    assert max(found.counts) - min(found.counts) <= 1
    assert sum(found.counts) == 1_000


@pytest.mark.parametrize("method", [ClassMethod.QUANTILES, ClassMethod.NATURAL])
@pytest.mark.parametrize(
    "values", [[], [np.nan], [3.0], [3.0, 3.0, np.nan], [0.0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]]
)
def test_few_distinct_values_give_fewer_classes(method, values):
    values = np.array(values)
    found = classify(values, method, 5)
    assert len(found.bounds) <= min(5, len(np.unique(values[~np.isnan(values)])))
    assert all(low < high for low, high in pairwise(found.bounds))
    assert ((found.of == NO_CLASS) == np.isnan(values)).all()
    assert all(found.counts)
    for value, of in zip(values, found.of, strict=True):
        if of != NO_CLASS:
            assert value <= found.bounds[of]
            assert of == 0 or value > found.bounds[of - 1]


def test_fixed_bounds_above_all_values_are_kept():
    found = classify(np.array([1.0, 15, 60]), ClassMethod.FIXED, bounds=[10, 50, 100])
    assert (found.bounds, found.of.tolist()) == ((10, 50, 100), [0, 1, 2])
    assert classify(np.array([1.0, 150]), ClassMethod.FIXED, bounds=[10, 50]).bounds == (10, 50, 150)


@pytest.mark.parametrize("bounds", [[], [5, 5], [5, 2], [np.nan], [1, np.inf], [1, 2, 3, 4, 5, 6, 7]])
def test_invalid_fixed_bounds_are_refused(bounds):
    with pytest.raises(QueryError):
        classify(np.array([1.0, 2.0]), ClassMethod.FIXED, bounds=bounds)
