"""Made-up numbers of people, so that the demo has rates by people; no census is behind them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.layers.codes import parent_of
from geogrid.model import BASE_LAYERS, Layer, Population

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

SOURCE: Final = "合成示意 synthetic"
#: How many live in a grid in the middle, and how far that spreads on the scale of logarithms: by the scheme each grid
#: of a town has about as many households.
_MIDDLE: Final = {Layer.URBAN: 900.0, Layer.RURAL: 350.0}
_SPREAD: Final = 0.35
_SEED: Final = 20220101


def make_population(layers: Mapping[Layer, gpd.GeoDataFrame]) -> dict[str, Population]:
    """Return people for the base grids, and their sums for communities, villages and streets.

    Dedicated grids, which are schools and markets, have none.

    Parameters
    ----------
    layers
        The demo layers.
    """
    rng = np.random.default_rng(_SEED)
    people: Counter[str] = Counter()
    for layer in BASE_LAYERS:
        codes = sorted(layers[layer]["code"])
        drawn = rng.lognormal(np.log(_MIDDLE[layer]), _SPREAD, len(codes)).round().astype(int).tolist()
        for code, number in zip(codes, drawn, strict=True):
            place = parent_of(code)
            people.update({code: number, place: number, parent_of(place): number})
    return {code: Population(number, SOURCE, synthetic=True) for code, number in people.items()}
