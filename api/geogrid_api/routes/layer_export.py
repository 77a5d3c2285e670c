"""Routes that export layers as files."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from geogrid.layers.export import Encoding, ExportFormat
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.dependencies import LayerName
from geogrid_api.problem_details import problem_responses

if TYPE_CHECKING:
    from pathlib import Path

router = APIRouter(prefix="/v1", tags=["layers 图层"])

#: Formats served from disk with Range support. The middleware does not compress them.
RANGE_FORMATS: Final = tuple(form for form in ExportFormat if form is not ExportFormat.GEOJSON)
RANGE_MEDIA_TYPES: Final = tuple(form.media_type for form in RANGE_FORMATS)


class MultiLayerFormat(StrEnum):
    """A format that can hold all layers in one file."""

    GPKG = ExportFormat.GPKG
    PMTILES = ExportFormat.PMTILES


def _content(*forms: ExportFormat) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {form.media_type: binary for form in forms}
    if ExportFormat.GEOJSON in forms:
        content[ExportFormat.GEOJSON.media_type] = {"schema": {"type": "object"}}
    return content


#: Errors of an invalid header Range.
_RANGE_ERRORS: Final = problem_responses(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
_PARTIAL: Final = {"description": "The part of the file selected by the header Range."}


@router.get(
    "/layers/{layer}/export",
    response_class=Response,
    responses={
        200: {"content": _content(*ExportFormat)},
        206: {**_PARTIAL, "content": _content(*RANGE_FORMATS)},
        **_RANGE_ERRORS,
        **problem_responses(HTTPStatus.NOT_FOUND),
    },
)
def export_layer(
    layer: LayerName,
    state: StateDep,
    snapshot: SnapshotDep,
    format: ExportFormat,  # noqa: A002 - name of the query parameter
    encoding: Encoding = Encoding.UTF8,
) -> Response:
    """Export a layer in WGS 84 as GeoPackage, GeoJSON, FlatGeobuf, zipped Shapefile (UTF-8 or GBK) or PMTiles.

    All formats except GeoJSON support Range requests, so a browser can read PMTiles directly.
    """
    generation = snapshot.generation
    credit = state.rules.profile.district.credit
    path = state.exports.get(generation, {layer: snapshot.prepared.frame(layer)}, format, encoding, credit=credit)
    return _download(path, format, f"geogrid-{generation.id}-{layer}{format.suffix}")


@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {"content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        206: {**_PARTIAL, "content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        **_RANGE_ERRORS,
    },
)
def export_layers(state: StateDep, snapshot: SnapshotDep, format: MultiLayerFormat) -> Response:  # noqa: A002 - name of the query parameter
    """Export all layers in one file, as GeoPackage or PMTiles."""
    form, generation = ExportFormat(format), snapshot.generation
    credit = state.rules.profile.district.credit
    path = state.exports.get(generation, snapshot.prepared.frames, form, credit=credit)
    return _download(path, form, f"geogrid-{generation.id}{form.suffix}")


def _download(path: Path, form: ExportFormat, name: str) -> Response:
    # The URL does not change with the generation, so caches must revalidate the file.
    headers = {"Cache-Control": "no-cache"}
    if form is ExportFormat.GEOJSON:
        # Without Range support, so that the middleware may compress the response.
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return Response(path.read_bytes(), media_type=form.media_type, headers=headers)
    return FileResponse(path, media_type=form.media_type, filename=name, headers=headers)
