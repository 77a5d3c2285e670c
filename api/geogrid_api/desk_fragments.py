"""The desk's parts, put together from the services and within the bounds of who looks."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.incidents.actionable_steps import actionable_steps
from geogrid.incidents.grid_assignment import place_points
from geogrid.model import ORGANISATION_DUTIES, IncidentSource, Permission, Point
from geogrid.permissions import covers_area, may
from geogrid.privacy import mask_personal
from geogrid.rules.routing import RoutingCase, route
from geogrid.services import cards, duplicates, incident_steps, location_review, queue, whistles
from geogrid.services.people import people_along, today
from geogrid.services.responsibility import places_near
from geogrid_api.dependencies import named_datum
from geogrid_api.people_masking import mask_post, sees_whole
from geogrid_maps import desk_incident, desk_queue, desk_report
from geogrid_maps.desk_refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.incidents.query import QueueQuery
    from geogrid.model import Actor, Membership, Whistle
    from geogrid.rules.workflow import Transition
    from geogrid_api.dependencies import AppState

#: So many incidents stand in a part of the queue.
PAGE = 30
_MAX_LISTED = 20


def queue_part(house: AppState, actor: Actor, lang: Language, wanted: QueueQuery, cursor: str | None) -> str:
    """Return the queue's list."""
    now = datetime.now(UTC)
    found = queue.read_queue(house.store, actor, wanted, cursor=cursor, limit=PAGE, now=now)
    return desk_queue.queue_part(found, house.rules, house.owner_of, now, lang, asked=asked_of(wanted), cursor=cursor)


def phone_queue_part(house: AppState, actor: Actor, lang: Language, wanted: QueueQuery) -> str:
    """Return the list of a telephone."""
    now = datetime.now(UTC)

    def read(*, own: bool) -> queue.Queue:
        theirs = replace(wanted, turn=actionable_steps(actor, house.rules.workflow, mine=own))
        return queue.read_nearest(house.store, actor, theirs, limit=PAGE, now=now)

    return desk_queue.phone_queue_part(
        read(own=True), read(own=False), house.rules, house.owner_of, now, lang, asked=asked_of(wanted)
    )


def new_part(
    house: AppState,
    actor: Actor,
    lang: Language,
    *,
    refused: Refused | None = None,
    kept: Mapping[str, str] | None = None,
) -> str:
    """Return the form of a new report."""
    kept = kept or {}
    how = desk_report.urgency_choices(house.rules, actor, lang, datetime.now(UTC), None, kept)
    key = kept.get("key") or secrets.token_urlsafe(16)
    return desk_report.new_part(house.rules, actor, lang, key=key, how=how, refused=refused, kept=kept)


def incident_part(
    house: AppState,
    actor: Actor,
    lang: Language,
    number: int,
    *,
    refused: Refused | None = None,
    sent: desk_incident.SentStep | None = None,
    said: str = "",
) -> str:
    """Return an incident with what the actor may do with it now."""
    timeline = incident_steps.read_timeline(house.store, actor, number)
    _, found = incident_steps.list_transitions(house.store, house.rules, actor, number)
    if not may(actor, Permission.LOOP_STEP):
        found = []
    return desk_incident.incident_part(
        timeline.incident,
        timeline.steps,
        house.rules,
        house.owner_of(timeline.incident),
        lang,
        now=datetime.now(UTC),
        whole=may(actor, Permission.PEOPLE_READ),
        found=found,
        choices=_choices(house, actor, number, found),
        refused=refused,
        sent=sent,
        said=said,
    )


def _choices(house: AppState, actor: Actor, number: int, found: list[Transition]) -> desk_incident.Choices:
    """Return what the steps choose among; what none of them asks for is not looked up."""
    actions = {step.action for step in found}
    store, rules = house.store, house.rules
    blown: list[Whistle] = []
    if actions & {"report_in", "rate"}:
        blown = whistles.list_whistles(store, actor, incident=number, limit=_MAX_LISTED).items
    own = actor.bounds.departments
    locator = house.snapshots.current.locator
    places = (
        location_review.list_candidates(store, locator, rules.triage, actor, number) if "place" in actions else None
    )
    sent = cards.list_cards(store, actor, incident=number, answered=False).items if "answer" in actions else []
    return desk_incident.Choices(
        candidates=places,
        duplicates=duplicates.duplicates_of(store, rules, actor, number) if "merge" in actions else (),
        whistles={
            one.id: f"{one.department} · {mask_personal(one.note)}"
            for one in blown
            if one.reported_in_at is None and (not own or one.department in own)
        },
        unrated={one.id: one.department for one in blown if one.reported_in_at and one.rated_at is None},
        cards={one.id: rules.cards.number(one.kind, one.year, one.serial) for one in sent},
    )


