"""The demo, prepared once; tests that write get a copy of their own."""

import sqlite3

import pytest

from geogrid.layers.read import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import Generation
from geogrid.resources import data_path
from geogrid.services.accounts import create_key
from geogrid.services.demo import prepare_demo
from geogrid.store.database import Store


@pytest.fixture(scope="session")
def layers():
    """All layers of the demo, as the files have them."""
    return read_generation(data_path("boundaries"))


@pytest.fixture(scope="session")
def locator(layers):
    return Locator(Generation(1, "test", synthetic=True), layers)


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
