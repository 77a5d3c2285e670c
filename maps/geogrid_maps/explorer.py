"""The explorer: the layers, a search, and what each grid is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid_maps.district_map import district_canvas
from geogrid_maps.map_query import MapKind
from geogrid_maps.page import Drawing, PageContent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model import Category
    from geogrid.services.figures import Kpi
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View


def draw_explorer(
    backdrop: DistrictShapes, kpi: Kpi, by_grid: Mapping[str, int], view: View, categories: Mapping[str, Category]
) -> Drawing:
    """Draw the layers with nothing on them but their names; see `geogrid_maps.page` for its two ways out.

    Parameters
    ----------
    backdrop
        The district.
    kpi, by_grid
        How many incidents there are, in all and in each grid.
    view
        What was asked for; it fills the form and the strip.
    categories
        The names of the categories.
    """
    canvas = district_canvas(backdrop, view.language)
    canvas.start("geogridExplorer", backdrop, view.language, counts=dict(by_grid))
    scene = PageContent(MapKind.EXPLORER, backdrop, kpi, view, categories, {})
    return Drawing(canvas.map, scene, ("district.js", "explorer.js"))
