"""Hot spots, compared with numpy, on noise, and on a planted cluster."""

import math

import numpy as np
import pytest
import shapely

from geogrid.model import Layer
from geogrid.stats.area_sets import AreaLevel, GenerationAreas
from geogrid.stats.hotspots import find_hot_spots, find_neighbours

SIDE = 30


@pytest.fixture(scope="module")
def lattice():
    """Square cells of about 100 m, in rows."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    west, south = 113.2 + column * 0.0012, 40.0 + row * 0.0009
    return shapely.box(west, south, west + 0.0012, south + 0.0009)


@pytest.fixture(scope="module")
def near(lattice):
    return find_neighbours(lattice)


def by_hand(values, shapes):
    """Compute Gi*, probabilities and strengths with dense arrays."""
    weights = shapely.dwithin(shapes[:, None], shapes[None, :], 1e-7).astype(float)
    n, mean, spread = len(values), values.mean(), values.std()
    of = weights.sum(axis=1)
    z = (weights @ values - mean * of) / (spread * np.sqrt((n * (weights**2).sum(axis=1) - of**2) / (n - 1)))
    p = np.array([math.erfc(abs(score) / math.sqrt(2)) for score in z])
    order = np.argsort(p)
    strength = np.zeros(n, dtype=int)
    for allowed in (0.10, 0.05, 0.01):
        passed = np.flatnonzero(p[order] <= allowed * np.arange(1, n + 1) / n)
        if len(passed):
            strength[order[: passed[-1] + 1]] += 1
    return z, p, strength * np.sign(z).astype(int)


@pytest.mark.parametrize("seed", range(3))
def test_statistics_equal_a_numpy_computation(lattice, near, seed):
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 0.5, SIDE * SIDE)
    values[rng.integers(0, SIDE * SIDE, 40)] *= 4
    values[200:230] += 3
    found = find_hot_spots(values, near)
    z, p, strength = by_hand(values, lattice)
    assert found.z == pytest.approx(z)
    assert found.p == pytest.approx(p)
    assert found.strength.tolist() == strength.tolist()
    assert set(np.unique(strength)) >= {0, 1, 3}


def test_noise_has_few_hot_spots(near):
    rng = np.random.default_rng(4)
    called = [np.count_nonzero(find_hot_spots(rng.poisson(20, SIDE * SIDE) / 1.0, near).strength) for _ in range(40)]
    assert np.mean([number > 0 for number in called]) <= 0.25
    assert np.mean(called) / (SIDE * SIDE) < 0.002


def test_planted_cluster_is_found(near):
    rng = np.random.default_rng(5)
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    planted = (abs(row - 8) <= 2) & (abs(column - 20) <= 2)
    cold = (abs(row - 22) <= 2) & (abs(column - 6) <= 2)
    values = rng.poisson(np.where(planted, 60, np.where(cold, 2, 20))) / 1.0
    found = find_hot_spots(values, near)
    assert (found.strength[planted] > 0).mean() > 0.9
    assert (found.strength[cold] < 0).mean() > 0.7
    around = (abs(row - 8) <= 3) & (abs(column - 20) <= 3) | (abs(row - 22) <= 3) & (abs(column - 6) <= 3)
    assert np.count_nonzero(found.strength[~around]) < 10
    first = found.ranking()[:5]
    assert planted[first].all()
    assert (np.diff(np.abs(found.z[found.ranking()])) <= 0).all()


def test_areas_without_a_value_are_left_out(lattice, near):
    rng = np.random.default_rng(6)
    values = rng.poisson(20, SIDE * SIDE) / 1.0
    missing = rng.random(SIDE * SIDE) < 0.2
    values[missing] = np.nan
    found = find_hot_spots(values, near)
    assert np.isnan(found.z).tolist() == missing.tolist()
    assert found.z[~missing] == pytest.approx(by_hand(values[~missing], lattice[~missing])[0])


@pytest.mark.parametrize("values", [np.full(SIDE * SIDE, 3.0), np.zeros(SIDE * SIDE), np.full(SIDE * SIDE, np.nan)])
def test_equal_values_have_no_hot_spots(near, values):
    found = find_hot_spots(values, near)
    assert np.isnan(found.z).all()
    assert not found.strength.any()


def test_few_areas_have_no_hot_spots(lattice):
    found = find_hot_spots(np.arange(20.0), find_neighbours(lattice[:20]))
    assert not found.strength.any()


def test_base_grids_of_the_demo_are_connected(layers):
    areas = GenerationAreas(None, layers)
    assert areas.adjacency is areas.adjacency, "computed once"
    found = areas.adjacency
    assert found.n == sum(len(layers[layer]) for layer in (Layer.URBAN, Layer.RURAL))
    assert found.n_components == 1
    assert 5 < found.cardinalities.median() < 10
    codes = areas.level(AreaLevel.GRID).codes
    touching = layers[Layer.URBAN].set_index("code").geometry
    row = codes.index("140213051003008")
    expected = {codes[row], *touching.index[touching.touches(touching[codes[row]])]}
    assert expected <= {codes[other] for other in found[row].index}
