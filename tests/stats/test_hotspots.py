"""Hot spots, compared with numpy, on noise, and on a planted cluster."""

import numpy as np
import pytest
import shapely
from scipy.stats import false_discovery_control

from geogrid.model import Layer
from geogrid.stats.generation_areas import AreaLevel, GenerationAreas
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


def scores_by_hand(values, shapes):
    """Compute the standard scores of Gi* with dense arrays."""
    weights = shapely.dwithin(shapes[:, None], shapes[None, :], 1e-7).astype(float)
    n, mean, spread = len(values), values.mean(), values.std()
    of = weights.sum(axis=1)
    return (weights @ values - mean * of) / (spread * np.sqrt((n * (weights**2).sum(axis=1) - of**2) / (n - 1)))


@pytest.mark.parametrize("seed", range(3))
def test_scores_equal_a_numpy_computation(lattice, near, seed):
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 0.5, SIDE * SIDE)
    values[rng.integers(0, SIDE * SIDE, 40)] *= 4
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    values[(row < 6) & (column < 6)] += 2
    found = find_hot_spots(values, near)
    assert found.z == pytest.approx(scores_by_hand(values, lattice))
    assert found.q == pytest.approx(false_discovery_control(found.p))
    strength = sum((found.q <= rate).astype(int) for rate in (0.10, 0.05, 0.01)) * np.sign(found.z)
    assert found.strength.tolist() == strength.tolist()
    assert set(np.unique(strength)) > {0}


def test_probabilities_equal_those_of_random_arrangements(near):
    rng = np.random.default_rng(8)
    values = rng.lognormal(0, 1.5, SIDE * SIDE)
    found = find_hot_spots(values, near)
    sums = near.sparse @ values
    row = int(np.argsort(found.p)[40])
    size = int(near.cardinalities.iloc[row])
    drawn = np.concatenate(
        [rng.permuted(values)[: SIDE * SIDE // size * size].reshape(-1, size).sum(1) for _ in range(3000)]
    )
    upper, lower = (drawn >= sums[row]).mean(), (drawn <= sums[row]).mean()
    assert found.p[row] == pytest.approx(2 * min(upper, lower), rel=0.1)


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
    alone = ~missing & (near.sparse @ ~missing == 1)
    assert np.isnan(found.z).tolist() == (missing | alone).tolist()
    expected = scores_by_hand(values[~missing], lattice[~missing])
    assert found.z[~missing & ~alone] == pytest.approx(expected[~alone[~missing]])


@pytest.mark.parametrize("values", [np.full(SIDE * SIDE, 3.0), np.zeros(SIDE * SIDE), np.full(SIDE * SIDE, np.nan)])
def test_equal_values_have_no_hot_spots(near, values):
    found = find_hot_spots(values, near)
    assert np.isnan(found.z).all()
    assert not found.strength.any()


@pytest.mark.parametrize(("incidents", "too_few"), [(1, True), (20, False)])
def test_too_few_incidents_are_told(near, incidents, too_few):
    values = np.zeros(SIDE * SIDE)
    values[np.random.default_rng(9).choice(SIDE * SIDE, incidents, replace=False)] = 1
    found = find_hot_spots(values, near)
    assert found.too_few is too_few
    assert not found.strength.any()


def test_area_without_neighbours_is_neither_hot_nor_cold(lattice):
    shapes = np.append(lattice, shapely.box(114, 41, 114.001, 41.001))
    values = np.append(np.random.default_rng(10).poisson(5, SIDE * SIDE), 1000.0)
    found = find_hot_spots(values, find_neighbours(shapes))
    assert np.isnan([found.z[-1], found.p[-1], found.q[-1]]).all()
    assert found.strength[-1] == 0
    assert not np.isnan(found.z[:-1]).any()


def test_order_of_the_areas_does_not_matter(lattice, near):
    rng = np.random.default_rng(11)
    values, order = rng.lognormal(0, 1, SIDE * SIDE), rng.permutation(SIDE * SIDE)
    found, other = find_hot_spots(values, near), find_hot_spots(values[order], find_neighbours(lattice[order]))
    assert other.q == pytest.approx(found.q[order])


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
