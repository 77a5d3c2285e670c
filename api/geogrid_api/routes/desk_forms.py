"""Routes that receive the forms of the desk: reports and steps. Each response shows the incident afterwards."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from geogrid.constants import Language
from geogrid.errors import GeogridError, InputError
from geogrid.incidents.photo_processing import MAX_PHOTO_BYTES
from geogrid.model import Actor, OnSpot, Permission
from geogrid.permissions import check_permission
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.dependencies import RecordId
from geogrid_api.desk_fragments import render_incident, render_new_report
from geogrid_api.desk_submissions import DeskForm, submit_report, submit_step
from geogrid_api.page_dependencies import DeskActorDep, LanguageDep, html_response
from geogrid_api.problem_details import http_status
from geogrid_maps.desk import render
from geogrid_maps.desk_error_texts import refusal
from geogrid_maps.desk_incident import SentStep, collect_unsaved_input
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from geogrid_api.desk_submissions import ReportResult

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_MAX_PHOTOS: Final = 5
_MAX_FIELDS: Final = 60
_MAX_FIELD_BYTES: Final = 64_000
_MAX_BYTES: Final = _MAX_PHOTOS * MAX_PHOTO_BYTES + 1_000_000


@router.post("/desk/report", max_body_size=_MAX_BYTES)
async def receive_report(request: Request, state: StateDep, actor: DeskActorDep, lang: LanguageDep) -> Response:
    """Save a report, and dispatch it if the form says so."""
    check_permission(actor, Permission.INCIDENTS_REPORT)
    form = await _read_form(request)
    return await run_in_threadpool(_handle_report, request, state, actor, form, lang)


@router.post("/desk/incidents/{incident_id:id}/steps", max_body_size=_MAX_BYTES)
async def receive_step(
    incident_id: RecordId, request: Request, state: StateDep, actor: DeskActorDep, lang: LanguageDep
) -> Response:
    """Take the workflow step that the user submitted as a form."""
    check_permission(actor, Permission.LOOP_STEP)
    form = await _read_form(request)
    return await run_in_threadpool(_handle_step, request, state, actor, incident_id, form, lang)


def _handle_report(request: Request, state: AppState, actor: Actor, form: DeskForm, lang: Language) -> Response:
    try:
        result: ReportResult = submit_report(state, actor, form, lang)
    except GeogridError as error:
        refused = refusal(error, lang)
        return html_response(
            render_new_report(state, actor, lang, refused=refused, fields=form.fields), http_status(error)
        )
    # The report has been saved; an error of a photo or a step is shown beside the incident.
    later_refusal = refusal(result.error, lang) if result.error else None
    message = _confirm_report(form, result, lang)
    part = render_incident(state, actor, lang, result.incident_id, refused=later_refusal, said=message)
    return _respond(request, part, result.incident_id, lang)


def _confirm_report(form: DeskForm, result: ReportResult, lang: Language) -> str:
    """Return the message that confirms a saved report."""
    if result.on_spot is OnSpot.DRAWN:
        return desk_text("reported_drawn", lang)
    if result.on_spot is OnSpot.CLOSED:
        return desk_text("reported_handled", lang)
    dispatched = form.get("then") == "dispatch" and result.error is None
    return desk_text("reported_and_dispatched", lang) if dispatched else desk_text("reported", lang)


def _handle_step(
    request: Request, state: AppState, actor: Actor, incident_id: int, form: DeskForm, lang: Language
) -> Response:
    try:
        submit_step(state, actor, incident_id, form)
    except GeogridError as error:
        typed = SentStep(form.fields, form.departments)
        try:
            part = render_incident(state, actor, lang, incident_id, refused=refusal(error, lang), sent=typed)
        except GeogridError as hidden:
            # The user can no longer see the incident, so show only the error and the text that the user has typed.
            unsaved = collect_unsaved_input(typed, state.rules, lang)
            part = render("desk_refused.html", lang, refused=refusal(hidden, lang), unsaved=unsaved)
        return html_response(part, http_status(error))
    try:
        part = render_incident(state, actor, lang, incident_id)
    except GeogridError as error:
        # After the step the incident is outside the actor's bounds.
        part = render("desk_refused.html", lang, refused=refusal(error, lang))
    return _respond(request, part, incident_id, lang)


def _respond(request: Request, part: str, incident_id: int, lang: Language) -> Response:
    """Return the HTML `part` to htmx, or redirect a browser without scripts to the incident on the desk."""
    english = "&lang=en" if lang is Language.EN else ""
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/desk?incident={incident_id}{english}", HTTPStatus.SEE_OTHER)
    response = html_response(part)
    # The desk pages reload their queue on this event.
    response.headers["HX-Trigger"] = "news"
    return response


async def _read_form(request: Request) -> DeskForm:
    """Return the submitted form.

    Raises
    ------
    InputError
        If a photo is too large.
    """
    async with request.form(max_files=_MAX_PHOTOS, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as data:
        photos, before, after = [await _read_files(data, name) for name in ("photos", "before", "after")]
        fields = {name: value for name, value in data.items() if isinstance(value, str)}
        departments = [value for value in data.getlist("departments") if isinstance(value, str)]
    if any(len(photo) > MAX_PHOTO_BYTES for photo in (*photos, *before, *after)):
        raise InputError("The photo is larger than 10 MB.", code="photo_too_large", field="photos")
    return DeskForm(fields, departments, photos, before, after)


async def _read_files(data: FormData, name: str) -> list[bytes]:
    """Return the contents of the files of a field, without those of empty fields."""
    files = [value for value in data.getlist(name) if isinstance(value, UploadFile)]
    return [content for file in files if (content := await file.read(MAX_PHOTO_BYTES + 1))]
