"""The demo, prepared once; tests that write get a copy of their own."""

import shutil

import pytest
import servers
import shapely

from geogrid.demo.preparation import prepare_demo
from geogrid.layers.geojson_reader import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import EVERY_ROLE, Generation, Grant, Layer
from geogrid.resources import data_path
from geogrid.services.keys import create_key
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


def pytest_generate_tests(metafunc):
    """Run the tests of a module that has the mark on SQLite and on PostgreSQL."""
    databases = {"both_databases": ["sqlite", "postgresql"], "postgresql": ["postgresql"]}
    for marker, kinds in databases.items():
        if "backend" in metafunc.fixturenames and metafunc.definition.get_closest_marker(marker):
            metafunc.parametrize("backend", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request):
    """The kind of the databases that `demo`, `store` and `new_url` are on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def server():
    """The PostgreSQL server."""
    found, reason = servers.find_server()
    if found is None:
        pytest.skip(f"No PostgreSQL answers at {servers.URL}, so it was not tried. 未找到 PostgreSQL: {reason}")
    yield found
    found.close()


@pytest.fixture(scope="session")
def demo(backend, request):
    """The demo, to be read."""
    if backend == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('demo_file')}"
    else:
        url = request.getfixturevalue("server").copy_demo()
    store = Store(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def copy_demo(demo_file):
    """A function that copies the demo into a folder and gives the copy's address."""

    def copy(folder):
        path = folder / "geogrid.db"
        shutil.copyfile(demo_file, path)
        return f"sqlite:///{path}"

    return copy


@pytest.fixture
def store(backend, copy_demo, tmp_path, request):
    """A copy of the demo, to be written."""
    if backend == "sqlite":
        store = Store(copy_demo(tmp_path))
        yield store
        store.close()
        return
    server = request.getfixturevalue("server")
    store = Store(server.copy_demo())
    yield store
    store.close()
    server.drop(store.url)


@pytest.fixture
def new_url(backend, tmp_path, request):
    """The address of an empty database."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server = request.getfixturevalue("server")
    url = server.make()
    yield url
    server.drop(url)


@pytest.fixture
def new_store(new_url):
    """A store with tables and nothing in them."""
    store = Store(new_url)
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def key(store):
    return create_key(store, "tests", Grant(EVERY_ROLE))
