"""The heat map: density of incidents over the three layers of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from folium.plugins import HeatMap

from geogrid.stats.point_binning import CELL_DEG
from geogrid_maps.district_map import district_canvas
from geogrid_maps.escaping import encode
from geogrid_maps.map_data import HeatmapData
from geogrid_maps.map_page import Drawing, PageContent
from geogrid_maps.map_query import MapKind
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid.constants import Language
    from geogrid.stats.point_binning import HeatCells
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_query import View

#: ColorBrewer's YlOrRd: even steps, safe for colour-blind readers.
GRADIENT: Final = {0.05: "#ffeda0", 0.15: "#fed976", 0.28: "#feb24c", 0.45: "#fd8d3c", 0.65: "#f03b20", 0.9: "#bd0026"}

#: Metres per degree of latitude on the sphere that Leaflet uses.
_M_PER_DEG: Final = 111_195


def gather_heatmap(figures: MapFigures, view: View) -> HeatmapData:
    """Count the incidents of a view by heat cell."""
    selection = figures.select(view)
    return HeatmapData(
        selection.shapes, selection.view, figures.rules, figures.density(selection), query=selection.query
    )


def draw_heatmap(data: HeatmapData) -> Drawing:
    """Draw the heat map."""
    shapes, density, language = data.shapes, data.density, data.language
    canvas = district_canvas(shapes, language)
    canvas.layers["heat"] = heat_layer(density.cells, shapes, language).add_to(canvas.map)
    canvas.start("geogridHeatmap", shapes, language, counts=density.by_grid, heatRadius=heat_radius_m())
    legend = {"gradient": ", ".join(GRADIENT.values()), "densest": density.cells.largest}
    content = PageContent(MapKind.HEATMAP, data, density.kpi, legend)
    return Drawing(canvas.map, content, ("district.js", "heatmap.js"))


def heat_radius_m(cell_deg: float = CELL_DEG) -> float:
    """Return the radius of a heat spot in metres: the height of a cell of `cell_deg` degrees.

    Examples
    --------
    >>> heat_radius_m()
    111.2
    """
    return round(cell_deg * _M_PER_DEG, 1)


def heat_layer(cells: HeatCells | None, shapes: DistrictShapes, language: Language) -> HeatMap:
    """Return cells as a heat layer; without cells a script of the page fills it."""
    rows: list[list[float]] = []
    if cells:
        lon, lat = shapes.to_map_datum(cells.lon, cells.lat)
        rows = [list(row) for row in zip(lat.tolist(), lon.tolist(), cells.count.tolist(), strict=True)]
    return heat_plugin(rows, encode(text("heat", language)), pane="heat")


def heat_plugin(rows: list[list[float]], name: str, **options: str) -> HeatMap:
    """Return a heat layer in the colours of all maps.

    Parameters
    ----------
    rows
        Latitude, longitude and weight of each point, all finite.
    name
        Name of the layer, encoded.
    options
        More options of the layer.
    """
    layer = HeatMap(
        [],
        name=name,
        radius=13,
        blur=16,
        min_opacity=0.04,
        gradient={str(stop): colour for stop, colour in GRADIENT.items()},
        **options,
    )
    # Set after the constructor, which checks each value again: as slow as the rest of the page together.
    layer.data = rows
    return layer
