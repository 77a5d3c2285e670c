"""What the service prepares once a generation and then only hands out."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

from geogrid.errors import NotFoundError
from geogrid.layers.export import geojson_text
from geogrid.layers.geojson_writer import file_columns, layer_text, notice_of
from geogrid.layers.neighbours import neighbours
from geogrid.model import Layer
from geogrid.privacy import mask_attributes
from geogrid_maps.district_shapes import DistrictShapes, prepare_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.layers.themes import ThematicLayer
    from geogrid.model import Generation
    from geogrid_maps.basemap import BaseMap


class Pages:
    """The layers of a generation, as files and as a map's backdrop.

    Parameters
    ----------
    generation, layers
        As `geogrid.services.layers.load_layers` returns them.
    themes
        The thematic layers by name.
    base
        The base map under the pages' maps.

    Attributes
    ----------
    frames
        All layers by name, the thematic ones last. They go out without a key: persons in their attributes are masked.
    """

    def __init__(
        self,
        generation: Generation,
        layers: Mapping[Layer, gpd.GeoDataFrame],
        themes: Mapping[str, ThematicLayer],
        base: BaseMap | None = None,
    ) -> None:
        self.frames: dict[str, gpd.GeoDataFrame] = {layer.value: _masked(frame) for layer, frame in layers.items()}
        self.frames |= {name: _masked(theme.frame) for name, theme in themes.items()}
        self.backdrop: DistrictShapes = prepare_shapes(generation, layers, base, themes=themes)
        self._prepare = partial(prepare_shapes, generation, layers, themes=themes)
        self.neighbours = lru_cache(maxsize=2_000)(partial(neighbours, layers))
        self.geojson = lru_cache(maxsize=len(self.frames))(self._geojson)

    @cached_property
    def plain(self) -> DistrictShapes:
        """The backdrop of files, which have no base map, and so are in WGS 84."""
        return replace(self._prepare(), areas=self.backdrop.areas) if self.backdrop.base else self.backdrop

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        """Return a layer.

        Raises
        ------
        NotFoundError
            If there is none of this name.
        """
        if layer not in self.frames:
            raise NotFoundError(
                "There is no layer of this name in the generation in force.",
                code="layer_unknown",
                field="layer",
                remedy=f"It has {', '.join(self.frames)}.",
            )
        return self.frames[layer]

    def _geojson(self, layer: str) -> str:
        frame = self.frame(layer)
        if layer not in set(Layer):
            return geojson_text(layer, frame)
        return layer_text(
            file_columns(frame, layer),
            {"name": layer, "generation": self.backdrop.generation.id, "notice": notice_of(frame)},
        )


def _masked(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.assign(attributes=[mask_attributes(attributes or {}) for attributes in frame["attributes"]])
