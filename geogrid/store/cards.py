"""Queries on prompt and supervision cards."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, select, update

from geogrid.errors import ConflictError, NotFoundError
from geogrid.model import Card, CardKind, IncidentStatus
from geogrid.store.tables import cards, incidents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

_NAMES = [field.name for field in fields(Card)]
_HANDLED_NEXT = (IncidentStatus.DISPATCHED, IncidentStatus.HANDLING)


def next_serial(connection: Connection, kind: CardKind, year: int) -> int:
    """Return the next serial number of prompt cards, or of supervision cards, in a year, from 1."""
    query = select(func.coalesce(func.max(cards.c.serial), 0) + 1).where(cards.c.kind == kind, cards.c.year == year)
    return int(connection.execute(query).scalar_one())


def add_card(connection: Connection, **values: Any) -> Card:  # noqa: ANN401 - the fields of `Card`
    """Insert a card and return it."""
    return _from_row(connection.execute(insert(cards).values(values).returning(cards)).one())


def get_card(connection: Connection, card_id: int) -> Card:
    """Return a card.

    Raises
    ------
    NotFoundError
        If no card has this id.
    """
    row = connection.execute(select(cards).where(cards.c.id == card_id)).first()
    if row is None:
        raise NotFoundError("No card has this id.", code="card_unknown", field="id")
    return _from_row(row)


def answer_card(connection: Connection, card_id: int, *, answer: str, by: str, at: datetime) -> None:
    """Store the answer to a card.

    Raises
    ------
    ConflictError
        If the card already has an answer.
    """
    query = update(cards).where(cards.c.id == card_id, cards.c.answered_at.is_(None))
    if connection.execute(query.values(answer=answer, answered_by=by, answered_at=at)).rowcount != 1:
        raise ConflictError("The card already has an answer.", code="card_answered", field="id")


def list_cards(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, after: int | None, limit: int
) -> list[Card]:
    """Return at most `limit` cards with an id below `after`, newest first.

    The conditions may use the columns of `cards` and `incidents`.
    """
    query = select(cards).join(incidents, incidents.c.id == cards.c.incident).where(*conditions)
    if after is not None:
        query = query.where(cards.c.id < after)
    return [_from_row(row) for row in connection.execute(query.order_by(cards.c.id.desc()).limit(limit))]


def card_conditions(
    *, kind: CardKind | None, answered: bool | None, incident: int | None, department: str | None
) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a card list; ``None`` disables a filter."""
    conditions: list[ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(cards.c.kind == kind)
    if answered is not None:
        conditions.append(cards.c.answered_at.is_not(None) if answered else cards.c.answered_at.is_(None))
    if incident is not None:
        conditions.append(cards.c.incident == incident)
    if department is not None:
        conditions.append(cards.c.department == department)
    return conditions


def list_incidents_needing_card(connection: Connection, kind: CardKind, now: datetime, since: datetime) -> list[int]:
    """Return the ids of the incidents that need a card: nearly due or overdue, without a card for this due time.

    Parameters
    ----------
    connection
        A database transaction.
    kind
        A prompt card is due between `warn_at` and `due_at`, a supervision card after `due_at`.
    now
        The current time.
    since
        Incidents due before this time are ignored.
    """
    due_at = func.coalesce(incidents.c.reopened_due_at, incidents.c.due_at)
    has_card = exists().where(
        and_(
            cards.c.incident == incidents.c.id,
            cards.c.kind == kind,
            cards.c.whistle.is_(None),
            cards.c.due_at == due_at,
        )
    )
    query = select(incidents.c.id).where(
        incidents.c.status.in_(_HANDLED_NEXT), incidents.c.stage_due_at >= since, due_at >= since, ~has_card
    )
    if kind is CardKind.PROMPT:
        query = query.where(incidents.c.warn_at <= now, due_at >= now)
    else:
        query = query.where(incidents.c.stage_due_at < now, due_at < now)
    return list(connection.execute(query.order_by(due_at)).scalars())


def _from_row(row: Row[Any]) -> Card:
    values = {name: getattr(row, name) for name in _NAMES}
    return Card(**values | {"kind": CardKind(row.kind)})
