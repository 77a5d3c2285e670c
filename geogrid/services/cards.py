"""Prompt and supervision cards: issue by rule or by order, to called departments too; answer, read, list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents import deadlines
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import local_zone
from geogrid.model import SYSTEM, CardKind
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import take_step_in_transaction
from geogrid.services.pagination import check_limit, cut_page
from geogrid.store import cards as table
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.incidents import get_incident
from geogrid.store.whistles import get_whistle, list_whistles_needing_card

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Card, Incident
    from geogrid.rules.card_rules import CardDuty
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store

MAX_PAGE = 500
_ACTIONS = {CardKind.PROMPT: "prompt", CardKind.SUPERVISION: "supervise"}


def issue_due_cards(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> list[Card]:
    """Issue a card for each incident that is nearly due or overdue and has no card for this due time.

    Each card and its step are one transaction, so several worker processes may run this at once. An incident that
    another user changes in the meantime is checked again in the next run.
    """
    moment = now or datetime.now(UTC)
    issued = []
    for kind in CardKind:
        with store.read() as connection:
            incident_ids = table.list_incidents_needing_card(connection, kind, moment, moment - rules.cards.horizon)
        for incident_id in incident_ids:
            try:
                issued.append(_issue(store, locator, rules, SYSTEM, incident_id, kind, reason="", now=moment))
            except (ConflictError, ForbiddenError, InputError):
                # Another process has issued the card, or the configured workflow has no automatic cards.
                continue
    return issued


def issue_whistle_cards(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> list[Card]:
    """Issue a supervision card to each department that has not reported in to a whistle in time, once a whistle.

    Each card and its step are one transaction, as in `issue_due_cards`.
    """
    moment = now or datetime.now(UTC)
    with store.read() as connection:
        whistle_ids = list_whistles_needing_card(connection, moment, moment - rules.cards.horizon)
    issued = []
    for whistle_id in whistle_ids:
        try:
            issued.append(_issue_for_whistle(store, locator, rules, whistle_id, moment))
        except (ConflictError, ForbiddenError, InputError):
            # As in `issue_due_cards`.
            continue
    return issued


def order_card(store: Store, locator: Locator, rules: RuleSet, actor: Actor, incident_id: int, *, reason: str) -> Card:
    """Issue a supervision card by order of a leader.

    Raises
    ------
    ConflictError, ForbiddenError, InputError
        See `geogrid.services.incident_steps.take_step`.
    """
    if not reason.strip():
        raise InputError("An order needs a reason.", code="note_missing", field="reason")
    return _issue(store, locator, rules, actor, incident_id, CardKind.SUPERVISION, reason=reason, now=datetime.now(UTC))


def answer_card(store: Store, locator: Locator, rules: RuleSet, actor: Actor, card_id: int, *, answer: str) -> Card:
    """Answer a card once; the answer is also a step of the incident.

    Raises
    ------
    ConflictError
        If the card already has an answer.
    ForbiddenError, InputError
        See `geogrid.services.incident_steps.take_step`. Also if the card is about a whistle to a different department.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        card = table.get_card(connection, card_id)
        if not is_addressee(card, actor, rules):
            raise ForbiddenError("The card is addressed to a different department.", code="out_of_bounds")
        details = {"card": rules.cards.number(card.kind, card.year, card.serial)}
        wish = StepRequest("answer", note=answer, details=details)
        take_step_in_transaction(connection, locator, rules, actor, card.incident, wish, now=now)
        table.answer_card(connection, card_id, answer=answer, by=actor.name, at=now)
        return table.get_card(connection, card_id)


def is_addressee(card: Card, actor: Actor, rules: RuleSet) -> bool:
    """Return whether an actor may answer a card; a card about a whistle only for the called department."""
    reporting = rules.workflow.transitions.get("report_in")
    if card.whistle is None or reporting is None:
        return True
    departments = actor.bounds.departments
    return bool(actor.roles & reporting.roles) and (not departments or card.department in departments)


