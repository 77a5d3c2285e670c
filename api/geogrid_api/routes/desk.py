"""The dispatch desk's pages and their parts. What is done there is done by `geogrid_api.routes.desk_steps`."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import GeogridError
from geogrid.incidents.query import QueueQuery
from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.model import Actor, IncidentStatus, Level, Triage, Urgency
from geogrid.places.query_normalization import MAX_ASKED
from geogrid.services import places
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.dependencies import CODE, IncidentId, resolve_datum
from geogrid_api.desk_fragments import (
    queue_parameters,
    render_incident,
    render_location,
    render_new_report,
    render_phone_queue,
    render_queue,
)
from geogrid_api.html_pages import DeskActorDep, LanguageDep, html_response
from geogrid_api.people_masking import mask_place
from geogrid_api.problems import http_status
from geogrid_api.routes.maps import AREAS_PATH
from geogrid_maps import desk, desk_queue
from geogrid_maps.desk_refusals import refusal
from geogrid_maps.desk_report import places_part
from geogrid_maps.desk_texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SUGGESTED = 8
_MAX_WHERE_BYTES = 64_000
E = TypeVar("E", bound=StrEnum)


def _guarded(make: Callable[[], str], lang: Language) -> tuple[str, HTTPStatus]:
    """Return a part and its status; what is refused says why, in place of the part."""
    try:
        return make(), HTTPStatus.OK
    except GeogridError as error:
        return desk.render("desk_refused.html", lang, refused=refusal(error, lang)), http_status(error)


def _or_none(text: str | None) -> str | None:
    """Take a filter that is switched off for none: a form sends it empty."""
    return text or None


def _known(kind: type[E], text: str | None) -> E | None:
    return kind(text) if text in set(kind) else None


def read_queue_filter(
    status: Annotated[str | None, Query(max_length=20)] = None,
    urgency: Annotated[str | None, Query(max_length=20)] = None,
    level: Annotated[str | None, Query(max_length=20)] = None,
    street: Annotated[str | None, Query(pattern=f"^$|{CODE}")] = None,
    category: Annotated[str | None, Query(max_length=20)] = None,
    department: Annotated[str | None, Query(max_length=100)] = None,
    triage: Annotated[str | None, Query(max_length=20)] = None,
) -> QueueQuery:
    """Read the filters of the queue; a word that is none switches its filter off."""
    return QueueQuery(
        status=_known(IncidentStatus, status),
        urgency=_known(Urgency, urgency),
        level=_known(Level, level),
        triage=_known(Triage, triage),
        street_code=_or_none(street),
        category=_or_none(category),
        department=_or_none(department),
    )


QueueFilterDep = Annotated[QueueQuery, Depends(read_queue_filter)]
CursorDep = Annotated[str | None, Query(max_length=100)]


@router.get("/desk")
def show_desk(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
    cursor: CursorDep = None,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the desk: the queue, an incident or a new report, and the map."""
    queue = render_queue(state, actor, lang, wanted, cursor)
    return _page("desk_page.html", state, actor, lang, wanted, queue, incident)


@router.get("/m")
def show_phone_desk(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the same on a telephone: report, the list of what is one's own, feedback."""
    queue = render_phone_queue(state, actor, lang, wanted)
    return _page("desk_phone.html", state, actor, lang, wanted, queue, incident)


def _page(
    template: str,
    state: AppState,
    actor: Actor,
    lang: Language,
    wanted: QueueQuery,
    queue: str,
    incident: int | None,
) -> HTMLResponse:
    backdrop = state.snapshots.current.page_data.backdrop
    work = f'<p class="empty">{say("pick_incident", lang)}</p>'
    status = HTTPStatus.OK
    if incident is not None:
        work, status = _guarded(lambda: render_incident(state, actor, lang, incident), lang)
    parts = {
        "queue": queue,
        "work": work,
        "filters": desk_queue.filters(state.rules, backdrop, lang),
        "asked": queue_parameters(wanted),
        "filtered": bool(queue_parameters(wanted)),
    }
    areas = f"{AREAS_PATH}/{backdrop.generation.id}/{backdrop.version}.js"
    html = desk.page(template, backdrop, actor, lang, areas=areas, parts=parts)
    return html_response(html, status, images=backdrop.base.origin if backdrop.base else "")


@router.get("/desk/queue")
def show_queue(
    state: StateDep, actor: DeskActorDep, lang: LanguageDep, wanted: QueueFilterDep, cursor: CursorDep = None
) -> HTMLResponse:
    """Show a part of the queue."""
    return html_response(render_queue(state, actor, lang, wanted, cursor))


@router.get("/m/queue")
def show_phone_queue(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
) -> HTMLResponse:
    """Show a part of a telephone's list."""
    return html_response(render_phone_queue(state, actor, lang, wanted))


@router.get("/desk/new")
def show_report_form(state: StateDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show the form of a new report."""
    return html_response(render_new_report(state, actor, lang))


@router.get("/desk/incidents/{number:number}")
def show_incident(number: IncidentId, state: StateDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show an incident, and what may be done with it."""
    return html_response(*_guarded(lambda: render_incident(state, actor, lang, number), lang))


@router.get("/desk/places")
def suggest_places(
    state: StateDep,
    actor: DeskActorDep,  # noqa: ARG001 - places are the same for all who may read incidents
    lang: LanguageDep,
    place: Annotated[str, Query(max_length=MAX_ASKED)] = "",
    pasted_datum: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Suggest places for what is typed."""
    snapshot = state.snapshots.current
    default = state.settings.default_datum
    try:
        datum = resolve_datum(pasted_datum, state.settings) if pasted_datum else default
        finder = state.place_finders.of(snapshot)
        found = places.find_places(finder, snapshot.locator, place, datum, limit=_SUGGESTED)
    except GeogridError as error:
        return html_response(places_part((), refusal(error, lang).what, "", lang))
    note = say("lat_first", lang) if found.pasted and found.pasted.lat_first else ""
    given = found.pasted.point if found.pasted else None
    return html_response(places_part([mask_place(one) for one in found.found], note, datum or "", lang, given=given))


@router.post("/desk/where", max_body_size=_MAX_WHERE_BYTES)
def show_location(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    lon: Annotated[str, Form(max_length=40)] = "",
    lat: Annotated[str, Form(max_length=40)] = "",
    point_datum: Annotated[str, Form(max_length=40)] = "",
    category: Annotated[str, Form(max_length=20)] = "",
    source: Annotated[str, Form(max_length=20)] = "",
    description: Annotated[str, Form(max_length=MAX_DESCRIPTION)] = "",
    accuracy_m: Annotated[str, Form(max_length=40)] = "",
    department: Annotated[str, Form(max_length=100)] = "",
    level: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Say what is known of a place before a report from there is sent; what was said stays out of addresses."""
    kept = {
        "lon": lon,
        "lat": lat,
        "point_datum": point_datum,
        "category": category,
        "source": source,
        "description": description,
        "accuracy_m": accuracy_m,
        "department": department,
        "level": level,
    }
    return html_response(*_guarded(lambda: render_location(state, actor, lang, kept), lang))
