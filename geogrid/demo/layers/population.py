"""Synthetic population, for rates per inhabitant in the demo; not from a census."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.layers.area_tree import AreaTree
from geogrid.model import BASE_LAYERS, Layer, Population

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

SOURCE: Final = "合成示意 synthetic"
#: Median population of a grid, and its spread on the log scale: grids are drawn up with about equal numbers of
#: households.
_MEDIAN: Final = {Layer.URBAN: 900.0, Layer.RURAL: 350.0}
_SPREAD: Final = 0.35
_SEED: Final = 20220101


def make_population(layers: Mapping[Layer, gpd.GeoDataFrame]) -> dict[str, Population]:
    """Return the synthetic population by code: of base grids, and in total of communities, villages and streets.

    Dedicated grids have no population.

    Parameters
    ----------
    layers
        The demo layers.
    """
    tree = AreaTree.of(layers)
    rng = np.random.default_rng(_SEED)
    people: Counter[str] = Counter()
    for layer in BASE_LAYERS:
        codes = sorted(layers[layer]["code"])
        drawn = rng.lognormal(np.log(_MEDIAN[layer]), _SPREAD, len(codes)).round().astype(int).tolist()
        for code, number in zip(codes, drawn, strict=True):
            # All but the district, which is the last.
            people.update(dict.fromkeys(tree.lineage(code)[:-1], number))
    return {code: Population(number, SOURCE, synthetic=True) for code, number in people.items()}
