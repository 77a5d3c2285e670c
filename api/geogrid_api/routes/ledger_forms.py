"""Forms of a ledger entry. A refused form shows the entry again with the error and the input."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from geogrid.constants import MAX_ID, Language
from geogrid.errors import GeogridError, InputError
from geogrid.ledger.evidence_validation import MAX_EVIDENCE_BYTES
from geogrid.services.ledger import MAX_EVIDENCE, read_entry
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.dependencies import RecordId
from geogrid_api.ledger_entry_rendering import refuse_form, render_lost_entry
from geogrid_api.ledger_forms import EntryForm, EntryFormOutcome, submit_entry_step, submit_evidence
from geogrid_api.page_dependencies import LanguageDep
from geogrid_api.routes.ledger_pages import LedgerActorDep
from geogrid_maps.ledger_entry import UPLOAD, LedgerInput
from geogrid_maps.page_context import LEDGER

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from geogrid.model import Actor

router = APIRouter(prefix=LEDGER, include_in_schema=False, default_response_class=HTMLResponse)

_MAX_FILES: Final = 5
_MAX_FIELDS: Final = MAX_EVIDENCE + 20
_MAX_FIELD_BYTES: Final = 64_000
_MAX_BYTES: Final = _MAX_FILES * MAX_EVIDENCE_BYTES + 1_000_000


@router.post("/{entry_id:id}/steps", max_body_size=_MAX_BYTES)
async def receive_entry_step(
    entry_id: RecordId, request: Request, state: StateDep, actor: LedgerActorDep, lang: LanguageDep
) -> Response:
    """Take the step that the user submitted as a form."""
    form = await _read_form(request)
    return await run_in_threadpool(_handle, state, actor, entry_id, form, lang)


@router.post("/{entry_id:id}/evidence", max_body_size=_MAX_BYTES)
async def receive_evidence(
    entry_id: RecordId, request: Request, state: StateDep, actor: LedgerActorDep, lang: LanguageDep
) -> Response:
    """Store the evidence that the user submitted as a form."""
    form = await _read_form(request)
    form = replace(form, sent=replace(form.sent, action=UPLOAD))
    return await run_in_threadpool(_handle, state, actor, entry_id, form, lang)


def _handle(state: AppState, actor: Actor, entry_id: int, form: EntryForm, lang: Language) -> Response:
    uploads = form.sent.action == UPLOAD
    outcome = _check_sizes(form) or (submit_evidence if uploads else submit_entry_step)(state, actor, entry_id, form)
    if outcome.error:
        return refuse_form(state, actor, lang, entry_id, outcome.error, outcome.sent)
    try:
        read_entry(state.store, actor, entry_id)
    except GeogridError as error:
        # After the step the entry is outside the actor's bounds.
        return render_lost_entry(state, actor, lang, entry_id, error, LedgerInput())
    english = "&lang=en" if lang is Language.EN else ""
    done = "evidence_added" if uploads else "done"
    return RedirectResponse(f"{LEDGER}/{entry_id}?done={done}{english}", HTTPStatus.SEE_OTHER)


def _check_sizes(form: EntryForm) -> EntryFormOutcome | None:
    if all(len(content) <= MAX_EVIDENCE_BYTES for content in form.files):
        return None
    error = InputError("The file is larger than 10 MB.", code="evidence_too_large", field="files")
    return EntryFormOutcome(form.sent, error)


async def _read_form(request: Request) -> EntryForm:
    async with request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as data:
        files = [value for value in data.getlist("files") if isinstance(value, UploadFile)]
        contents = [content for file in files if (content := await file.read(MAX_EVIDENCE_BYTES + 1))]
        return EntryForm(_read_input(data), contents)


def _read_input(data: FormData) -> LedgerInput:
    fields = {name: value.strip() for name, value in data.items() if isinstance(value, str)}
    return LedgerInput(
        action=fields.get("action", ""),
        note=fields.get("note", ""),
        department=fields.get("department", ""),
        version=fields.get("version", ""),
        evidence=tuple(int(text) for text in map(str, data.getlist("evidence")) if _is_id(text)),
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19 and 0 < int(text) <= MAX_ID  # noqa: PLR2004 - 64-bit ids
