"""Periodic work: escalate incidents to the next level, and issue cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM
from geogrid.services.cards import issue_due_cards, issue_whistle_cards
from geogrid.services.incident_steps import take_step_in_transaction
from geogrid.store.bookkeeping import end_shift, take_shift
from geogrid.store.incidents import get_incident, list_due_escalations

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.store.database import Store

_NOTE: Final = (
    "超过本级办理时限的规定比例，自动升级。 Escalated automatically: the share of the limit of this level has passed."
)
_JOB: Final = "tick"
#: The lease expires after this time, in case its worker process has died.
_LEASE_TIME: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class DueWork:
    """The result of one run.

    Attributes
    ----------
    escalated
        The ids of the escalated incidents.
    cards
        The number of issued cards.
    """

    escalated: list[int]
    cards: int


def escalate_due(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> list[int]:
    """Escalate each incident whose level has used its share of the limit, and return the ids.

    Each escalation is one transaction. Incidents that another user or worker process has changed in the meantime are
    skipped.
    """
    moment = now or datetime.now(UTC)
    with store.read() as connection:
        incident_ids = list_due_escalations(connection, moment)
    return [incident_id for incident_id in incident_ids if _escalate(store, locator, rules, incident_id, moment)]


def run_due_work(store: Store, locator: Locator, rules: RuleSet, *, now: datetime | None = None) -> DueWork | None:
    """Escalate due incidents and issue due cards; return None if another worker process is doing so.

    Repeated runs are safe: no escalation or card is made twice.
    """
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        if not take_shift(connection, _JOB, moment, moment + _LEASE_TIME):
            return None
    try:
        escalated = escalate_due(store, locator, rules, now=moment)
        cards = [issue(store, locator, rules, now=moment) for issue in (issue_due_cards, issue_whistle_cards)]
        return DueWork(escalated, sum(map(len, cards)))
    finally:
        with store.write() as connection:
            end_shift(connection, _JOB)


def _escalate(store: Store, locator: Locator, rules: RuleSet, incident_id: int, now: datetime) -> bool:
    with store.write() as connection:
        progress = get_incident(connection, incident_id).progress
        if progress.escalate_at is None or progress.escalate_at > now:
            return False
        wish = StepRequest(
            "escalate", note=_NOTE, details={"rule": "escalate_after", "was_due": str(progress.escalate_at)}
        )
        try:
            take_step_in_transaction(
                connection, locator, rules, SYSTEM, incident_id, wish, version=progress.version, now=now
            )
        except (ConflictError, ForbiddenError, InputError):
            # The configured workflow may not allow this step.
            return False
    return True
