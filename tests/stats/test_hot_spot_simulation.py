"""False discoveries of hot spots if the values of the demo are dealt to its grids at random."""

from datetime import date

import numpy as np
import pytest

from geogrid.incidents.query import FilterValues
from geogrid.services.key_figures import read_density
from geogrid.services.layer_generations import load_generation
from geogrid.stats.generation_areas import AreaLevel, GenerationAreas

SHUFFLES = 500
#: Upper 99 % limit of a share of 5 % in 500 maps.
MOST = 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / SHUFFLES)


@pytest.fixture(scope="module")
def areas(demo):
    return GenerationAreas(*load_generation(demo, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        FilterValues(),
        FilterValues(category="Z08"),
        FilterValues(first=date(2022, 6, 1), last=date(2022, 6, 30)),
        FilterValues(first=date(2022, 6, 5), last=date(2022, 6, 5)),
    ],
    ids=["all", "category", "month", "day"],
)
def test_random_arrangements_are_rarely_called(demo, areas, values):
    grids = areas.level(AreaLevel.GRID)
    by_grid = read_density(demo, values.filter()).by_grid
    density = np.array([by_grid.get(code, 0) for code in grids.codes]) / grids.km2
    rng = np.random.default_rng(20220605)
    called = [(areas.hot_spots(rng.permutation(density)).q <= 0.05).any() for _ in range(SHUFFLES)]
    assert np.mean(called) <= MOST
