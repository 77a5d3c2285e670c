"""What the maps show, as tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from geogrid.stats.cell_files import cells_csv, cells_geojson, pictures_csv
from geogrid_api.actors import ANYBODY
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.view import MapKind, View

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
    return _file(TableForm.CSV, MapKind.TIMELINE, view, pictures_csv(found.step, found.pictures))


def _file(form: TableForm, kind: MapKind, view: View, content: bytes) -> Response:
    name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day)])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=form.media_type, headers=headers)
