"""Layers of a generation and the base map, prepared once for all pages and files."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Final

from geogrid.errors import NotFoundError
from geogrid.layers.export import geojson_text
from geogrid.layers.geojson_writer import file_columns, format_layer, notice_of
from geogrid.layers.neighbours import find_neighbours
from geogrid.model import Layer
from geogrid.privacy import mask_attributes
from geogrid.services.provenance import layer_provenance
from geogrid_maps.basemap_tiles import BaseMap, Tiles
from geogrid_maps.district_shapes import DistrictShapes, prepare_shapes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.model import Generation
    from geogrid.settings import Settings

#: Path of the configured PMTiles archive.
ARCHIVE_PATH: Final = "/maps/base.pmtiles"


class PreparedLayers:
    """Layers of one generation as GeoJSON and as the backdrop of maps.

    Parameters
    ----------
    generation, layers
        Return values of `geogrid.services.layer_generations.load_generation`.
    themes
        Thematic layers by name.
    base
        Base map of the pages.

    Attributes
    ----------
    frames
        The layers that the district has by name, thematic layers last. They are public, so personal data in their
        attributes are masked.
    """

    def __init__(
        self,
        generation: Generation,
        layers: Mapping[Layer, gpd.GeoDataFrame],
        themes: Mapping[str, ThematicLayer],
        base: BaseMap | None = None,
    ) -> None:
        self.frames: dict[str, gpd.GeoDataFrame] = {
            layer.value: _mask(frame) for layer, frame in layers.items() if len(frame)
        }
        self.frames |= {name: _mask(theme.frame) for name, theme in themes.items()}
        self.backdrop: DistrictShapes = prepare_shapes(generation, layers, base, themes=themes)
        self._prepare = partial(prepare_shapes, generation, layers, themes=themes)
        self.neighbours = lru_cache(maxsize=2_000)(partial(find_neighbours, layers))
        self.geojson = lru_cache(maxsize=len(self.frames))(self._geojson)

    @cached_property
    def plain(self) -> DistrictShapes:
        """Backdrop of saved maps, in WGS 84: they have no base map."""
        return replace(self._prepare(), areas=self.backdrop.areas) if self.backdrop.base else self.backdrop

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        """Return a layer by its name, with masked attributes.

        Raises
        ------
        NotFoundError
            If the generation has no such layer.
        """
        if layer not in self.frames:
            raise NotFoundError(
                "The generation has no layer of this name.",
                code="layer_unknown",
                field="layer",
                remedy=f"Its layers are {', '.join(self.frames)}.",
            )
        return self.frames[layer]

    def _geojson(self, layer: str, credit: str) -> str:
        frame, generation = self.frame(layer), self.backdrop.generation
        provenance = layer_provenance(generation, {layer: frame}, credit)
        if layer not in set(Layer):
            return geojson_text(layer, frame, provenance)
        return format_layer(
            file_columns(frame, layer),
            {
                "name": layer,
                "generation": generation.id,
                "notice": notice_of(frame),
                "provenance": provenance.as_json(),
            },
        )


def _mask(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.assign(attributes=[mask_attributes(attributes or {}) for attributes in frame["attributes"]])


def make_base_map(settings: Settings) -> BaseMap | None:
    """Return the configured base map, or None if maps draw only the district."""
    if settings.tiles_datum is None:
        return None
    if settings.tiles_url:
        return BaseMap(
            Tiles.SERVER,
            settings.tiles_url,
            settings.tiles_datum,
            settings.tiles_attribution,
            settings.tiles_labels_url or "",
        )
    if settings.tiles_pmtiles:
        attribution = settings.tiles_attribution or settings.tiles_pmtiles.name
        return BaseMap(Tiles.ARCHIVE, ARCHIVE_PATH, settings.tiles_datum, attribution)
    return None
