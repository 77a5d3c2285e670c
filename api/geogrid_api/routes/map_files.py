"""Data of the maps as CSV and GeoJSON files."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from geogrid.constants import Language
from geogrid.stats.area_files import difference_csv, difference_geojson
from geogrid.stats.export_files import (
    cells_csv,
    cells_geojson,
    frames_csv,
    frames_geojson,
    grids_csv,
    grids_geojson,
)
from geogrid.stats.grids import grid_rows
from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.map_query import MapKind, View

router = APIRouter(tags=["maps 地图"])


class TableFormat(StrEnum):
    """File format of a table."""

    CSV = "csv"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Media type."""
        return "text/csv" if self is TableFormat.CSV else "application/geo+json"


_SCHEMAS: Final[dict[TableFormat, dict[str, str]]] = {
    TableFormat.CSV: {"type": "string", "format": "binary"},
    TableFormat.GEOJSON: {"type": "object"},
}
_ERRORS: Final[dict[int | str, dict[str, Any]]] = problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)


def _describe_route(file_format: TableFormat) -> dict[str, Any]:
    content = {file_format.media_type: {"schema": _SCHEMAS[file_format]}}
    return {
        "response_class": Response,
        "responses": {200: {"content": content}, **_ERRORS},
        "openapi_extra": OPTIONAL_AUTH,
    }


@router.get("/maps/heatmap.csv", **_describe_route(TableFormat.CSV))
def export_heatmap_csv(request: MapDep) -> Response:
    """Export the cells of the heat map as CSV. Anonymous users get cells with at least three incidents."""
    _, density, view, _ = request.heatmap()
    return _file_response(TableFormat.CSV, MapKind.HEATMAP, view, cells_csv(density.cells))


@router.get("/maps/heatmap.geojson", **_describe_route(TableFormat.GEOJSON))
def export_heatmap_geojson(request: MapDep) -> Response:
    """Export the cells of the heat map as GeoJSON points with counts."""
    _, density, view, _ = request.heatmap()
    content = cells_geojson(density.cells, synthetic=bool(density.kpi.synthetic))
    return _file_response(TableFormat.GEOJSON, MapKind.HEATMAP, view, content)


@router.get("/maps/timeline.csv", **_describe_route(TableFormat.CSV))
def export_timeline_csv(request: MapDep) -> Response:
    """Export the number of incidents of each frame of the timeline as CSV."""
    _, playback, view, _ = request.timeline()
    return _file_response(TableFormat.CSV, MapKind.TIMELINE, view, frames_csv(playback.step, playback.pictures))


@router.get("/maps/timeline.geojson", **_describe_route(TableFormat.GEOJSON))
def export_timeline_geojson(request: MapDep) -> Response:
    """Export the cells of all frames of the timeline as GeoJSON points with frame and count."""
    _, playback, view, _ = request.timeline()
    synthetic = bool(playback.kpi.synthetic)
    content = frames_geojson(playback.step, playback.pictures, playback.cell_deg, synthetic=synthetic)
    return _file_response(TableFormat.GEOJSON, MapKind.TIMELINE, view, content)


@router.get("/maps/compare.csv", **_describe_route(TableFormat.CSV))
def export_comparison_csv(request: MapDep) -> Response:
    """Export the difference of two periods by area as CSV, with counts, densities and change."""
    _, _, tables, (_, view), _ = request.difference()
    content = difference_csv(*tables, Language(view.language))
    return _file_response(TableFormat.CSV, MapKind.COMPARE, view, content)


@router.get("/maps/compare.geojson", **_describe_route(TableFormat.GEOJSON))
def export_comparison_geojson(request: MapDep) -> Response:
    """Export the difference of two periods by area as GeoJSON, with the shapes of the areas."""
    backdrop, _, tables, (_, view), _ = request.difference()
    content = difference_geojson(*tables, backdrop.areas.level(view.by))
    return _file_response(TableFormat.GEOJSON, MapKind.COMPARE, view, content)


@router.get("/maps/explorer.csv", **_describe_route(TableFormat.CSV))
def export_explorer_csv(request: MapDep) -> Response:
    """Export the grids of a layer, street or community as CSV, with their number of incidents."""
    backdrop, kpi, counts, view, _ = request.explorer()
    rows = grid_rows(backdrop.areas, layer=view.layer, street=view.street, community=view.community)
    synthetic = bool(kpi.synthetic) or backdrop.generation.synthetic
    content = grids_csv(rows, counts, Language(view.language), synthetic=synthetic)
    return _file_response(TableFormat.CSV, MapKind.EXPLORER, view, content)


@router.get("/maps/explorer.geojson", **_describe_route(TableFormat.GEOJSON))
def export_explorer_geojson(request: MapDep) -> Response:
    """Export the grids of a layer, street or community as GeoJSON, with their number of incidents."""
    backdrop, kpi, counts, view, _ = request.explorer()
    rows = grid_rows(backdrop.areas, layer=view.layer, street=view.street, community=view.community)
    synthetic = bool(kpi.synthetic) or backdrop.generation.synthetic
    content = grids_geojson(rows, counts, backdrop.generation, synthetic=synthetic)
    return _file_response(TableFormat.GEOJSON, MapKind.EXPLORER, view, content)


def _file_response(file_format: TableFormat, kind: MapKind, view: View, content: bytes) -> Response:
    name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day)])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{file_format}"', "Cache-Control": "no-store"}
    return Response(content, media_type=file_format.media_type, headers=headers)