def where_part(house: AppState, actor: Actor, lang: Language, kept: Mapping[str, str]) -> str:
    """Return what is known of a place before a report is made from there, and how urgent that may be told to be.

    Parameters
    ----------
    house, actor, lang
        The house, who reports, and the language of the page.
    kept
        The form as it stands.

    Raises
    ------
    InputError
        If its point cannot be read.
    """
    rules, now, category = house.rules, datetime.now(UTC), kept["category"]
    if not (kept["lon"] and kept["lat"]):
        return desk_report.urgency_part(desk_report.urgency_choices(rules, actor, lang, now, None, kept), rules, lang)
    point = Point(decimal_of(kept["lon"], "lon"), decimal_of(kept["lat"], "lat"))
    datum = named_datum(kept["point_datum"] or None, house.settings)
    accuracy = decimal_of(kept["accuracy_m"], "accuracy_m") if kept["accuracy_m"] else None
    locator = house.snapshots.current.locator
    explained = locator.explain(point, datum, accuracy_m=accuracy)
    place = explained.membership
    alike, found = None, None
    if category in rules.categories:
        alike = duplicates.find_duplicates(
            house.store, rules, actor, point, datum, category, now, description=kept["description"]
        )
        layer = place.responsible.layer if place.responsible else None
        case = RoutingCase.at(
            now, category, source_of(kept["source"]), layer, place.street.code if place.street else None
        )
        found = route(rules.routing, case, rules.categories)
    where = desk_report.ReportLocation(explained, _people(house, actor, place), alike, _reached(actor, place))
    how = desk_report.urgency_choices(rules, actor, lang, now, found, kept)
    return desk_report.where_part(where, rules, locator.owners, lang) + desk_report.urgency_part(how, rules, lang)


def _people(house: AppState, actor: Actor, place: Membership) -> list[str]:
    """Return who answers for a place, in words; persons are masked for those who may not read them."""
    snapshot = house.snapshots.current
    placement = place_points(np.array([place.wgs84.lon]), np.array([place.wgs84.lat]), snapshot.locator)[0]
    near = places_near(placement, snapshot.themes, house.rules.triage)
    names = {(layer, code): name for layer, code, name in near.themes}
    # A line or an area near by is in nobody's bounds by its code: it goes with the grid that answers.
    within = placement.responsible_code or ""
    found = people_along(house.store, [*near.grids, *names], today())
    told = []
    for (layer, code), posts in found.items():
        whole = sees_whole(actor, within if (layer, code) in names else code)
        for post in posts:
            shown = post if whole else mask_post(post)
            organisation = "" if post.duty in ORGANISATION_DUTIES else shown.organisation
            words = (names.get((layer, code)), shown.title, shown.name, organisation, shown.phone)
            told.append(" · ".join(filter(None, words)))
    return told


def _reached(actor: Actor, place: Membership) -> bool:
    areas = actor.bounds.areas
    grids = [grid.code for grid in (place.base, place.dedicated) if grid]
    return not areas or any(covers_area(actor.bounds, code) for code in grids)


def source_of(text: str) -> IncidentSource:
    """Return the source that a form has sent; one that is none counts as a call."""
    return IncidentSource(text) if text in set(IncidentSource) else IncidentSource.HOTLINE


def number_of(text: str, field: str) -> int:
    """Return a whole number that a form has sent.

    Raises
    ------
    InputError
        If it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what a database's number holds
        raise InputError("This is not a number.", code="number_wanted", field=field)
    return int(text)


def decimal_of(text: str, field: str) -> float:
    """Return a number that a form has sent; whether it can be a coordinate is looked at elsewhere.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return float(text[:40])
    except ValueError:
        raise InputError("This is not a number.", code="number_wanted", field=field) from None


def asked_of(wanted: QueueQuery) -> dict[str, str]:
    """Return the filters of a queue that are on, by their names in addresses."""
    found = {
        "status": wanted.status,
        "urgency": wanted.urgency,
        "level": wanted.level,
        "street": wanted.street_code,
        "category": wanted.category,
        "department": wanted.department,
        "triage": wanted.triage,
    }
    return {name: str(value) for name, value in found.items() if value is not None}
