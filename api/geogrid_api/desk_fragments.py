"""HTML fragments of the desk, with data within the bounds of the user."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from geogrid.errors import InputError
from geogrid.incidents.actionable_filter import find_actionable_steps
from geogrid.incidents.grid_assignment import assign_points
from geogrid.incidents.query import QueueQuery
from geogrid.incidents.query_field import declared_fields
from geogrid.incidents.source_codes import SourceCodes
from geogrid.model import Permission, Point
from geogrid.people.holders import group_by_holder
from geogrid.permissions import area_within_bounds, has_permission
from geogrid.privacy import mask_personal
from geogrid.rules.routing import RoutingCase
from geogrid.rules.vocabulary import SourceUse
from geogrid.services import cards, duplicates, incident_steps, location_review, queue, whistles
from geogrid.services.people import list_people_of_areas, local_today
from geogrid.services.responsibility import find_responsible_areas
from geogrid_api.dependencies import resolve_datum
from geogrid_api.people_masking import mask_post, may_see_people
from geogrid_maps import desk_incident, desk_queue, desk_report
from geogrid_maps.desk_error_texts import Refused
from geogrid_maps.incident_page import RelatedIncidents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Incident, Membership
    from geogrid.rules.incident_workflow import Transition
    from geogrid_api.app_state import AppState

#: Number of incidents on a page of the queue.
QUEUE_PAGE_SIZE = 30
_MAX_LISTED = 20


def render_queue(state: AppState, actor: Actor, lang: Language, queue_filter: QueueQuery, cursor: str | None) -> str:
    """Return a page of the queue."""
    now = datetime.now(UTC)
    page = queue.read_queue(state.store, actor, queue_filter, cursor=cursor, limit=QUEUE_PAGE_SIZE, now=now)
    return desk_queue.queue_part(
        page, state.rules, state.owner_of, now, lang, asked=queue_parameters(queue_filter), cursor=cursor
    )


def render_phone_queue(state: AppState, actor: Actor, lang: Language, queue_filter: QueueQuery) -> str:
    """Return the queue of the phone desk: first the user's own incidents, then all others."""
    now = datetime.now(UTC)

    def read(*, own: bool) -> queue.Queue:
        query = replace(queue_filter, turn=find_actionable_steps(actor, state.rules.workflow, mine=own))
        return queue.read_nearest(state.store, actor, query, limit=QUEUE_PAGE_SIZE, now=now)

    return desk_queue.phone_queue_part(
        read(own=True), read(own=False), state.rules, state.owner_of, now, lang, asked=queue_parameters(queue_filter)
    )


def render_new_report(
    state: AppState,
    actor: Actor,
    lang: Language,
    *,
    refused: Refused | None = None,
    fields: Mapping[str, str] | None = None,
) -> str:
    """Return the form for a new report, filled in with the fields of a rejected form."""
    fields = fields or {}
    how = desk_report.urgency_choices(state.rules, actor, lang, datetime.now(UTC), None, fields)
    key = fields.get("key") or secrets.token_urlsafe(16)
    return desk_report.new_part(state.rules, actor, lang, key=key, how=how, refused=refused, kept=fields)


def render_incident(
    state: AppState,
    actor: Actor,
    lang: Language,
    incident_id: int,
    *,
    refused: Refused | None = None,
    sent: desk_incident.SentStep | None = None,
    said: str = "",
) -> str:
    """Return an incident with the steps that the actor may take now."""
    history = incident_steps.read_history(state.store, actor, incident_id)
    _, transitions = incident_steps.list_transitions(state.store, state.rules, actor, incident_id)
    if not has_permission(actor, Permission.LOOP_STEP):
        transitions = []
    return desk_incident.incident_part(
        history.incident,
        history.steps,
        state.rules,
        state.owner_of(history.incident),
        lang,
        now=datetime.now(UTC),
        whole=has_permission(actor, Permission.PEOPLE_READ),
        found=transitions,
        choices=_read_choices(state, actor, history.incident, transitions),
        refused=refused,
        sent=sent,
        said=said,
        related=RelatedIncidents(history.parts, history.whole_photos),
    )


def _read_choices(
    state: AppState, actor: Actor, incident: Incident, transitions: list[Transition]
) -> desk_incident.Choices:
    """Return the choices of the step forms; reads only the choices that the steps need."""
    actions = {step.action for step in transitions}
    store, rules, incident_id = state.store, state.rules, incident.id
    blown_whistles = whistles.list_whistles(store, actor, incident=incident_id, limit=_MAX_LISTED).items
    own_departments = actor.bounds.departments
    ended_at = incident.progress.closed_at or datetime.now(UTC)
    locator = state.snapshots.current.locator
    candidates = (
        location_review.list_candidates(store, locator, rules, actor, incident_id) if "place" in actions else None
    )
    open_cards = (
        cards.list_cards(store, actor, incident=incident_id, answered=False).items if "answer" in actions else []
    )
    return desk_incident.Choices(
        candidates=candidates,
        duplicates=duplicates.find_duplicates_of_incident(store, rules, actor, incident_id)
        if "merge" in actions
        else (),
        whistles={
            whistle.id: f"{whistle.department} · {mask_personal(whistle.note)}"
            for whistle in blown_whistles
            if whistle.reported_in_at is None and (not own_departments or whistle.department in own_departments)
        },
        unrated={
            whistle.id: whistle.department
            for whistle in blown_whistles
            if whistle.rated_at is None and whistle.is_ratable(ended_at)
        },
        unanswered=[whistle for whistle in blown_whistles if whistle.reported_in_at is None],
        cards={
            card.id: rules.cards.number(card.kind, card.year, card.serial)
            for card in open_cards
            if cards.is_addressee(card, actor, rules)
        },
    )


