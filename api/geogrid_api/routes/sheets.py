"""Maps as sheets to print."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from geogrid_api.actors import ANYBODY, MapViewerDep
from geogrid_api.deps import HouseDep, SnapshotDep, ViewDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.routes.areal_maps import PainterDep
from geogrid_api.routes.maps import look
from geogrid_maps.areal_sheet import areal_sheet
from geogrid_maps.density import density_question
from geogrid_maps.heatmap_sheet import heatmap_sheet
from geogrid_maps.hotspots import hotspots_question
from geogrid_maps.rates import rates_question
from geogrid_maps.sheet import Paper, Sheet, sheet_pdf, sheet_png
from geogrid_maps.view import Language, MapKind, View

router = APIRouter(tags=["maps 地图"])


class SheetForm(StrEnum):
    """What a sheet is drawn as."""

    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Its type on the web."""
        return "image/png" if self is SheetForm.PNG else "application/pdf"


PaperQuery = Annotated[Paper, Query(description="Its size; a sheet lies landscape.")]
_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/maps/heatmap.{form}",
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE, HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {form.media_type: _BYTES for form in SheetForm}}},
    openapi_extra=ANYBODY,
)
async def heatmap_sheet_file(
    form: SheetForm,
    house: HouseDep,
    current: SnapshotDep,
    asked: ViewDep,
    viewer: MapViewerDep,
    paper: PaperQuery = Paper.A4,
    lang: Language = Language.ZH,
) -> Response:
    """Draw the heat map as a sheet to print, with legend, scale bar and sources; it shows what the page shows."""

    def draw() -> Response:
        sight = look(house, current, asked, viewer, lang)
        found = house.overview.density(sight.chosen, coarse=viewer is None)
        moment = datetime.now(UTC)
        sheet = heatmap_sheet(sight.backdrop, found, sight.view, house.rules.categories, paper=paper, printed=moment)
        return _answer(MapKind.HEATMAP, form, sheet, sight.view)

    # None of it in the event loop: layers of another day may have to be loaded first.
    return await anyio.to_thread.run_sync(draw, limiter=house.sheets)


#: What each map of areas asks.
_ASKS: Final = {
    MapKind.DENSITY: density_question,
    MapKind.HOTSPOTS: hotspots_question,
    MapKind.RATES: rates_question,
}


class ArealKind(StrEnum):
    """A map that colours areas."""

    DENSITY = MapKind.DENSITY
    HOTSPOTS = MapKind.HOTSPOTS
    RATES = MapKind.RATES


@router.get(
    "/maps/{kind}.{form}",
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE, HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {form.media_type: _BYTES for form in SheetForm}}},
    openapi_extra=ANYBODY,
)
async def areal_sheet_file(
    kind: ArealKind, form: SheetForm, house: HouseDep, painter: PainterDep, paper: PaperQuery = Paper.A4
) -> Response:
    """Draw a map of density, hot spots or rates as a sheet to print; it shows what the page shows."""

    def draw() -> Response:
        map_kind = MapKind(kind)
        found = painter.paint(_ASKS[map_kind])
        sheet = areal_sheet(
            map_kind,
            found.backdrop,
            found.areas,
            found.kpi,
            found.table,
            found.view,
            house.rules.categories,
            paper=paper,
            printed=datetime.now(UTC),
        )
        return _answer(map_kind, form, sheet, found.view)

    return await anyio.to_thread.run_sync(draw, limiter=house.sheets)


def _answer(kind: MapKind, form: SheetForm, sheet: Sheet, view: View) -> Response:
    content = sheet_pdf(sheet) if form is SheetForm.PDF else sheet_png(sheet)
    name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day), f"{sheet.paper}.{form}"])
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        # The same address shows more to some: what is kept of it is for the one who asked.
        "Cache-Control": "private, no-cache",
        "Vary": "Cookie",
    }
    return Response(content, media_type=form.media_type, headers=headers)
