"""Data of the maps as CSV and GeoJSON files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.stats.area_table_writer import difference_csv as areas_difference_csv
from geogrid.stats.area_table_writer import difference_geojson as areas_difference_geojson
from geogrid.stats.csv_geojson_writer import (
    cells_csv,
    cells_geojson,
    frames_csv,
    frames_geojson,
    grids_csv,
    grids_geojson,
)
from geogrid.stats.grid_list import grid_rows
from geogrid_maps.map_provenance import map_provenance

if TYPE_CHECKING:
    from geogrid.model.provenance import Provenance
    from geogrid.stats.grid_list import GridRow
    from geogrid_maps.map_data import DifferenceData, ExplorerData, HeatmapData, TimelineData


def heatmap_csv(data: HeatmapData) -> bytes:
    """Return a CSV file of the cells of a heat map: centre and number of incidents."""
    return cells_csv(data.density.cells, _heatmap_provenance(data))


def heatmap_geojson(data: HeatmapData) -> bytes:
    """Return a GeoJSON file of the cells of a heat map, as points with the number of incidents."""
    return cells_geojson(data.density.cells, _heatmap_provenance(data))


def timeline_csv(data: TimelineData) -> bytes:
    """Return the number of incidents of each time step."""
    return frames_csv(data.animation.step, data.animation.pictures, _timeline_provenance(data))


def timeline_geojson(data: TimelineData) -> bytes:
    """Return a GeoJSON file of the cells of all time steps, as points with time step and number of incidents."""
    animation = data.animation
    return frames_geojson(animation.step, animation.pictures, animation.cell_deg, _timeline_provenance(data))


def difference_csv(data: DifferenceData) -> bytes:
    """Return counts, densities and change of each area."""
    return areas_difference_csv(data.earlier_table, data.table, data.days, _difference_provenance(data))


def difference_geojson(data: DifferenceData) -> bytes:
    """Return the areas with counts, densities and change."""
    areas = data.shapes.areas.level(data.view.by)
    return areas_difference_geojson(data.earlier_table, data.table, data.days, areas, _difference_provenance(data))


def explorer_csv(data: ExplorerData) -> bytes:
    """Return the grids with the number of incidents in each."""
    return grids_csv(selected_grids(data), data.by_grid, _explorer_provenance(data))


def explorer_geojson(data: ExplorerData) -> bytes:
    """Return the grids as polygons with the number of incidents in each."""
    return grids_geojson(selected_grids(data), data.by_grid, data.shapes.generation, _explorer_provenance(data))


def selected_grids(data: ExplorerData) -> list[GridRow]:
    """Return the grids of the chosen layer, street or community."""
    view = data.view
    return grid_rows(data.shapes.areas, layer=view.layer, street=view.street, community=view.community)


def _heatmap_provenance(data: HeatmapData) -> Provenance:
    return map_provenance(data, synthetic=data.density.kpi.share(data.shapes.generation))


def _timeline_provenance(data: TimelineData) -> Provenance:
    return map_provenance(data, synthetic=data.animation.kpi.share(data.shapes.generation))


def _difference_provenance(data: DifferenceData) -> Provenance:
    return map_provenance(data, synthetic=data.earlier_table.synthetic | data.table.synthetic)


def _explorer_provenance(data: ExplorerData) -> Provenance:
    return map_provenance(data, synthetic=data.kpi.share(data.shapes.generation))
