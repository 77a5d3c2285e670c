"""What the maps show, as tables."""

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
from geogrid_api.authentication import ANYBODY
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.map_query import MapKind, View

router = APIRouter(tags=["maps 地图"])


class TableForm(StrEnum):
    """A format of a table."""

    CSV = "csv"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Its type on the web."""
        return "text/csv" if self is TableForm.CSV else "application/geo+json"


_SCHEMAS: Final[dict[TableForm, dict[str, str]]] = {
    TableForm.CSV: {"type": "string", "format": "binary"},
    TableForm.GEOJSON: {"type": "object"},
}
_REFUSE: Final[dict[int | str, dict[str, Any]]] = responses(*DOORS, *FIGURES_REFUSE)


def _route(form: TableForm) -> dict[str, Any]:
    content = {form.media_type: {"schema": _SCHEMAS[form]}}
    return {
        "response_class": Response,
        "responses": {200: {"content": content}, **_REFUSE},
        "openapi_extra": ANYBODY,
    }


@router.get("/maps/heatmap.csv", **_route(TableForm.CSV))
def heatmap_csv(asked: MapDep) -> Response:
    """Give the cells of the heat map as CSV: centre and count; for everybody's eyes none of fewer than three."""
    _, found, view, _ = asked.heatmap()
    return _file(TableForm.CSV, MapKind.HEATMAP, view, cells_csv(found.cells))


@router.get("/maps/heatmap.geojson", **_route(TableForm.GEOJSON))
def heatmap_geojson(asked: MapDep) -> Response:
    """Give the cells of the heat map as GeoJSON points with their counts, like the CSV."""
    _, found, view, _ = asked.heatmap()
    content = cells_geojson(found.cells, synthetic=bool(found.kpi.synthetic))
    return _file(TableForm.GEOJSON, MapKind.HEATMAP, view, content)


@router.get("/maps/timeline.csv", **_route(TableForm.CSV))
def timeline_csv(asked: MapDep) -> Response:
    """Give how many incidents each picture of the timeline has, as CSV."""
    _, found, view, _ = asked.timeline()
    return _file(TableForm.CSV, MapKind.TIMELINE, view, frames_csv(found.step, found.pictures))


@router.get("/maps/timeline.geojson", **_route(TableForm.GEOJSON))
def timeline_geojson(asked: MapDep) -> Response:
    """Give the cells of all pictures of the timeline as GeoJSON points, each with its picture and its count."""
    _, found, view, _ = asked.timeline()
    synthetic = bool(found.kpi.synthetic)
    content = frames_geojson(found.step, found.pictures, found.cell_deg, synthetic=synthetic)
    return _file(TableForm.GEOJSON, MapKind.TIMELINE, view, content)


@router.get("/maps/compare.csv", **_route(TableForm.CSV))
def compare_csv(asked: MapDep) -> Response:
    """Give how areas differ between two periods as CSV: both counts, both densities, and the change."""
    _, _, tables, (_, view), _ = asked.difference()
    content = difference_csv(*tables, Language(view.language))
    return _file(TableForm.CSV, MapKind.COMPARE, view, content)


@router.get("/maps/compare.geojson", **_route(TableForm.GEOJSON))
def compare_geojson(asked: MapDep) -> Response:
    """Give the same as GeoJSON with the shapes of the areas, and both periods in its head."""
    backdrop, _, tables, (_, view), _ = asked.difference()
    content = difference_geojson(*tables, backdrop.areas.level(view.by))
    return _file(TableForm.GEOJSON, MapKind.COMPARE, view, content)


@router.get("/maps/explorer.csv", **_route(TableForm.CSV))
def explorer_csv(asked: MapDep) -> Response:
    """Give the grids of a layer, street or community as CSV, with how many incidents the filters find in each."""
    backdrop, kpi, counts, view, _ = asked.explorer()
    rows = grid_rows(backdrop.areas, layer=view.layer, street=view.street, community=view.community)
    synthetic = bool(kpi.synthetic) or backdrop.generation.synthetic
    content = grids_csv(rows, counts, Language(view.language), synthetic=synthetic)
    return _file(TableForm.CSV, MapKind.EXPLORER, view, content)


@router.get("/maps/explorer.geojson", **_route(TableForm.GEOJSON))
def explorer_geojson(asked: MapDep) -> Response:
    """Give the same as GeoJSON with their shapes."""
    backdrop, kpi, counts, view, _ = asked.explorer()
    rows = grid_rows(backdrop.areas, layer=view.layer, street=view.street, community=view.community)
    synthetic = bool(kpi.synthetic) or backdrop.generation.synthetic
    content = grids_geojson(rows, counts, backdrop.generation, synthetic=synthetic)
    return _file(TableForm.GEOJSON, MapKind.EXPLORER, view, content)


def _file(form: TableForm, kind: MapKind, view: View, content: bytes) -> Response:
    name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day)])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=form.media_type, headers=headers)
