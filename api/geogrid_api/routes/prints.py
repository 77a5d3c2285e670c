"""Maps as PDF and PNG prints."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
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

    DrawFunction = Callable[..., Print]

router = APIRouter(tags=["maps 地图"])


class PrintFormat(StrEnum):
    """File format of a print."""

    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Media type."""
        return "image/png" if self is PrintFormat.PNG else "application/pdf"


def _prepare_areal(areal: AreaMap, request: MapRequest) -> DrawFunction:
    return partial(print_areas, areal.kind, *request.areal(areal.question))


def _prepare_comparison(request: MapRequest) -> DrawFunction:
    if request.view.show is Show.DIFFERENCE:
        backdrop, _, tables, views, categories = request.difference()
        return partial(print_difference, backdrop, tables, views, categories)
    return partial(print_sides, *request.sides())


def _prepare_explorer(request: MapRequest) -> DrawFunction:
    backdrop, _, _, view, categories = request.explorer()
    return partial(print_explorer, backdrop, view, categories)


#: Functions that prepare a print. The returned function draws it, given the paper and the time of printing.
_PREPARE: Final[Mapping[MapKind, Callable[[MapRequest], DrawFunction]]] = {
    MapKind.HEATMAP: lambda request: partial(print_heatmap, *request.heatmap()),
    MapKind.TIMELINE: lambda request: partial(print_timeline, *request.timeline()),
    MapKind.COMPARE: _prepare_comparison,
    MapKind.EXPLORER: _prepare_explorer,
    **{kind: partial(_prepare_areal, areal) for kind, areal in AREA_MAPS.items()},
}
_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/maps/{kind}.{file_format}",
    response_class=Response,
    responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS, HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {file_format.media_type: _BYTES for file_format in PrintFormat}}},
    openapi_extra=OPTIONAL_AUTH,
)
async def print_map(
    kind: MapKind,
    file_format: PrintFormat,
    request: MapDep,
    paper: Annotated[Paper, Query(description="Paper size; the orientation is landscape.")] = Paper.A4,
) -> Response:
    """Return a map as a PDF or PNG print, with legend, scale bar and sources."""

    def draw() -> Response:
        sheet = _PREPARE[kind](request)(paper=paper, printed=datetime.now(UTC))
        content = render_pdf(sheet) if file_format is PrintFormat.PDF else render_png(sheet)
        name = "-".join(
            [kind, *(str(day) for day in (request.view.first, request.view.last) if day), f"{paper}.{file_format}"]
        )
        headers = {
            "Content-Disposition": f'inline; filename="{name}"',
            # The print depends on the user, so shared caches must not store it.
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
        }
        return Response(content, media_type=file_format.media_type, headers=headers)

    # Everything runs in a thread, because loading the layers of another generation would block the event loop.
    return await anyio.to_thread.run_sync(draw, limiter=request.state.print_limiter)
