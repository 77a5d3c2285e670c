"""The heat map: where problems are dense, over the three layers of grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from folium.plugins import HeatMap

from geogrid.stats.density import CELL_DEG
from geogrid_maps.district_map import district_canvas
from geogrid_maps.escaping import encode
from geogrid_maps.map_query import MapKind
from geogrid_maps.page import Drawing, PageContent
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.services.figures import Density
    from geogrid.stats.density import HeatCells
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View

#: Yellow to dark red (ColorBrewer's YlOrRd): even steps, safe for the colour-blind; the legend shows the same.
GRADIENT: Final = {0.05: "#ffeda0", 0.15: "#fed976", 0.28: "#feb24c", 0.45: "#fd8d3c", 0.65: "#f03b20", 0.9: "#bd0026"}

#: Metres to a degree of latitude, on the sphere that Leaflet measures on.
_M_PER_DEG: Final = 111_195


def draw_heatmap(backdrop: DistrictShapes, density: Density, view: View, categories: Mapping[str, Category]) -> Drawing:
    """Draw the heat map; see `geogrid_maps.page` for its two ways out.

    Parameters
    ----------
    backdrop
        The district.
    density
        Where the incidents lie.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    """
    canvas = district_canvas(backdrop, view.language)
    heat = heat_layer(density.cells, backdrop, view.language).add_to(canvas.map)
    canvas.layers["heat"] = heat
    canvas.start("geogridHeatmap", backdrop, view.language, counts=density.by_grid, heatRadius=heat_radius_m())
    legend = {"gradient": ", ".join(GRADIENT.values()), "densest": density.cells.largest}
    scene = PageContent(MapKind.HEATMAP, backdrop, density.kpi, view, categories, legend)
    return Drawing(canvas.map, scene, ("district.js", "heatmap.js"))


def heat_radius_m(cell_deg: float = CELL_DEG) -> float:
    """Return the radius of a spot of heat in metres: the height of a cell.

    Parameters
    ----------
    cell_deg
        The height of a cell in degrees.

    Examples
    --------
    >>> heat_radius_m()
    111.2
    """
    return round(cell_deg * _M_PER_DEG, 1)


def heat_layer(cells: HeatCells | None, backdrop: DistrictShapes, language: Language) -> HeatMap:
    """Return cells as heat; None leaves it to a script to say what is hot."""
    rows: list[list[float]] = []
    if cells:
        lon, lat = backdrop.on_picture(cells.lon, cells.lat)
        rows = [list(row) for row in zip(lat.tolist(), lon.tolist(), cells.count.tolist(), strict=True)]
    return heat_plugin(rows, encode(text("heat", language)), pane="heat")


def heat_plugin(rows: list[list[float]], name: str, **options: str) -> HeatMap:
    """Return a heat layer in the colours of all our maps.

    Parameters
    ----------
    rows
        Latitude, longitude and weight of each point, all finite.
    name
        The name of the layer, encoded.
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
    # Behind its back: it would look at each value again, which takes as long as all else of a page.
    layer.data = rows
    return layer
