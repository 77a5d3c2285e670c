"""Pages and fragments of the dispatch desk; `geogrid_api.routes.desk_forms` receives its forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import GeogridError
from geogrid.incidents.query import QueueQuery
from geogrid.incidents.validation import MAX_DESCRIPTION
from geogrid.model import Actor
from geogrid.places.query_normalization import MAX_QUERY
from geogrid.rules.district_words import DistrictWords
from geogrid.services import places
from geogrid.services.filter_value_check import check_values
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.dependencies import (
    RecordId,
    accept_blank,
    resolve_datum,
    values_reader,
)
from geogrid_api.desk_fragments import (
    queue_parameters,
    render_incident,
    render_location,
    render_new_report,
    render_phone_queue,
    render_queue,
)
from geogrid_api.page_dependencies import DeskActorDep, LanguageDep, html_response
from geogrid_api.people_masking import mask_place
from geogrid_api.problem_details import http_status
from geogrid_api.routes.maps import AREAS_PATH
from geogrid_maps import desk, desk_queue
from geogrid_maps.desk_error_texts import refusal
from geogrid_maps.desk_report import places_part
from geogrid_maps.desk_texts import desk_text

if TYPE_CHECKING:
    from collections.abc import Callable

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SUGGESTED = 8
_MAX_WHERE_BYTES = 64_000


def _render_or_refuse(render: Callable[[], str], lang: Language) -> tuple[str, HTTPStatus]:
    """Return a fragment with its status, or the error message in place of the fragment."""
    try:
        return render(), HTTPStatus.OK
    except GeogridError as error:
        return desk.render("desk_refused.html", lang, refused=refusal(error, lang)), http_status(error)


def read_queue_filter(
    state: StateDep, values: Annotated[QueueQuery, Depends(values_reader(QueueQuery, accept_blank))]
) -> QueueQuery:
    """Return the filters of the queue as the form sends them.

    Raises
    ------
    QueryError
        If a value does not exist.
    """
    check_values(state.store, state.rules, values)
    return values


QueueFilterDep = Annotated[QueueQuery, Depends(read_queue_filter)]
CursorDep = Annotated[str | None, Query(max_length=100)]


@router.get("/desk")
def show_desk(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    queue_filter: QueueFilterDep,
    cursor: CursorDep = None,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the desk: the queue, an incident and the map."""
    queue = render_queue(state, actor, lang, queue_filter, cursor)
    return _page("desk_page.html", state, actor, lang, queue_filter, queue, incident)


@router.get("/m")
def show_phone_desk(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    queue_filter: QueueFilterDep,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the phone desk: report, the user's own incidents, and feedback."""
    queue = render_phone_queue(state, actor, lang, queue_filter)
    return _page("desk_phone.html", state, actor, lang, queue_filter, queue, incident)


def _page(
    template: str,
    state: AppState,
    actor: Actor,
    lang: Language,
    queue_filter: QueueQuery,
    queue: str,
    incident: int | None,
) -> HTMLResponse:
    backdrop = state.snapshots.current.prepared.backdrop
    work = f'<p class="empty">{desk_text("pick_incident", lang)}</p>'
    status = HTTPStatus.OK
    if incident is not None:
        work, status = _render_or_refuse(lambda: render_incident(state, actor, lang, incident), lang)
    parts = {
        "queue": queue,
        "work": work,
        "filters": desk_queue.filters(state.rules, backdrop, lang),
        "asked": queue_parameters(queue_filter),
        "filtered": bool(queue_parameters(queue_filter)),
    }
    words = DistrictWords.of(state.rules.profile, lang)
    areas = f"{AREAS_PATH}/{backdrop.generation.id}/{backdrop.version}.js"
    html = desk.page(template, backdrop, actor, words, areas=areas, parts=parts)
    return html_response(html, status, images=backdrop.base.origin if backdrop.base else "")


@router.get("/desk/queue")
def show_queue(
    state: StateDep, actor: DeskActorDep, lang: LanguageDep, queue_filter: QueueFilterDep, cursor: CursorDep = None
) -> HTMLResponse:
    """Show a page of the queue."""
    return html_response(render_queue(state, actor, lang, queue_filter, cursor))


@router.get("/m/queue")
def show_phone_queue(
    state: StateDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    queue_filter: QueueFilterDep,
) -> HTMLResponse:
    """Show the queue of the phone desk."""
    return html_response(render_phone_queue(state, actor, lang, queue_filter))


@router.get("/desk/new")
def show_report_form(state: StateDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show the form for a new report."""
    return html_response(render_new_report(state, actor, lang))


@router.get("/desk/incidents/{incident_id:id}")
def show_incident(incident_id: RecordId, state: StateDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show an incident with the steps that the user may take."""
    return html_response(*_render_or_refuse(lambda: render_incident(state, actor, lang, incident_id), lang))


@router.get("/desk/places")
def suggest_places(
    state: StateDep,
    actor: DeskActorDep,  # noqa: ARG001 - requires the permission
    lang: LanguageDep,
    place: Annotated[str, Query(max_length=MAX_QUERY)] = "",
    pasted_datum: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Suggest places for the typed text."""
    snapshot = state.snapshots.current
    default = state.settings.default_datum
    try:
        datum = resolve_datum(pasted_datum, state.settings) if pasted_datum else default
        finder = state.place_finders.of(snapshot)
        result = places.find_places(finder, snapshot.locator, place, datum, limit=_SUGGESTED)
    except GeogridError as error:
        return html_response(places_part((), refusal(error, lang).what, "", lang))
    note = desk_text("lat_first", lang) if result.pasted and result.pasted.lat_first else ""
    point = result.pasted.point if result.pasted else None
    return html_response(
        places_part([mask_place(match) for match in result.found], note, datum or "", lang, given=point)
    )


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
    """Show the grids, people and possible duplicates at a point. POST keeps the description out of URLs and logs."""
    fields = {
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
    return html_response(*_render_or_refuse(lambda: render_location(state, actor, lang, fields), lang))
