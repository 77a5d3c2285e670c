"""What the service prepares once a generation and then only hands out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.layers.write import file_columns, layer_text, notice_of
from geogrid.model import Layer
from geogrid_maps.backdrop import Backdrop, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.model import Generation


class Pages:
    """The layers of a generation, as files and as a map's backdrop.

    Parameters
    ----------
    generation, layers
        As `geogrid.services.layers.load_layers` returns them.
    """

    def __init__(self, generation: Generation, layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
        self.layers = layers
        self.backdrop: Backdrop = prepare(generation, layers)
        self.geojson = lru_cache(maxsize=len(Layer))(self._geojson)

    def _geojson(self, layer: Layer) -> str:
        frame = self.layers[layer]
        return layer_text(
            file_columns(frame, layer),
            {"name": layer.value, "generation": self.backdrop.generation.id, "notice": notice_of(frame)},
        )
