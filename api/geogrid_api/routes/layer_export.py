"""Routes that export layers as files."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from geogrid.layers.export import Encoding, ExportFormat
from geogrid_api.app_state import SnapshotDep, StateDep
from geogrid_api.conditional_responses import REVALIDATE, RevalidatedFile, not_modified
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


@router.head("/layers/{layer}/export", include_in_schema=False)
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
    request: Request,
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
    return _download(request, path, format, f"geogrid-{generation.id}-{layer}{format.suffix}")


@router.head("/export", include_in_schema=False)
@router.get(
    "/export",
    response_class=Response,
    responses={
        200: {"content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        206: {**_PARTIAL, "content": _content(ExportFormat.GPKG, ExportFormat.PMTILES)},
        **_RANGE_ERRORS,
    },
)
def export_layers(
    request: Request,
    state: StateDep,
    snapshot: SnapshotDep,
    format: MultiLayerFormat,  # noqa: A002 - name of the query parameter
) -> Response:
    """Export all layers in one file, as GeoPackage or PMTiles."""
    form, generation = ExportFormat(format), snapshot.generation
    credit = state.rules.profile.district.credit
    path = state.exports.get(generation, snapshot.prepared.frames, form, credit=credit)
    return _download(request, path, form, f"geogrid-{generation.id}{form.suffix}")


def _download(request: Request, path: Path, form: ExportFormat, name: str) -> Response:
    file = RevalidatedFile(path, media_type=form.media_type, filename=name)
    if form is not ExportFormat.GEOJSON:
        return file
    # Without Range support, so that the middleware may compress the response. The ETag is weak, because the compressed
    # bytes differ.
    kept = {"ETag": f"W/{file.headers['etag']}", "Content-Disposition": file.headers["content-disposition"]}
    whole = Response(path.read_bytes(), media_type=form.media_type, headers=REVALIDATE | kept)
    return not_modified(request.headers, whole) or whole
