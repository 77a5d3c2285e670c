"""Layers as files for other programs."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from geogrid.layers.export import Encoding, ExportFormat
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.dependencies import LayerName
from geogrid_api.problems import problem_responses

if TYPE_CHECKING:
    from pathlib import Path

router = APIRouter(prefix="/v1", tags=["layers 图层"])

#: What goes out as it lies on the disk, whole or in parts, and is not compressed once more on its way.
RANGE_FORMATS: Final = tuple(form for form in ExportFormat if form is not ExportFormat.GEOJSON)
RANGE_MEDIA_TYPES: Final = tuple(form.media_type for form in RANGE_FORMATS)


class MultiLayerFormat(StrEnum):
    """A format that holds all layers in one file."""

    GPKG = ExportFormat.GPKG
    PMTILES = ExportFormat.PMTILES


def _content(*forms: ExportFormat) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {form.media_type: binary for form in forms}
    if ExportFormat.GEOJSON in forms:
        content[ExportFormat.GEOJSON.media_type] = {"schema": {"type": "object"}}
    return content


#: Answers to a Range that makes no sense.
_NO_PART: Final = problem_responses(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
_PARTS: Final = {"description": "The part of the file that the header Range asks for."}


@router.get(
    "/layers/{layer}/export",
    response_class=Response,
    responses={
        200: {"content": _content(*ExportFormat)},
        206: {**_PARTS, "content": _content(*RANGE_FORMATS)},
        **_NO_PART,
        **problem_responses(HTTPStatus.NOT_FOUND),
    },
)
def export_layer(
    layer: LayerName,
    state: StateDep,
    snapshot: SnapshotDep,
    format: ExportFormat,  # noqa: A002 - its name in the address
    encoding: Encoding = Encoding.UTF8,
) -> Response:
    """Give a layer as a file: GeoPackage, GeoJSON, FlatGeobuf, Shapefile (zipped; UTF-8 or GBK) or PMTiles.

    In WGS 84. All but GeoJSON can be had in parts (Range), so that a browser draws from PMTiles directly.
    """
    number = snapshot.generation.id
    path = state.exports.get(number, {layer: snapshot.page_data.frame(layer)}, format, encoding)
    return _download(path, format, f"geogrid-{number}-{layer}{format.suffix}")


@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {"content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        206: {**_PARTS, "content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        **_NO_PART,
    },
)
def export_layers(state: StateDep, snapshot: SnapshotDep, format: MultiLayerFormat) -> Response:  # noqa: A002 - its name in the address
    """Give all layers in one file: GeoPackage or PMTiles."""
    form, number = ExportFormat(format), snapshot.generation.id
    return _download(state.exports.get(number, snapshot.page_data.frames, form), form, f"geogrid-{number}{form.suffix}")


def _download(path: Path, form: ExportFormat, name: str) -> Response:
    # The address is the same for the next generation: who keeps the file asks again before using it.
    headers = {"Cache-Control": "no-cache"}
    if form is ExportFormat.GEOJSON:
        # Whole, so that it may be compressed on its way: parts of a compressed answer would not fit one another.
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return Response(path.read_bytes(), media_type=form.media_type, headers=headers)
    return FileResponse(path, media_type=form.media_type, filename=name, headers=headers)
