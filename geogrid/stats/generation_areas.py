"""The areas of a generation by level, with sizes and neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from pyproj import Geod

from geogrid.errors import QueryError
from geogrid.layers.area_tree import AreaTree
from geogrid.model import BASE_LAYERS, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

    from geogrid.model import Generation
    from geogrid.stats.hotspots import HotSpots

    Floats = NDArray[np.float64]

_GEOD: Final = Geod(ellps="WGS84")
_CACHED_RESULTS: Final = 64


class AreaLevel(StrEnum):
    """Level of areas. Communities include villages; dedicated grids overlap base grids and are a level of their own."""

    GRID = "grid"
    DEDICATED = "dedicated"
    COMMUNITY = "community"
    STREET = "street"


#: The layers of each level.
LEVEL_LAYERS: Final[Mapping[AreaLevel, tuple[Layer, ...]]] = {
    AreaLevel.GRID: BASE_LAYERS,
    AreaLevel.DEDICATED: (Layer.DEDICATED,),
    AreaLevel.COMMUNITY: (Layer.COMMUNITY, Layer.VILLAGE),
    AreaLevel.STREET: (Layer.STREET,),
}


@dataclass(frozen=True, slots=True, eq=False)
class AreaSet:
    """The areas of one level, in the order of their layers.

    Attributes
    ----------
    codes, names, layers, parents
        Columns of the layers.
    km2 : ndarray of float64, shape (n,)
        Area on the WGS 84 ellipsoid, rounded to 100 m².
    shapes : ndarray of object, shape (n,)
        Polygons in WGS 84 degrees.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    layers: tuple[Layer, ...]
    parents: tuple[str | None, ...]
    km2: Floats
    shapes: NDArray[np.object_]


class GenerationAreas:
    """Areas of a generation and their neighbours, computed on first use and cached.

    Parameters
    ----------
    generation, layers
        Result of `geogrid.services.layer_generations.load_layers`.
    """

    def __init__(self, generation: Generation, layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
        self.generation = generation
        self._layers = layers
        self.level = lru_cache(maxsize=len(AreaLevel))(self._level)
        self._cached_hot_spots = lru_cache(maxsize=_CACHED_RESULTS)(self._hot_spots)

    @cached_property
    def present(self) -> frozenset[Layer]:
        """Layers that the district has; every other layer is empty."""
        return frozenset(layer for layer, frame in self._layers.items() if len(frame))

    @cached_property
    def levels(self) -> tuple[AreaLevel, ...]:
        """Levels that the district has, from the grids upwards."""
        return tuple(level for level in AreaLevel if not self.present.isdisjoint(LEVEL_LAYERS[level]))

    def check_level(self, level: AreaLevel) -> None:
        """Raise if the district has no area of a level.

        Raises
        ------
        QueryError
            With the code ``level_absent``.
        """
        if level not in self.levels:
            raise absent_level(level, self.levels)

    def _level(self, level: AreaLevel) -> AreaSet:
        return read_level(level, self._layers)

    @cached_property
    def tree(self) -> AreaTree:
        """Parents of all areas, by code."""
        return AreaTree.of(self._layers)

    @cached_property
    def adjacency(self) -> Graph:
        """Adjacency of the base grids, see `geogrid.stats.hotspots.find_neighbours`."""
        from geogrid.stats.hotspots import find_neighbours  # noqa: PLC0415 - slow to import

        return find_neighbours(self.level(AreaLevel.GRID).shapes)

    def _hot_spots(self, content: bytes) -> HotSpots:
        from geogrid.stats.hotspots import find_hot_spots  # noqa: PLC0415 - slow to import

        return find_hot_spots(np.frombuffer(content), self.adjacency)

    def hot_spots(self, values: Floats) -> HotSpots:
        """Return the hot spots of the base grids; grids with NaN are left out. The last results are cached."""
        return self._cached_hot_spots(values.tobytes())


def absent_level(level: str, levels: Iterable[str]) -> QueryError:
    """Return the error for figures by a level that the district does not have."""
    return QueryError(
        f"This district has no areas of the level {level}.",
        code="level_absent",
        field="by",
        remedy=f"Use one of: {', '.join(levels)}.",
    )


def read_level(level: AreaLevel, layers: Mapping[Layer, gpd.GeoDataFrame]) -> AreaSet:
    """Return the areas of a level.

    Parameters
    ----------
    level
        The level.
    layers
        Layers from `geogrid.services.layer_generations.load_layers`.
    """
    frames = [(layer, layers[layer]) for layer in LEVEL_LAYERS[level]]
    columns = [[value for _, frame in frames for value in frame[name]] for name in ("code", "name", "parent")]
    shapes = np.concatenate([frame.geometry.to_numpy() for _, frame in frames])
    # Rounded as in maps and tables, so that readers can recompute a density.
    km2 = [round(abs(_GEOD.geometry_area_perimeter(shape)[0]) / 1e6, 4) for shape in shapes]
    kinds = tuple(layer for layer, frame in frames for _ in range(len(frame)))
    return AreaSet(tuple(columns[0]), tuple(columns[1]), kinds, tuple(columns[2]), np.array(km2), shapes)
