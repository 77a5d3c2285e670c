"""Cache of generations with their layers, locator and page data.

A request reads one snapshot and uses it to the end, so no request mixes two generations. A periodic task polls the
database for the active generation, loads its snapshot and then replaces one reference.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geogrid.errors import NotFoundError
from geogrid.locate.locator import Locator
from geogrid.locate.theme_index import ThemeIndex
from geogrid.services.layer_generations import generation_at, load_generation, load_themes
from geogrid_api.prepared_layers import PreparedLayers, make_base_map

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import geopandas as gpd

    from geogrid.layers.area_tree import AreaTree
    from geogrid.model import Generation, Layer
    from geogrid.settings import Settings
    from geogrid.store.database import Store

_MAX_SNAPSHOTS: Final = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation with its indexes and page data."""

    generation: Generation
    layers: Mapping[Layer, gpd.GeoDataFrame]
    locator: Locator
    themes: Mapping[str, ThemeIndex]
    prepared: PreparedLayers

    @property
    def tree(self) -> AreaTree:
        """Parents of all areas, by code."""
        return self.prepared.backdrop.areas.tree


class SnapshotCache:
    """Cache of the active generation and of the generations last requested.

    Parameters
    ----------
    store
        Database with the generations.
    settings
        Snapping distance, base map, and the home folder in which all worker processes share the index files.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._load = lru_cache(maxsize=_MAX_SNAPSHOTS)(self._load_uncached)
        self._current: Snapshot | None = None
        self.refresh()

    @property
    def current(self) -> Snapshot:
        """Active generation.

        Raises
        ------
        NotFoundError
            If no generation is active yet.
        """
        return self._current or self._load(generation_at(self._store).id)

    @property
    def has_layers(self) -> bool:
        """Whether a generation is active. Without one only the pages that bring layers work."""
        return self._current is not None

    def at(self, time: datetime) -> Snapshot:
        """Return the generation that is active at a time, in the past or in the future.

        Raises
        ------
        NotFoundError
            If no generation is active at that time.
        """
        return self.of(generation_at(self._store, time).id)

    def of(self, generation_id: int) -> Snapshot:
        """Return a generation by its id. It need not be active: open pages still request their generation.

        Raises
        ------
        NotFoundError
            If there is no such generation.
        """
        current = self._current
        return current if current and current.generation.id == generation_id else self._load(generation_id)

    def refresh(self) -> None:
        """Load the active generation if another one has become active."""
        with suppress(NotFoundError):
            generation_id = generation_at(self._store).id
            if self._current is None or generation_id != self._current.generation.id:
                self._current = self._load(generation_id)

    def _load_uncached(self, generation_id: int) -> Snapshot:
        generation, layers = load_generation(self._store, generation_id)
        themes = load_themes(self._store, generation_id)
        indexes = {name: ThemeIndex(theme) for name, theme in themes.items()}
        locator = Locator(
            generation, layers, snap_m=self._settings.snap_m, index_directory=self._settings.home / "index"
        )
        prepared = PreparedLayers(generation, layers, themes, make_base_map(self._settings))
        return Snapshot(generation, layers, locator, indexes, prepared)
