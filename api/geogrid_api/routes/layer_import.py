"""Upload and import layers. Without ``commit`` it is a dry run."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from geogrid.geo.datums import parse_datum
from geogrid.layers.codes import CodeScheme
from geogrid.layers.files import FieldMapping
from geogrid.layers.layer_source_reader import LayerSource, ReadingOptions, read_sources
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, MendOptions, OverlapRule, json_changes
from geogrid.layers.topology import Severity, json_report
from geogrid.model import DedicatedNesting, Generation, Permission
from geogrid.services import layer_import as service
from geogrid.services.subprocess_worker import LIMIT_S, run_in_subprocess
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import require_permission
from geogrid_api.dependencies import LAYER
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.services.layer_import import LayerImport

router = APIRouter(
    prefix="/v1/layers", tags=["layers 图层"], dependencies=[require_permission(Permission.LAYERS_WRITE)]
)

_MAX_SHOWN: Final = 1_000
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_Column = Annotated[str | None, Query(max_length=100)]
_LayerName = Annotated[str, Field(pattern=LAYER)]


class LayerImportResponse(BaseModel):
    """Result of a layer import."""

    areas: dict[str, int] = Field(description="Number of areas or lines in each layer of the draft.")
    brought: list[str] = Field(description="Layers from the file; all others come from `base`.")
    base: int | None
    sound: bool = Field(description="Whether the check has found no error.")
    errors: int
    warnings: int
    findings: list[dict[str, Any]] = Field(
        description=f"The first {_MAX_SHOWN} findings, in the format of `geogrid layers check --format json`."
    )
    changes: list[dict[str, Any]] = Field(description="Repairs with their size; empty without `fix`.")
    notes: list[str]
    committed: bool = Field(description="Whether the draft was saved: false for a dry run or after an error.")
    generation: Generation | None = Field(description="Draft generation. It has no effect until it is activated.")


@router.post(
    "/import",
    responses=problem_responses(
        *AUTH_ERRORS, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
    openapi_extra=_BODY,
)
async def import_layer(
    request: Request,
    state: StateDep,
    layer: Annotated[
        list[_LayerName],
        Query(
            min_length=1,
            max_length=20,
            description="Name of the layer in the file: urban, rural, dedicated …; any other name is a thematic layer. "
            "Several names for a file with a layer of each name.",
        ),
    ],
    label: Annotated[str, Query(min_length=1, max_length=200, description="Label of the generation.")],
    datum: Annotated[str | None, Query(max_length=40, description="Datum of a file that names none.")] = None,
    base: Annotated[
        int | None, Query(ge=1, le=2**31, description="Id of the base generation; by default the active one.")
    ] = None,
    table: _Column = None,
    code: _Column = None,
    name: _Column = None,
    parent: _Column = None,
    kind: _Column = None,
    title: Annotated[str | None, Query(max_length=100, description="Title of a thematic layer.")] = None,
    dedicated_in: Annotated[
        DedicatedNesting | None,
        Query(description="Area in which dedicated grids must lie; by default that of the base generation."),
    ] = None,
    fix: Annotated[bool, Query(description="Repair small topology errors before the check.")] = False,  # noqa: FBT002 - a query parameter
    tolerance: Annotated[
        float, Query(gt=0, le=MAX_TOLERANCE_M, description="With `fix`: maximum shift of a border, in metres.")
    ] = DEFAULT_TOLERANCE_M,
    overlaps: Annotated[OverlapRule, Query(description="With `fix`: rule for larger overlaps.")] = OverlapRule.REFUSE,
    commit: Annotated[bool, Query(description="Save the draft; without it the request is a dry run.")] = False,  # noqa: FBT002 - a query parameter
) -> LayerImportResponse:
    """Import layers from a file in one of the formats of `geogrid layers import`.

    Shapefiles, file geodatabases and MapInfo layers are sent as zip archives. The format is detected from the content.
    The layers are checked and saved as a draft together with the other layers of `base`.
    """
    default = datum or state.settings.default_datum
    options = ReadingOptions(
        datum=parse_datum(default) if default else None,
        table=table,
        mappings={"": FieldMapping(code=code, name=name, parent=parent, kind=kind)},
        titles=dict.fromkeys(layer, title) if title else {},
        dedicated_in=dedicated_in,
        scheme=CodeScheme.of(state.rules.profile),
    )
    content = await request.body()
    mend = MendOptions(tolerance, overlaps) if fix else None
    contents = [UploadedLayers(content, tuple(layer))]
    work = partial(import_upload, state, contents, options, label=label, base=base, mend=mend, commit=commit)
    return _make_response(await anyio.to_thread.run_sync(work, limiter=state.upload_limiter))


@dataclass(frozen=True, slots=True)
class UploadedLayers:
    """The content of a file, and the layers to read from it."""

    content: bytes
    names: tuple[str, ...]


def import_upload(
    state: AppState,
    uploads: Sequence[UploadedLayers],
    options: ReadingOptions,
    *,
    label: str,
    base: int | None = None,
    mend: MendOptions | None = None,
    commit: bool,
) -> LayerImport:
    """Read uploaded files in a process of their own, check the layers, and save them as a draft generation."""
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        sources: list[LayerSource] = []
        for number, upload in enumerate(uploads):
            path = Path(folder, f"upload{number}")
            path.write_bytes(upload.content)
            sources += [LayerSource(name, path) for name in upload.names]
        brought = run_in_subprocess(read_sources, sources, options)
    return service.import_layers(
        state.store, brought, label=label, base=base, mend=mend, limit_s=LIMIT_S, commit=commit, scheme=options.scheme
    )


def _make_response(result: LayerImport) -> LayerImportResponse:
    severities = [found.severity for found in result.findings]
    return LayerImportResponse(
        areas=result.areas,
        brought=result.brought,
        base=result.base,
        sound=result.sound,
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        findings=json.loads(json_report(result.findings[:_MAX_SHOWN]))["findings"],
        changes=json.loads(json_changes(result.changes[:_MAX_SHOWN]))["changes"],
        notes=result.notes,
        committed=result.generation is not None,
        generation=result.generation,
    )
