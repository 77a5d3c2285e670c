"""Cache of the place finder: area names of the active generation, and the gazetteer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.services.places import get_gazetteer_version, load_finder

if TYPE_CHECKING:
    from geogrid.places.finder import PlaceFinder
    from geogrid.store.database import Store
    from geogrid_api.generation_cache import Snapshot


@dataclass(frozen=True, slots=True)
class _FinderVersion:
    generation_id: int
    gazetteer_version: int


class PlaceFinders:
    """Cache of one place finder, built on first use.

    Parameters
    ----------
    store
        Database with the gazetteer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cached: tuple[_FinderVersion, PlaceFinder] | None = None
        self._lock = threading.Lock()

    def of(self, snapshot: Snapshot) -> PlaceFinder:
        """Return the finder of a generation and the present gazetteer.

        Building a finder takes seconds. While one request builds it, other requests get the previous finder.
        """
        version = _FinderVersion(snapshot.generation.id, get_gazetteer_version(self._store))
        cached = self._cached
        if cached and cached[0] == version:
            return cached[1]
        if not self._lock.acquire(blocking=cached is None):
            assert cached is not None  # noqa: S101 - without a previous finder the lock was awaited
            return cached[1]
        try:
            cached = self._cached
            if cached is None or cached[0] != version:
                cached = version, load_finder(self._store, snapshot.layers, snapshot.locator)
                self._cached = cached
            return cached[1]
        finally:
            self._lock.release()
