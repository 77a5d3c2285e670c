"""The full demo, which tests read, and a small one, of which each test that writes gets a copy."""

import demos
import markers
import pytest
import servers
import shapely
import shared
import zones
from hypothesis import settings

from geogrid.incidents.rule_set import load_rules
from geogrid.layers.codes import CodeScheme
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import EVERY_ROLE, Generation, Grant, Layer
from geogrid.reference_files import data_path
from geogrid.services.api_keys import create_key
from geogrid.store.database import Store
from geogrid.store.generations import add_generation

# A busy machine may take long over one example, which says nothing about the code.
settings.register_profile("geogrid", deadline=None)
settings.load_profile("geogrid")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        shared.start()


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        servers.drop_databases()
        shared.stop()


def pytest_collection_modifyitems(items):
    """Mark the tests by what they need, as their fixtures say."""
    for item in items:
        for marker in markers.of_fixtures(getattr(item, "fixturenames", ())):
            item.add_marker(marker)
        if item.get_closest_marker("full_demo"):
            item.add_marker("slow")
        if getattr(item, "callspec", None) and item.callspec.params.get("backend") == "postgresql":
            item.add_marker("postgresql")


@pytest.fixture(params=zones.ZONES)
def zone(request):
    """Run the test in each of these time zones of the district."""
    with zones.district_zone(request.param) as found:
        yield found


@pytest.fixture(scope="session")
def demo_scheme():
    """The code scheme of the demo."""
    return CodeScheme.of(load_rules().profile)


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
def demo_file():
    """The SQLite file of the full demo. All workers read it; a test that writes takes `store` or `copy_demo`."""
    return demos.sqlite_demo("full")


def pytest_generate_tests(metafunc):
    """Run the tests of a module that has the mark on SQLite and on PostgreSQL."""
    databases = {"both_databases": ["sqlite", "postgresql"], "only_postgresql": ["postgresql"]}
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
    """The full demo, to be read."""
    if backend == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('demo_file')}"
    else:
        url = request.getfixturevalue("server").demo("full")
    store = Store(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def copy_demo():
    """A function that copies the small demo, or another, into a folder and returns the URL of the copy."""

    def copy(folder, size="small"):
        return demos.copy_sqlite_demo(size, folder)

    return copy


@pytest.fixture
def demo_size(request):
    """The demo that `store` is a copy of: the full one for tests with the marker ``full_demo``."""
    return "full" if request.node.get_closest_marker("full_demo") else "small"


@pytest.fixture
def received(demo_size):
    """The number of incidents in `store`."""
    return demos.INCIDENTS[demo_size]


@pytest.fixture
def store(backend, demo_size, tmp_path, request):
    """A copy of a demo, to be written."""
    if backend == "sqlite":
        store = Store(demos.copy_sqlite_demo(demo_size, tmp_path))
        yield store
        store.close()
        return
    server = request.getfixturevalue("server")
    store = Store(server.copy_demo(demo_size))
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
