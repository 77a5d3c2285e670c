"""Upload a layer: a dry run unless it says otherwise."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from geogrid.geo.datums import parse_datum
from geogrid.layers.files import FieldMapping
from geogrid.layers.import_sources import LayerSource, ReadingOptions, read_sources
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MAX_TOLERANCE_M, MendOptions, OverlapRule, json_changes
from geogrid.layers.topology import Severity, json_report
from geogrid.model import Generation, Permission
from geogrid.services import layer_import as service
from geogrid.services.subprocess_worker import LIMIT_S, run_apart
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.authentication import require_permission
from geogrid_api.dependencies import LAYER
from geogrid_api.problems import AUTH_ERRORS, problem_responses

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
    """What became of a file."""

    areas: dict[str, int] = Field(description="How many areas or lines each layer of the draft has.")
    brought: list[str] = Field(description="The layers that came with the file; the others are those of `base`.")
    base: int | None
    sound: bool = Field(description="Whether nothing that was found is an error.")
    errors: int
    warnings: int
    findings: list[dict[str, Any]] = Field(
        description=f"The first {_MAX_SHOWN}, as `geogrid layers check --format json` writes them."
    )
    changes: list[dict[str, Any]] = Field(description="What was mended, and by how much; empty without `fix`.")
    notes: list[str]
    committed: bool = Field(description="False for a dry run, and where an error stands in the way.")
    generation: Generation | None = Field(description="The draft, which changes nothing until it is put in force.")


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
            description="What the file is to be: urban, rural, dedicated … or any other name for a thematic layer. "
            "Several for a GeoPackage that has a table of each name.",
        ),
    ],
    label: Annotated[str, Query(min_length=1, max_length=200, description="A name for the generation.")],
    datum: Annotated[str | None, Query(max_length=40, description="Where the file does not say.")] = None,
    base: Annotated[int | None, Query(ge=1, le=2**31, description="By default the generation in force.")] = None,
    table: _Column = None,
    code: _Column = None,
    name: _Column = None,
    parent: _Column = None,
    kind: _Column = None,
    title: Annotated[str | None, Query(max_length=100, description="Of a thematic layer.")] = None,
    fix: Annotated[bool, Query(description="Mend what can be mended safely before the layers are checked.")] = False,  # noqa: FBT002 - a query parameter
    tolerance: Annotated[
        float, Query(gt=0, le=MAX_TOLERANCE_M, description="With `fix`: how far a border may move, in metres.")
    ] = DEFAULT_TOLERANCE_M,
    overlaps: Annotated[
        OverlapRule, Query(description="With `fix`: who keeps what overlaps by more.")
    ] = OverlapRule.REFUSE,
    commit: Annotated[bool, Query(description="False, the default, only reports what would happen.")] = False,  # noqa: FBT002 - a query parameter
) -> LayerImportResponse:
    """Bring a layer: GeoPackage, zipped Shapefile, GeoJSON, FlatGeobuf or GeoParquet; the content decides which.

    It is checked together with the layers of `base` that it does not bring, and kept with them as a draft.
    """
    default = datum or state.settings.default_datum
    options = ReadingOptions(
        datum=parse_datum(default) if default else None,
        table=table,
        mappings={"": FieldMapping(code=code, name=name, parent=parent, kind=kind)},
        titles=dict.fromkeys(layer, title) if title else {},
    )
    content = await request.body()
    mend = MendOptions(tolerance, overlaps) if fix else None
    work = partial(_import, state, content, layer, options, label=label, base=base, mend=mend, commit=commit)
    return await anyio.to_thread.run_sync(work, limiter=state.upload_limiter)


def _import(
    state: AppState,
    content: bytes,
    names: list[str],
    options: ReadingOptions,
    *,
    label: str,
    base: int | None,
    mend: MendOptions | None,
    commit: bool,
) -> LayerImportResponse:
    with tempfile.TemporaryDirectory(prefix="geogrid-") as folder:
        path = Path(folder, "upload")
        path.write_bytes(content)
        brought = run_apart(read_sources, [LayerSource(name, path) for name in names], options)
    done = service.import_layers(
        state.store, brought, label=label, base=base, mend=mend, limit_s=LIMIT_S, commit=commit
    )
    weights = [found.severity for found in done.findings]
    return LayerImportResponse(
        areas=done.areas,
        brought=done.brought,
        base=done.base,
        sound=done.sound,
        errors=weights.count(Severity.ERROR),
        warnings=weights.count(Severity.WARNING),
        findings=json.loads(json_report(done.findings[:_MAX_SHOWN]))["findings"],
        changes=json.loads(json_changes(done.changes[:_MAX_SHOWN]))["changes"],
        notes=done.notes,
        committed=done.generation is not None,
        generation=done.generation,
    )
