"""Use cases around prompt and supervision cards: issued by rule or on order, answered, read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents import deadlines
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import SYSTEM, CardKind
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import step_within
from geogrid.services.pages import IdPage, check_limit, cut_page
from geogrid.store import cards as table
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.incidents import get_incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Card, Incident
    from geogrid.store.database import Store

MAX_PAGE = 500
_ACTIONS = {CardKind.PROMPT: "prompt", CardKind.SUPERVISION: "supervise"}


def issue_due_cards(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> list[Card]:
    """Issue a card for each incident that is nearly due or overdue and has had none for this due time.

    Each card is a transaction of its own, with its step on the incident's timeline; where somebody else has taken a
    step meanwhile, the next round looks again. So several workers may do this at once.
    """
    moment = now or datetime.now(UTC)
    issued = []
    for kind in CardKind:
        with store.read() as connection:
            waiting = table.waiting_for(connection, kind, moment, moment - rules.cards.horizon)
        for number in waiting:
            try:
                issued.append(_issue(store, locator, rules, SYSTEM, number, kind, reason="", now=moment))
            except (ConflictError, ForbiddenError, InputError):
                # Somebody else was first; or a workflow of the house issues no such cards by itself.
                continue
    return issued


def order_card(store: Store, locator: Locator, rules: RuleSet, actor: Actor, number: int, *, reason: str) -> Card:
    """Issue a supervision card that a leader orders.

    Raises
    ------
    ConflictError, ForbiddenError, InputError
        As `geogrid.services.incident_steps.take_step`.
    """
    if not reason.strip():
        raise InputError("An order needs its reason.", code="note_missing", field="reason")
    return _issue(store, locator, rules, actor, number, CardKind.SUPERVISION, reason=reason, now=datetime.now(UTC))


def answer_card(store: Store, locator: Locator, rules: RuleSet, actor: Actor, number: int, *, answer: str) -> Card:
    """Answer a card, once; the answer is a step on the incident's timeline as well.

    Raises
    ------
    ConflictError
        If it has been answered.
    ForbiddenError, InputError
        As `geogrid.services.incident_steps.take_step`.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        card = table.get_card(connection, number)
        details = {"card": rules.cards.number(card.kind, card.year, card.serial)}
        wish = StepRequest("answer", note=answer, details=details)
        step_within(connection, locator, rules, actor, card.incident, wish, now=now)
        table.answer_card(connection, number, answer=answer, by=actor.name, at=now)
        return table.get_card(connection, number)


def read_card(store: Store, actor: Actor, number: int) -> tuple[Card, Incident]:
    """Return a card and its incident.

    Raises
    ------
    NotFoundError, ForbiddenError
        If there is no such card within the actor's bounds.
    """
    with store.read() as connection:
        card = table.get_card(connection, number)
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
) -> IdPage[Card]:
    """Return a page of the cards within an actor's bounds, the newest first.

    Raises
    ------
    QueryError
        If the limit makes no sense.
    """
    check_limit(limit, MAX_PAGE)
    conditions = table.card_conditions(kind=kind, answered=answered, incident=incident, department=department)
    with store.read() as connection:
        conditions += bounds_conditions(actor.bounds)
        found = table.list_cards(connection, conditions, after=after, limit=limit + 1)
    return cut_page(found, limit)


def _issue(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    number: int,
    kind: CardKind,
    *,
    reason: str,
    now: datetime,
) -> Card:
    with store.write() as connection:
        year = now.astimezone(LOCAL_ZONE).year
        serial = table.next_serial(connection, kind, year)
        wish = StepRequest(_ACTIONS[kind], note=reason, details={"card": rules.cards.number(kind, year, serial)})
        incident = step_within(connection, locator, rules, actor, number, wish, now=now)
        if actor is SYSTEM:
            _check_untold(connection, kind, incident)
        answer_due = deadlines.compute_deadline(now, rules.cards.kinds[kind].answer.limit(), rules.due_times.calendar)
        return table.add_card(
            connection,
            kind=kind,
            year=year,
            serial=serial,
            incident=number,
            due_at=incident.progress.due_at,
            department=incident.progress.department,
            level=incident.progress.level,
            issued_at=now,
            issued_by=actor.name,
            reason=reason,
            answer_due_at=answer_due.at,
        )


def _check_untold(connection: Connection, kind: CardKind, incident: Incident) -> None:
    """Refuse a second card by rule for the same due time: another worker has just issued it."""
    conditions = table.card_conditions(kind=kind, answered=None, incident=incident.id, department=None)
    known = table.list_cards(connection, conditions, after=None, limit=MAX_PAGE)
    if any(card.due_at == incident.progress.due_at for card in known):
        raise ConflictError("A card for this due time has been issued.", code="card_known")
