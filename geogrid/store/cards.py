"""Cards: issued with the next number, answered once, listed."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, insert, select, update

from geogrid.errors import ConflictError, NotFoundError
from geogrid.model import Card, CardKind, IncidentStatus, Level
from geogrid.store.tables import cards, incidents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

_NAMES = [field.name for field in fields(Card)]
_HANDLED_NEXT = (IncidentStatus.DISPATCHED, IncidentStatus.HANDLING)


def next_serial(connection: Connection, kind: CardKind, year: int) -> int:
    """Return the number that the next card of a kind and year gets."""
    query = select(func.coalesce(func.max(cards.c.serial), 0) + 1).where(cards.c.kind == kind, cards.c.year == year)
    return int(connection.execute(query).scalar_one())


def add_card(connection: Connection, **values: Any) -> Card:  # noqa: ANN401 - the fields of `Card`
    """Keep a new card."""
    return _from_row(connection.execute(insert(cards).values(values).returning(cards)).one())


def get_card(connection: Connection, number: int) -> Card:
    """Return a card.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    row = connection.execute(select(cards).where(cards.c.id == number)).first()
    if row is None:
        raise NotFoundError("There is no card of this number.", code="card_unknown", field="id")
    return _from_row(row)


def answer_card(connection: Connection, number: int, *, answer: str, by: str, at: datetime) -> None:
    """Write the answer of a card.

    Raises
    ------
    ConflictError
        If it has been answered.
    """
    query = update(cards).where(cards.c.id == number, cards.c.answered_at.is_(None))
    if connection.execute(query.values(answer=answer, answered_by=by, answered_at=at)).rowcount != 1:
        raise ConflictError("The card has been answered.", code="card_answered", field="id")


def list_cards(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, after: int | None, limit: int
) -> list[Card]:
    """Return at most `limit` cards, the newest first, from just after a number; conditions are of both tables."""
    query = select(cards).join(incidents, incidents.c.id == cards.c.incident).where(*conditions)
    if after is not None:
        query = query.where(cards.c.id < after)
    return [_from_row(row) for row in connection.execute(query.order_by(cards.c.id.desc()).limit(limit))]


def card_conditions(
    *, kind: CardKind | None, answered: bool | None, incident: int | None, department: str | None
) -> list[ColumnElement[bool]]:
    """Return what a list of cards may be asked for."""
    found: list[ColumnElement[bool]] = []
    if kind is not None:
        found.append(cards.c.kind == kind)
    if answered is not None:
        found.append(cards.c.answered_at.is_not(None) if answered else cards.c.answered_at.is_(None))
    if incident is not None:
        found.append(cards.c.incident == incident)
    if department is not None:
        found.append(cards.c.department == department)
    return found


def list_incidents_needing_card(connection: Connection, kind: CardKind, now: datetime, since: datetime) -> list[int]:
    """Return the incidents that a card of a kind is to go out for: nearly due or overdue, and told of neither.

    Parameters
    ----------
    connection
        A transaction.
    kind
        A prompt card goes out from `warn_at` to `due_at`, a supervision card after it.
    now
        The present moment.
    since
        What fell due before is left out.
    """
    told = exists().where(
        and_(cards.c.incident == incidents.c.id, cards.c.kind == kind, cards.c.due_at == incidents.c.due_at)
    )
    query = select(incidents.c.id).where(
        incidents.c.status.in_(_HANDLED_NEXT), incidents.c.stage_due_at >= since, incidents.c.due_at >= since, ~told
    )
    if kind is CardKind.PROMPT:
        query = query.where(incidents.c.warn_at <= now, incidents.c.due_at >= now)
    else:
        query = query.where(incidents.c.stage_due_at < now, incidents.c.due_at < now)
    return list(connection.execute(query.order_by(incidents.c.due_at)).scalars())


def _from_row(row: Row[Any]) -> Card:
    values = {name: getattr(row, name) for name in _NAMES}
    return Card(**values | {"kind": CardKind(row.kind), "level": Level(row.level)})
