"""The places that the service finds by their names: those of the generation in force, and the gazetteer."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.services.places import load_finder, places_version

if TYPE_CHECKING:
    from geogrid.places.finder import PlaceFinder
    from geogrid.store.database import Store
    from geogrid_api.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class _Prepared:
    generation: int
    version: int
    finder: PlaceFinder


class Finders:
    """The finder of the present, prepared when it is first asked for.

    Parameters
    ----------
    store
        Where the gazetteer is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._prepared: _Prepared | None = None
        self._lock = threading.Lock()

    def of(self, snapshot: Snapshot) -> PlaceFinder:
        """Return the finder of a generation and of the gazetteer as it is.

        While one request prepares another one, which takes some seconds, the others are answered by the one before.
        """
        known = self._prepared
        wanted = (snapshot.generation.id, places_version(self._store))
        if known and (known.generation, known.version) == wanted:
            return known.finder
        if not self._lock.acquire(blocking=known is None):
            assert known is not None  # noqa: S101 - what is not there is waited for
            return known.finder
        try:
            known = self._prepared
            if known is None or (known.generation, known.version) != wanted:
                known = _Prepared(*wanted, load_finder(self._store, snapshot.layers, snapshot.locator))
                self._prepared = known
            return known.finder
        finally:
            self._lock.release()
