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
from geogrid_api.dependencies import CODE, AppState, HouseDep, IncidentNumber, named_datum
from geogrid_api.desk_auth import DeskActorDep, LanguageDep, page
from geogrid_api.desk_fragments import asked_of, incident_part, new_part, phone_queue_part, queue_part, where_part
from geogrid_api.people_masking import mask_place
from geogrid_api.problems import status_of
from geogrid_api.routes.maps import AREAS
from geogrid_maps import desk, desk_queue
from geogrid_maps.desk_refusals import refusal
from geogrid_maps.desk_report import places_part
from geogrid_maps.desk_texts import desk_text

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
        return desk.render("desk_refused.html", lang, refused=refusal(error, lang)), status_of(error)


def _or_none(text: str | None) -> str | None:
    """Take a filter that is switched off for none: a form sends it empty."""
    return text or None


def _known(kind: type[E], text: str | None) -> E | None:
    return kind(text) if text in set(kind) else None


def chosen_queue(
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


QueueFilterDep = Annotated[QueueQuery, Depends(chosen_queue)]
CursorDep = Annotated[str | None, Query(max_length=100)]


@router.get("/desk")
def desk_page(
    house: HouseDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
    cursor: CursorDep = None,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the desk: the queue, an incident or a new report, and the map."""
    queue = queue_part(house, actor, lang, wanted, cursor)
    return _page("desk_page.html", house, actor, lang, wanted, queue, incident)


@router.get("/m")
def phone_page(
    house: HouseDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
    incident: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> HTMLResponse:
    """Show the same on a telephone: report, the list of what is one's own, feedback."""
    queue = phone_queue_part(house, actor, lang, wanted)
    return _page("desk_phone.html", house, actor, lang, wanted, queue, incident)


def _page(
    template: str,
    house: AppState,
    actor: Actor,
    lang: Language,
    wanted: QueueQuery,
    queue: str,
    incident: int | None,
) -> HTMLResponse:
    backdrop = house.snapshots.current.pages.backdrop
    work = f'<p class="empty">{desk_text("pick_incident", lang)}</p>'
    status = HTTPStatus.OK
    if incident is not None:
        work, status = _guarded(lambda: incident_part(house, actor, lang, incident), lang)
    parts = {
        "queue": queue,
        "work": work,
        "filters": desk_queue.filters(house.rules, backdrop, lang),
        "asked": asked_of(wanted),
        "filtered": bool(asked_of(wanted)),
    }
    areas = f"{AREAS}/{backdrop.generation.id}/{backdrop.version}.js"
    html = desk.page(template, backdrop, actor, lang, areas=areas, parts=parts)
    return page(html, status, images=backdrop.base.origin if backdrop.base else "")


@router.get("/desk/queue")
def show_queue(
    house: HouseDep, actor: DeskActorDep, lang: LanguageDep, wanted: QueueFilterDep, cursor: CursorDep = None
) -> HTMLResponse:
    """Show a part of the queue."""
    return page(queue_part(house, actor, lang, wanted, cursor))


@router.get("/m/queue")
def show_phone_queue(
    house: HouseDep,
    actor: DeskActorDep,
    lang: LanguageDep,
    wanted: QueueFilterDep,
) -> HTMLResponse:
    """Show a part of a telephone's list."""
    return page(phone_queue_part(house, actor, lang, wanted))


@router.get("/desk/new")
def show_new(house: HouseDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show the form of a new report."""
    return page(new_part(house, actor, lang))


@router.get("/desk/incidents/{number:number}")
def show_incident(number: IncidentNumber, house: HouseDep, actor: DeskActorDep, lang: LanguageDep) -> HTMLResponse:
    """Show an incident, and what may be done with it."""
    return page(*_guarded(lambda: incident_part(house, actor, lang, number), lang))


@router.get("/desk/places")
def suggest_places(
    house: HouseDep,
    actor: DeskActorDep,  # noqa: ARG001 - places are the same for all who may read incidents
    lang: LanguageDep,
    place: Annotated[str, Query(max_length=MAX_ASKED)] = "",
    pasted_datum: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Suggest places for what is typed."""
    snapshot = house.snapshots.current
    default = house.settings.default_datum
    try:
        datum = named_datum(pasted_datum, house.settings) if pasted_datum else default
        finder = house.finders.of(snapshot)
        found = places.find_places(finder, snapshot.locator, place, datum, limit=_SUGGESTED)
    except GeogridError as error:
        return page(places_part((), refusal(error, lang).what, "", lang))
    note = desk_text("lat_first", lang) if found.pasted and found.pasted.lat_first else ""
    given = found.pasted.point if found.pasted else None
    return page(places_part([mask_place(one) for one in found.found], note, datum or "", lang, given=given))


@router.post("/desk/where", max_body_size=_MAX_WHERE_BYTES)
def show_where(
    house: HouseDep,
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
    return page(*_guarded(lambda: where_part(house, actor, lang, kept), lang))
