"""Prints of maps."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from geogrid_api.authentication import ANYBODY
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.map_query import MapKind
from geogrid_maps.map_registry import MAPS
from geogrid_maps.prints import Paper, Printing
from geogrid_maps.prints.render import render_pdf, render_png

router = APIRouter(tags=["maps 地图"])


class PrintFormat(StrEnum):
    """A file format of prints."""

    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Media type of the file."""
        return "image/png" if self is PrintFormat.PNG else "application/pdf"


_BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/maps/{kind}.{form}",
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE, HTTPStatus.SERVICE_UNAVAILABLE)
    | {200: {"content": {form.media_type: _BYTES for form in PrintFormat}}},
    openapi_extra=ANYBODY,
)
async def sheet_file(
    kind: MapKind,
    form: PrintFormat,
    request: MapDep,
    paper: Annotated[Paper, Query(description="Size of the paper, landscape.")] = Paper.A4,
) -> Response:
    """Return a map as a print with legend, scale bar and sources; it shows the same incidents as the page."""

    def render() -> Response:
        entry, view = MAPS[kind], request.view
        map_print = entry.print(entry.gather(request, view), Printing(paper, datetime.now(UTC)))
        content = render_pdf(map_print) if form is PrintFormat.PDF else render_png(map_print)
        name = "-".join([kind, *(str(day) for day in (view.first, view.last) if day), f"{paper}.{form}"])
        headers = {
            "Content-Disposition": f'inline; filename="{name}"',
            # The content depends on the user, so shared caches must not keep it.
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
        }
        return Response(content, media_type=form.media_type, headers=headers)

    # In a thread as a whole: layers of another generation may have to be loaded first.
    return await anyio.to_thread.run_sync(render, limiter=request.house.sheets)
