"""The service keeps its caches out of full garbage collections."""

import gc
import time
import weakref

from geogrid.layers.layer_source_reader import read_directory
from geogrid.reference_files import data_path
from geogrid.services.layer_generations import activate_generation, list_generations
from geogrid.services.layer_import import import_layers
from geogrid_api.garbage_collection import FrozenMemory

#: A generous limit: the warm-up takes two seconds, and minutes on a busy machine.
LONGEST_S = 300


def wait_until(condition):
    """Return whether the condition became true in time."""
    deadline = time.monotonic() + LONGEST_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def is_frozen(marker):
    """Return whether the collector skips an object; it lists only the others."""
    return not any(one is marker for one in gc.get_objects())


def test_the_caches_are_frozen_after_the_start_and_after_a_new_generation(client, store):
    assert wait_until(lambda: gc.get_freeze_count() > 100_000)
    marker = [{}]
    assert not is_frozen(marker)
    import_layers(store, read_directory(data_path("boundaries")), label="again", commit=True)
    activate_generation(store, list_generations(store)[-1].generation.id)
    assert wait_until(lambda: is_frozen(marker))
    assert gc.get_freeze_count() > 100_000
    assert client.get("/health").status_code == 200


def test_objects_are_frozen_once_for_each_state():
    memory = FrozenMemory()
    try:
        memory.freeze(1)
        marker = [{}]
        memory.freeze(1)
        assert not is_frozen(marker)
        memory.freeze(2)
        assert is_frozen(marker)
    finally:
        memory.thaw()
    assert not is_frozen(marker)
    assert gc.get_freeze_count() == 0


class Node:
    """An object that refers to itself, so that only the collector frees it."""

    def __init__(self):
        self.own = self


def test_garbage_of_an_earlier_state_is_collected():
    memory = FrozenMemory()
    try:
        node = Node()
        memory.freeze(1)
        found = weakref.ref(node)
        del node
        gc.collect()
        assert found() is not None, "a collection skips it while it is frozen"
        memory.freeze(2)
        assert found() is None
    finally:
        memory.thaw()


def test_the_service_saves_its_incident_columns_for_the_next_start(client, app):
    folder = app.state.settings.home / "index"
    assert wait_until(lambda: list(folder.glob("*.columns")))
    assert client.get("/maps/heatmap").status_code == 200