def render_location(state: AppState, actor: Actor, lang: Language, fields: Mapping[str, str]) -> str:
    """Return the grids, people and possible duplicates at the point of an unsent report, and its routing.

    Parameters
    ----------
    state, actor, lang
        Application state, reporting user, and language of the page.
    fields
        Fields of the form.

    Raises
    ------
    InputError
        If the coordinates or the datum are invalid.
    """
    rules, now, category = state.rules, datetime.now(UTC), fields["category"]
    if not (fields["lon"] and fields["lat"]):
        return desk_report.urgency_part(desk_report.urgency_choices(rules, actor, lang, now, None, fields), rules, lang)
    point = Point(parse_decimal(fields["lon"], "lon"), parse_decimal(fields["lat"], "lat"))
    datum = resolve_datum(fields["point_datum"] or None, state.settings)
    accuracy = parse_decimal(fields["accuracy_m"], "accuracy_m") if fields["accuracy_m"] else None
    locator = state.snapshots.current.locator
    explained = locator.explain(point, datum, accuracy_m=accuracy)
    place = explained.membership
    possible_duplicates, case = None, None
    if category in rules.categories:
        possible_duplicates = duplicates.find_duplicates(
            state.store, rules, actor, point, datum, category, now, description=fields["description"]
        )
        layer = place.responsible.layer if place.responsible else None
        case = RoutingCase.at(
            now, category, find_desk_source(rules, fields["source"]), layer, place.street.code if place.street else None
        )
    where = desk_report.ReportLocation(
        explained, _list_people(state, actor, place), possible_duplicates, _is_within_bounds(actor, place, locator)
    )
    how = desk_report.urgency_choices(rules, actor, lang, now, case, fields)
    return desk_report.where_part(where, rules, locator.owners, lang) + desk_report.urgency_part(how, rules, lang)


def _list_people(state: AppState, actor: Actor, place: Membership) -> list[str]:
    """Return a line of text for each responsible person, masked unless the actor may see people."""
    snapshot = state.snapshots.current
    placement = assign_points(np.array([place.wgs84.lon]), np.array([place.wgs84.lat]), snapshot.locator)[0]
    near = find_responsible_areas(placement, snapshot.themes, state.rules.triage)
    names = {(layer, code): name for layer, code, name in near.themes}
    # Bounds contain no codes of thematic features, so the responsible grid decides.
    within = placement.responsible_code or ""
    tree, profile = snapshot.tree, state.rules.profile
    posts_by_area = list_people_of_areas(state.store, profile, [*near.grids, *names], local_today())
    lines = []
    for (layer, code), posts in posts_by_area.items():
        unmasked = may_see_people(actor, tree.lineage(within if (layer, code) in names else code))
        for holder in group_by_holder(posts):
            held = [post if unmasked else mask_post(post, profile) for post in holder.posts]
            organisation = "" if profile.is_organisation(held[0].duty) else held[0].organisation
            phone = next((post.phone for post in held if post.phone), "")
            titles = dict.fromkeys(post.title for post in held)
            lines.append(
                " · ".join(filter(None, (names.get((layer, code)), *titles, held[0].name, organisation, phone)))
            )
    return lines


def _is_within_bounds(actor: Actor, place: Membership, locator: Locator) -> bool:
    owners = (locator.owners[grid.code] for grid in (place.base, place.dedicated) if grid)
    return area_within_bounds(actor.bounds, chain.from_iterable(owner.lineage for owner in owners))


def find_desk_source(rules: RuleSet, text: str) -> str:
    """Return the code of the source in a form, or the default of the desk.

    Raises
    ------
    InputError
        If the source is unknown, or missing without a default.
    """
    return SourceCodes.of(rules.profile, SourceUse.DESK).find(text)


def parse_integer(text: str, field: str) -> int:
    """Return an integer from a form.

    Raises
    ------
    InputError
        If the text is not a non-negative integer.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - 64-bit ids
        raise InputError("The value is not a number.", code="number_wanted", field=field)
    return int(text)


def parse_decimal(text: str, field: str) -> float:
    """Return a number from a form.

    Raises
    ------
    InputError
        If the text is not a number.
    """
    try:
        return float(text[:40])
    except ValueError:
        raise InputError("The value is not a number.", code="number_wanted", field=field) from None


def queue_parameters(queue_filter: QueueQuery) -> dict[str, str]:
    """Return the active filters of a queue, by the names of their query parameters."""
    parameters = {field.parameter: getattr(queue_filter, name) for name, field in declared_fields(QueueQuery).items()}
    return {parameter: str(value) for parameter, value in parameters.items() if value is not None}
