"""The generations that the service answers from.

A snapshot is all that the service holds of one generation. A request takes one and answers from it to the end, so no
request sees half of one generation and half of another. The service looks at the decisions in the database twice a
second; when another generation has come into force, in this process or in any other, it prepares the new snapshot and
then changes one reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geogrid.locate.locator import Locator
from geogrid.locate.theme_index import ThemeIndex
from geogrid.services.layers import generation_at, load_generation, load_themes
from geogrid_api.base_map import base_map
from geogrid_api.page_cache import Pages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import geopandas as gpd

    from geogrid.model import Generation, Layer
    from geogrid.settings import Settings
    from geogrid.store.database import Store

_KEPT: Final = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation, ready to answer."""

    generation: Generation
    layers: Mapping[Layer, gpd.GeoDataFrame]
    locator: Locator
    themes: Mapping[str, ThemeIndex]
    pages: Pages


class Snapshots:
    """The snapshot in force, and a few others that were asked for.

    Parameters
    ----------
    store
        Where the generations are.
    settings
        How near a point is drawn to a grid, and the home folder, in which all workers share the indexes.

    Raises
    ------
    NotFoundError
        If no generation is in force.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._load = lru_cache(maxsize=_KEPT)(self._load_uncached)
        self._current = self._load(generation_at(store).id)

    @property
    def current(self) -> Snapshot:
        """The generation in force now."""
        return self._current

    def at(self, moment: datetime) -> Snapshot:
        """Return the generation that was, or will be, in force at a moment.

        Raises
        ------
        NotFoundError
            If none was.
        """
        return self.of(generation_at(self._store, moment).id)

    def of(self, number: int) -> Snapshot:
        """Return a generation by its number, whether it is in force or not: pages that are open still draw with it.

        Raises
        ------
        NotFoundError
            If there is none of that number.
        """
        current = self._current
        return current if current.generation.id == number else self._load(number)

    def refresh(self) -> None:
        """Take the generation in force now, if it is another one."""
        number = generation_at(self._store).id
        if number != self._current.generation.id:
            self._current = self._load(number)

    def _load_uncached(self, number: int) -> Snapshot:
        generation, layers = load_generation(self._store, number)
        themes = load_themes(self._store, number)
        indexes = {name: ThemeIndex(theme) for name, theme in themes.items()}
        locator = Locator(
            generation, layers, snap_m=self._settings.snap_m, index_directory=self._settings.home / "index"
        )
        pages = Pages(generation, layers, themes, base_map(self._settings))
        return Snapshot(generation, layers, locator, indexes, pages)
