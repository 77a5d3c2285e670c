"""The demo, prepared once; tests that write get a copy of their own."""

import sqlite3

import pytest
import shapely

from geogrid.layers.read import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import Generation, Layer
from geogrid.resources import data_path
from geogrid.services.accounts import create_key
from geogrid.services.demo import prepare_demo
from geogrid.store.database import Store
from geogrid.store.generations import add_generation


@pytest.fixture(scope="session")
def layers():
    """All layers of the demo, as the files have them."""
    return read_generation(data_path("boundaries"))


@pytest.fixture(scope="session")
def locator(layers):
    return Locator(Generation(1, "test", synthetic=True), layers)


#: In the moved layers half of the first grid belongs to the second, in another street; the dedicated grid is no more.
GIVES, TAKES, GONE = "140213050010005", "140213053010006", "140213051003501"


@pytest.fixture(scope="session")
def moved_layers(layers):
    """The layers of the demo with a border of grids, communities and streets moved, and a dedicated grid taken away."""
    frames = {layer: frame.set_index("code") for layer, frame in layers.items()}
    giver, taker = (frames[Layer.URBAN].geometry[code] for code in (GIVES, TAKES))
    west, south, east, north = giver.bounds
    middle = giver.centroid.x
    side = (west, middle) if taker.centroid.x < middle else (middle, east)
    half = shapely.set_precision(giver.intersection(shapely.box(side[0], south, side[1], north)), 1e-7)
    for layer, length in ((Layer.URBAN, 15), (Layer.COMMUNITY, 12), (Layer.STREET, 9)):
        shapes = frames[layer].geometry
        frames[layer].loc[GIVES[:length], "geometry"] = shapes[GIVES[:length]].difference(half)
        frames[layer].loc[TAKES[:length], "geometry"] = shapes[TAKES[:length]].union(half)
    frames[Layer.DEDICATED] = frames[Layer.DEDICATED].drop(GONE)
    return {layer: frame.reset_index()[layers[layer].columns] for layer, frame in frames.items()}


@pytest.fixture
def moved(store, moved_layers):
    """The number of a draft in the copy of the demo: the moved layers."""
    with store.write() as connection:
        return add_generation(connection, moved_layers, label="moved").id


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory):
    """A database with the demo in it, to be copied or read, never written."""
    path = tmp_path_factory.mktemp("demo") / "geogrid.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    prepare_demo(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def demo(demo_file):
    """The demo, to be read."""
    store = Store(f"sqlite:///{demo_file}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def copy_demo(demo_file):
    """A function that copies the demo into a folder and gives the copy's address."""

    def copy(folder):
        path = folder / "geogrid.db"
        source, target = sqlite3.connect(demo_file), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        return f"sqlite:///{path}"

    return copy


@pytest.fixture
def store(copy_demo, tmp_path):
    """A copy of the demo, to be written."""
    store = Store(copy_demo(tmp_path))
    yield store
    store.close()


@pytest.fixture
def key(store):
    return create_key(store, "tests")