def read_card(store: Store, actor: Actor, card_id: int) -> tuple[Card, Incident]:
    """Return a card and its incident.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the card does not exist or its incident lies outside the bounds of the actor.
    """
    with store.read() as connection:
        card = table.get_card(connection, card_id)
        incident = get_incident(connection, card.incident)
    check_incident_bounds(actor, incident)
    return card, incident


def list_cards(
    store: Store,
    actor: Actor,
    *,
    kind: CardKind | None = None,
    answered: bool | None = None,
    incident: int | None = None,
    department: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Page[Card, int]:
    """Return a page of the cards within the bounds of the actor, newest first.

    Raises
    ------
    QueryError
        If the limit is not within 1..`MAX_PAGE`.
    """
    check_limit(limit, MAX_PAGE)
    conditions = table.card_conditions(kind=kind, answered=answered, incident=incident, department=department)
    with store.read() as connection:
        conditions += bounds_conditions(actor.bounds)
        cards = table.list_cards(connection, conditions, after=after, limit=limit + 1)
    return cut_page(cards, limit)


def _issue(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident_id: int,
    kind: CardKind,
    *,
    reason: str,
    now: datetime,
) -> Card:
    with store.write() as connection:
        year = now.astimezone(local_zone()).year
        serial = table.next_serial(connection, kind, year)
        wish = StepRequest(_ACTIONS[kind], note=reason, details={"card": rules.cards.number(kind, year, serial)})
        incident = take_step_in_transaction(connection, locator, rules, actor, incident_id, wish, now=now)
        if actor is SYSTEM:
            _check_not_issued(connection, kind, incident)
        return _add_card(
            connection,
            rules,
            rules.cards.kinds[kind],
            kind=kind,
            year=year,
            serial=serial,
            incident=incident_id,
            due_at=incident.progress.current_due_at,
            department=incident.progress.department,
            level=incident.progress.level,
            issued_at=now,
            issued_by=actor.name,
            reason=reason,
        )


def _issue_for_whistle(store: Store, locator: Locator, rules: RuleSet, whistle_id: int, now: datetime) -> Card:
    with store.write() as connection:
        whistle = get_whistle(connection, whistle_id)
        kind, year = CardKind.SUPERVISION, now.astimezone(local_zone()).year
        serial = table.next_serial(connection, kind, year)
        details = {"card": rules.cards.number(kind, year, serial), "whistle": whistle_id}
        wish = StepRequest(_ACTIONS[kind], details=details | {"department": whistle.department})
        incident = take_step_in_transaction(connection, locator, rules, SYSTEM, whistle.incident, wish, now=now)
        # Another user or worker process may have answered the whistle or issued the card since the list was read.
        if whistle_id not in list_whistles_needing_card(connection, now, whistle.due_at):
            raise ConflictError("The department has reported in, or has a card for this whistle.", code="card_known")
        return _add_card(
            connection,
            rules,
            rules.cards.whistle,
            kind=kind,
            year=year,
            serial=serial,
            incident=incident.id,
            due_at=whistle.due_at,
            department=whistle.department,
            level=incident.progress.level,
            issued_at=now,
            issued_by=SYSTEM.name,
            reason="",
            whistle=whistle_id,
        )


def _add_card(connection: Connection, rules: RuleSet, duty: CardDuty, *, issued_at: datetime, **values: object) -> Card:
    answer_due = deadlines.compute_deadline(issued_at, duty.answer.limit(), rules.due_times.calendar)
    return table.add_card(connection, issued_at=issued_at, answer_due_at=answer_due.at, **values)


def _check_not_issued(connection: Connection, kind: CardKind, incident: Incident) -> None:
    """Raise if another worker process has issued a card for this due time."""
    conditions = table.card_conditions(kind=kind, answered=None, incident=incident.id, department=None)
    issued = table.list_cards(connection, conditions, after=None, limit=MAX_PAGE)
    if any(card.whistle is None and card.due_at == incident.progress.current_due_at for card in issued):
        raise ConflictError("A card for this due time exists already.", code="card_known")
