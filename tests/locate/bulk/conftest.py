"""The demo as a target, and expected results."""

import numpy as np
import pytest

from geogrid.locate.bulk.assignment_target import grid_target
from geogrid.locate.tree_index import LayerIndex
from geogrid.model import BASE_LAYERS, Layer


@pytest.fixture(scope="session")
def target(locator):
    return grid_target(locator)


@pytest.fixture(scope="session")
def oracle(layers):
    """The expected codes from `LayerIndex`: base, then dedicated."""

    def codes(which, lon, lat):
        index = LayerIndex(
            [code for layer in which for code in layers[layer]["code"]],
            [shape for layer in which for shape in layers[layer].geometry],
        )
        return np.append(index.codes, None)[index.assign(lon, lat)].tolist()

    return lambda lon, lat: (codes(BASE_LAYERS, lon, lat), codes((Layer.DEDICATED,), lon, lat))
