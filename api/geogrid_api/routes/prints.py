"""Maps as sheets to print."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from geogrid_api.authentication import ANYBODY
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.area_map import AREA_MAPS, AreaMap
from geogrid_maps.area_print import print_areas
from geogrid_maps.compare_print import print_difference, print_sides
from geogrid_maps.explorer_print import print_explorer
from geogrid_maps.heatmap_print import print_heatmap
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.prints import Paper, Print
from geogrid_maps.prints.render import render_pdf, render_png
from geogrid_maps.timeline_print import print_timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid_api.map_requests import MapRequest

    Draft = Callable[..., Print]

router = APIRouter(tags=["maps 地图"])


class SheetForm(StrEnum):
    """What a sheet is drawn as."""

    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Its type on the web."""
        return "image/png" if self is SheetForm.PNG else "application/pdf"


def _areal(areal: AreaMap, asked: MapRequest) -> Draft:
    return partial(print_areas, areal.kind, *asked.areal(areal.question))


def _compare(asked: MapRequest) -> Draft:
    if asked.view.show is Show.DIFFERENCE:
        backdrop, _, tables, views, categories = asked.difference()
        return partial(print_difference, backdrop, tables, views, categories)
    return partial(print_sides, *asked.sides())


def _explorer(asked: MapRequest) -> Draft:
    backdrop, _, _, view, categories = asked.explorer()
    return partial(print_explorer, backdrop, view, categories)


#: What each sheet is made of; its paper and the time of printing come to it.
_DRAFTS: Final[Mapping[MapKind, Callable[[MapRequest], Draft]]] = {
    MapKind.HEATMAP: lambda asked: partial(print_heatmap, *asked.heatmap()),
    MapKind.TIMELINE: lambda asked: partial(print_timeline, *asked.timeline()),
    MapKind.COMPARE: _compare,
    MapKind.EXPLORER: _explorer,
    **{kind: partial(_areal, areal) for kind, areal in AREA_MAPS.items()},
}
_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/maps/{kind}.{form}",
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE, HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {form.media_type: _BYTES for form in SheetForm}}},
    openapi_extra=ANYBODY,
)
async def sheet_file(
    kind: MapKind,
    form: SheetForm,
    asked: MapDep,
    paper: Annotated[Paper, Query(description="Its size; a sheet lies landscape.")] = Paper.A4,
) -> Response:
    """Draw a map as a sheet to print, with legend, scale bar and sources; it shows what the page shows."""

    def draw() -> Response:
        sheet = _DRAFTS[kind](asked)(paper=paper, printed=datetime.now(UTC))
        content = render_pdf(sheet) if form is SheetForm.PDF else render_png(sheet)
        name = "-".join([kind, *(str(day) for day in (asked.view.first, asked.view.last) if day), f"{paper}.{form}"])
        headers = {
            "Content-Disposition": f'inline; filename="{name}"',
            # The same address shows more to some: what is kept of it is for the one who asked.
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
        }
        return Response(content, media_type=form.media_type, headers=headers)

    # None of it in the event loop: layers of another day may have to be loaded first.
    return await anyio.to_thread.run_sync(draw, limiter=asked.house.sheets)
