"""What is sent from the desk: reports and steps. Each answers with the incident as it stands then."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from geogrid.constants import Language
from geogrid.errors import GeogridError, InputError
from geogrid.incidents.photos import MAX_PHOTO_BYTES
from geogrid.model import Actor, Permission
from geogrid.permissions import check_permission
from geogrid_api.dependencies import AppState, HouseDep, IncidentNumber
from geogrid_api.desk_auth import DeskActorDep, LanguageDep, page
from geogrid_api.desk_forms import Sent, report, step
from geogrid_api.desk_fragments import incident_part, new_part
from geogrid_api.problems import status_of
from geogrid_maps.desk import render
from geogrid_maps.desk_incident import SentStep, left_of
from geogrid_maps.desk_refusals import refusal
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from geogrid_api.desk_forms import FormResult

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_MOST_PICTURES: Final = 5
_MAX_FIELDS: Final = 60
_MAX_FIELD_BYTES: Final = 64_000
_MAX_BYTES: Final = _MOST_PICTURES * MAX_PHOTO_BYTES + 1_000_000


@router.post("/desk/report", max_body_size=_MAX_BYTES)
async def send_report(request: Request, house: HouseDep, actor: DeskActorDep, lang: LanguageDep) -> Response:
    """Take a report from the desk's form; dispatch it at once where that is asked."""
    check_permission(actor, Permission.INCIDENTS_REPORT)
    sent = await _sent(request)
    return await run_in_threadpool(_report, request, house, actor, sent, lang)


@router.post("/desk/incidents/{number:number}/steps", max_body_size=_MAX_BYTES)
async def send_step(
    number: IncidentNumber, request: Request, house: HouseDep, actor: DeskActorDep, lang: LanguageDep
) -> Response:
    """Take a step from one of the desk's small forms."""
    check_permission(actor, Permission.LOOP_STEP)
    sent = await _sent(request)
    return await run_in_threadpool(_step, request, house, actor, number, sent, lang)


def _report(request: Request, house: AppState, actor: Actor, sent: Sent, lang: Language) -> Response:
    try:
        done: FormResult = report(house, actor, sent, lang)
    except GeogridError as error:
        refused = refusal(error, lang)
        return page(new_part(house, actor, lang, refused=refused, kept=sent.fields), status_of(error))
    # Known by now: what failed after the report was kept is told beside it.
    why = refusal(done.error, lang) if done.error else None
    dispatched = sent.get("then") == "dispatch" and done.error is None
    said = desk_text("reported_and_dispatched", lang) if dispatched else desk_text("reported", lang)
    part = incident_part(house, actor, lang, done.number, refused=why, said=said)
    return _answer(request, part, done.number, lang)


def _step(request: Request, house: AppState, actor: Actor, number: int, sent: Sent, lang: Language) -> Response:
    try:
        step(house, actor, number, sent)
    except GeogridError as error:
        written = SentStep(sent.fields, sent.departments)
        try:
            part = incident_part(house, actor, lang, number, refused=refusal(error, lang), sent=written)
        except GeogridError as other:
            # The user cannot see the incident any more: only the reason and the user's own words are left.
            left = left_of(written, house.rules, lang)
            part = render("desk_refused.html", lang, refused=refusal(other, lang), left=left)
        return page(part, status_of(error))
    try:
        part = incident_part(house, actor, lang, number)
    except GeogridError as error:
        # The step has led it out of the actor's bounds.
        part = render("desk_refused.html", lang, refused=refusal(error, lang))
    return _answer(request, part, number, lang)


def _answer(request: Request, part: str, number: int, lang: Language) -> Response:
    """Return the part that htmx asks for, or lead a browser without scripts to the page."""
    english = "&lang=en" if lang is Language.EN else ""
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/desk?incident={number}{english}", HTTPStatus.SEE_OTHER)
    answer = page(part)
    # Not the address of the phone's page, which is another one.
    answer.headers["HX-Trigger"] = "news"
    return answer


async def _sent(request: Request) -> Sent:
    """Read a form.

    Raises
    ------
    InputError
        If it has too many pictures.
    """
    async with request.form(max_files=_MOST_PICTURES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
        files = [value for value in form.getlist("photos") if isinstance(value, UploadFile)]
        pictures = [content for one in files if (content := await one.read(MAX_PHOTO_BYTES + 1))]
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        departments = [value for value in form.getlist("departments") if isinstance(value, str)]
    if any(len(picture) > MAX_PHOTO_BYTES for picture in pictures):
        raise InputError("The photo is larger than 10 MB.", code="photo_too_large", field="photos")
    return Sent(fields, departments, pictures)
