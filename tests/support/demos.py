"""The demo databases of the tests: the full demo, and a small one for tests that write."""

import shutil

import shared

from geogrid.demo.store_preparation import prepare_demo
from geogrid.store.database import Store

#: The number of incidents of the small demo. Its layers, people and inspection round are those of the full demo.
SMALL = 600
#: The number of incidents of each demo.
INCIDENTS = {"small": SMALL, "full": 59_369}


def fill_demo(url, size):
    """Make the tables in an empty database and fill them with a demo."""
    store = Store(url)
    store.upgrade()
    prepare_demo(store, incidents=INCIDENTS[size])
    store.close()


def sqlite_demo(size):
    """Return the SQLite file of a demo. Nothing may write to it; its folder is the home of services that only read."""
    folder = shared.build_once(f"sqlite-{size}", lambda part: fill_demo(f"sqlite:///{part / 'geogrid.db'}", size))
    return folder / "geogrid.db"


def copy_sqlite_demo(size, folder):
    """Copy a demo into a folder and return the URL of the copy.

    The folder is meant as the home of a service: all homes share the files of the raster index.
    """
    path = folder / "geogrid.db"
    shutil.copyfile(sqlite_demo(size), path)
    index = shared.folder() / "index"
    index.mkdir(exist_ok=True)
    (folder / "index").symlink_to(index, target_is_directory=True)
    return f"sqlite:///{path}"
