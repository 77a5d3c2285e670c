"""Maps as PDF and PNG prints."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.map_requests import MapDep
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.map_query import MapKind, file_stem
from geogrid_maps.map_registry import MAPS
from geogrid_maps.prints import Paper, Printing
from geogrid_maps.prints.render import render_pdf, render_png

router = APIRouter(tags=["maps 地图"])


class PrintFormat(StrEnum):
    """File format of a print."""

    PNG = "png"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """Media type."""
        return "image/png" if self is PrintFormat.PNG else "application/pdf"


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

    def render() -> Response:
        entry, view = MAPS[kind], request.view
        map_print = entry.print(entry.gather(request, view), Printing(paper, datetime.now(UTC)))
        content = render_pdf(map_print) if file_format is PrintFormat.PDF else render_png(map_print)
        name = f"{file_stem(kind, view)}-{paper}.{file_format}"
        headers = {
            "Content-Disposition": f'inline; filename="{name}"',
            # The print depends on the user, so shared caches must not store it.
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
        }
        return Response(content, media_type=file_format.media_type, headers=headers)

    # Everything runs in a thread, because loading the layers of another generation would block the event loop.
    return await anyio.to_thread.run_sync(render, limiter=request.state.print_limiter)
