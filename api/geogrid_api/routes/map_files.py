"""What the maps show, as tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import Response

from geogrid.stats.cell_files import cells_csv, cells_geojson, pictures_csv
from geogrid.stats.playback import Step
from geogrid_api.actors import ANYBODY, MapViewerDep
from geogrid_api.deps import HouseDep, SnapshotDep, ViewDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.routes.maps import look
from geogrid_maps.view import Language, MapKind, View

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


def _content(*forms: TableForm) -> dict[int | str, dict[str, Any]]:
    content = {form.media_type: {"schema": _SCHEMAS[form]} for form in forms}
    return {200: {"content": content}, **_REFUSE}


@router.get("/maps/heatmap.csv", response_class=Response, responses=_content(TableForm.CSV), openapi_extra=ANYBODY)
def heatmap_csv(house: HouseDep, current: SnapshotDep, asked: ViewDep, viewer: MapViewerDep) -> Response:
    """Give the cells of the heat map as CSV: centre and count; for everybody's eyes none of fewer than three."""
    sight = look(house, current, asked, viewer, Language.ZH)
    found = house.overview.density(sight.chosen, coarse=viewer is None)
    return _file(TableForm.CSV, MapKind.HEATMAP, sight.view, cells_csv(found.cells))


@router.get(
    "/maps/heatmap.geojson", response_class=Response, responses=_content(TableForm.GEOJSON), openapi_extra=ANYBODY
)
def heatmap_geojson(house: HouseDep, current: SnapshotDep, asked: ViewDep, viewer: MapViewerDep) -> Response:
    """Give the cells of the heat map as GeoJSON points with their counts, like the CSV."""
    sight = look(house, current, asked, viewer, Language.ZH)
    found = house.overview.density(sight.chosen, coarse=viewer is None)
    content = cells_geojson(found.cells, synthetic=bool(found.kpi.synthetic))
    return _file(TableForm.GEOJSON, MapKind.HEATMAP, sight.view, content)


@router.get("/maps/timeline.csv", response_class=Response, responses=_content(TableForm.CSV), openapi_extra=ANYBODY)
def timeline_csv(
    house: HouseDep, current: SnapshotDep, asked: ViewDep, viewer: MapViewerDep, step: Step = Step.WEEK
) -> Response:
    """Give how many incidents each picture of the timeline has, as CSV."""
    sight = look(house, current, asked, viewer, Language.ZH)
    found = house.overview.playback(sight.chosen, step, coarse=viewer is None)
    return _file(TableForm.CSV, MapKind.TIMELINE, sight.view, pictures_csv(found.step, found.pictures))


def _file(form: TableForm, kind: MapKind, view: View, content: bytes) -> Response:
    name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day)])
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(content, media_type=form.media_type, headers=headers)
