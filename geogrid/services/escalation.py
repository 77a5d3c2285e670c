"""What the clock does by itself: raise to the next level what a level has not handled, and issue cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM
from geogrid.services.cards import issue_due_cards
from geogrid.services.incident_steps import step_within
from geogrid.store.bookkeeping import end_shift, take_shift
from geogrid.store.incidents import escalating, get_incident

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.store.database import Store

_NOTE: Final = "超过本级办理时限的规定比例，自动升级。 The level has had its share of the limit."
_SHIFT: Final = "tick"
#: A worker that dies in the middle of its shift holds the others up for so long.
_LONGEST: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one round has done.

    Attributes
    ----------
    escalated
        The numbers of the incidents that were raised.
    cards
        How many cards were issued.
    """

    escalated: list[int]
    cards: int


def escalate_due(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> list[int]:
    """Raise each incident whose level has had its share of the limit, and return their numbers.

    Each is a transaction of its own, so nobody waits for long. An incident on which somebody has taken a step
    meanwhile, or which another worker has raised, is left as it is.
    """
    moment = now or datetime.now(UTC)
    with store.read() as connection:
        due = escalating(connection, moment)
    return [number for number in due if _escalate(store, locator, rules, number, moment)]


def tick(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> Ticked | None:
    """Do what the clock does, once; return None where another worker is at it.

    It can be done at any time and as often as one likes: what is done is not done again.
    """
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        if not take_shift(connection, _SHIFT, moment, moment + _LONGEST):
            return None
    try:
        escalated = escalate_due(store, locator, rules, now=moment)
        return Ticked(escalated, len(issue_due_cards(store, locator, rules, now=moment)))
    finally:
        with store.write() as connection:
            end_shift(connection, _SHIFT)


def _escalate(store: Store, locator: Locator, rules: RuleSet, number: int, now: datetime) -> bool:
    with store.write() as connection:
        progress = get_incident(connection, number).progress
        if progress.escalate_at is None or progress.escalate_at > now:
            return False
        wish = StepRequest(
            "escalate", note=_NOTE, details={"rule": "escalate_after", "was_due": str(progress.escalate_at)}
        )
        try:
            step_within(connection, locator, rules, SYSTEM, number, wish, version=progress.version, now=now)
        except (ConflictError, ForbiddenError, InputError):
            # A workflow of the house may know no such step, or none here; that is its choice.
            return False
    return True
