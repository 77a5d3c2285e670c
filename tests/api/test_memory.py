"""The service keeps its caches out of full garbage collections."""

import gc
import time

from geogrid.layers.import_sources import read_directory
from geogrid.resources import data_path
from geogrid.services.layer_import import import_layers
from geogrid.services.layers import activate, list_generations


def wait_for_frozen(least: int) -> int:
    """Return the number of frozen objects once it exceeds `least`, or after 60 s."""
    deadline = time.monotonic() + 60
    while gc.get_freeze_count() <= least and time.monotonic() < deadline:
        time.sleep(0.1)
    return gc.get_freeze_count()


def test_caches_are_frozen_after_start_and_new_generation(client, store):
    first = wait_for_frozen(0)
    assert first > 100_000
    import_layers(store, read_directory(data_path("boundaries")), label="again", commit=True)
    activate(store, list_generations(store)[-1].generation.id)
    assert wait_for_frozen(first + 10_000) > first + 10_000
    assert client.get("/health").status_code == 200
