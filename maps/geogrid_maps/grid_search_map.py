"""The grid explorer: a map to search grids and read their details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid_maps.district_map import district_canvas
from geogrid_maps.map_data import ExplorerData
from geogrid_maps.map_page import Drawing, PageContent
from geogrid_maps.map_query import MapKind

if TYPE_CHECKING:
    from geogrid_maps.map_data import MapFigures
    from geogrid_maps.map_query import View


def gather_explorer(figures: MapFigures, view: View) -> ExplorerData:
    """Count the incidents of a view by grid."""
    selection = figures.select(view)
    kpi, by_grid = figures.count_by_grid(selection)
    return ExplorerData(selection.shapes, selection.view, figures.rules, kpi, by_grid, query=selection.query)


def draw_explorer(data: ExplorerData) -> Drawing:
    """Draw the layers of grids with their names."""
    canvas = district_canvas(data.shapes, data.words)
    canvas.start("geogridExplorer", data.shapes, data.words, counts=dict(data.by_grid))
    return Drawing(canvas.map, PageContent(MapKind.EXPLORER, data, data.kpi, {}), ("district.js", "explorer.js"))
