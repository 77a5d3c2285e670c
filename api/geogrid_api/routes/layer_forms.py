"""Form that uploads layers in the administration area."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from geogrid.constants import Language
from geogrid.errors import GeogridError, InputError
from geogrid.geo.datums import parse_datum
from geogrid.layers.codes import CodeScheme
from geogrid.layers.layer_source_reader import ReadingOptions
from geogrid.layers.mend import DEFAULT_TOLERANCE_M, MendOptions
from geogrid.layers.topology import Severity
from geogrid.model import Layer
from geogrid_api.admin_rendering import FormOutcome, LayerUploadResult, render_layers_page
from geogrid_api.app_state import StateDep
from geogrid_api.page_dependencies import LanguageDep
from geogrid_api.problem_details import http_status
from geogrid_api.routes.admin_forms import LayerWriterDep
from geogrid_api.routes.layer_import import UploadedLayers, import_upload
from geogrid_maps.admin_error_texts import admin_refusal

if TYPE_CHECKING:
    from geogrid.layers.topology import Finding
    from geogrid.services.layer_import import LayerImport

router = APIRouter(prefix="/admin", include_in_schema=False, default_response_class=HTMLResponse)

_MAX_FINDINGS: Final = 50


@router.post("/layers/import")
async def upload_layers(
    request: Request,
    state: StateDep,
    actor: LayerWriterDep,
    lang: LanguageDep,
    label: Annotated[str, Form(max_length=200)] = "",
    datum: Annotated[str, Form(max_length=40)] = "",
    fix: Annotated[str, Form(max_length=10)] = "",
) -> HTMLResponse:
    """Check the layers of a form, and save sound ones as a draft generation. The page shows what was found."""
    try:
        async with request.form() as form:
            uploads = [
                UploadedLayers(await file.read(), (layer.value,))
                for layer in Layer
                if isinstance(file := form.get(layer.value), UploadFile) and file.size
            ]
        if not uploads:
            raise InputError("No file was chosen.", code="list_missing", field="list")
        default = datum or state.settings.default_datum
        options = ReadingOptions(
            datum=parse_datum(default) if default else None, scheme=CodeScheme.of(state.rules.profile)
        )
        mend = MendOptions(DEFAULT_TOLERANCE_M) if fix else None
        work = partial(import_upload, state, uploads, options, label=label.strip(), mend=mend, commit=True)
        result = await anyio.to_thread.run_sync(work, limiter=state.upload_limiter)
    except GeogridError as error:
        outcome = FormOutcome(admin_refusal(error, lang), http_status(error))
        return await anyio.to_thread.run_sync(render_layers_page, state, actor, lang, outcome)
    shown = _describe(result, lang)
    return await anyio.to_thread.run_sync(render_layers_page, state, actor, lang, FormOutcome(), shown)


def _describe(result: LayerImport, lang: Language) -> LayerUploadResult:
    errors = [found for found in result.findings if found.severity is Severity.ERROR]
    return LayerUploadResult(
        areas={layer: count for layer, count in result.areas.items() if count},
        errors=len(errors),
        warnings=len(result.findings) - len(errors),
        findings=[_message(found, lang) for found in result.findings[:_MAX_FINDINGS]],
        notes=result.notes,
        generation=result.generation.id if result.generation else None,
    )


def _message(finding: Finding, lang: Language) -> str:
    return finding.message_en if lang is Language.EN else finding.message_zh
