"""Use cases around whistles (街道吹哨、部门报到): a street calls, departments report in, the street rates them.

Each is a step on the incident's own timeline as well, in the same transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.transitions import StepRequest
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import step_within
from geogrid.services.pages import IdPage, check_limit, cut_page
from geogrid.store import whistles as table
from geogrid.store.incidents import get_incident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Whistle
    from geogrid.store.database import Store

MAX_PAGE: Final = 500
MAX_DEPARTMENTS: Final = 20
_RATINGS: Final = range(1, 6)


def blow(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    number: int,
    departments: Sequence[str],
    *,
    note: str,
    version: int | None = None,
    now: datetime | None = None,
) -> list[Whistle]:
    """Call departments to an incident, and return a whistle for each.

    Raises
    ------
    InputError
        If no department is named, or one twice, or one that is not known; and without a note.
    ConflictError
        If the incident does not stand where a whistle can be blown.
    ForbiddenError
        If this is not for the actor's role, or the incident lies outside of its bounds.
    """
    if not 0 < len(departments) <= MAX_DEPARTMENTS or len(set(departments)) < len(departments):
        raise InputError(
            f"Name 1 to {MAX_DEPARTMENTS} departments, each once.", code="departments", field="departments"
        )
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        turn = table.next_round(connection, number)
        wish = StepRequest(
            "whistle", note=note, calls=tuple(departments), details={"round": turn, "to": list(departments)}
        )
        step_within(connection, locator, rules, actor, number, wish, version=version, now=moment)
        table.add_whistles(
            connection,
            departments,
            incident=number,
            round=turn,
            note=note,
            blown_at=moment,
            blown_by=actor.name,
            due_at=rules.due_times.report_in_due(moment),
        )
        found = table.list_whistles(connection, table.of_incident(number), after=None, limit=len(departments))
    return found[::-1]


def report_in(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    number: int,
    *,
    answer: str,
    joined: bool,
    now: datetime | None = None,
) -> Whistle:
    """Report in to a whistle, once, on behalf of the department that it calls.

    Raises
    ------
    ForbiddenError
        If the actor is not bounded to that department.
    ConflictError
        If it has reported in.
    """
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        whistle = table.get_whistle(connection, number)
        if actor.bounds.departments and whistle.department not in actor.bounds.departments:
            raise ForbiddenError("The whistle calls another department.", code="out_of_bounds")
        if whistle.reported_in_at is not None:
            raise ConflictError("The department has reported in.", code="reported_in")
        late = moment > whistle.due_at
        wish = StepRequest("report_in", note=answer, details=_details(whistle) | {"joined": joined, "late": late})
        step_within(connection, locator, rules, actor, whistle.incident, wish, now=moment)
        table.change_whistle(
            connection, number, reported_in_at=moment, reported_in_by=actor.name, answer=answer, joined=joined
        )
        return table.get_whistle(connection, number)


def rate(
    store: Store, locator: Locator, rules: RuleSet, actor: Actor, number: int, *, rating: int, note: str
) -> Whistle:
    """Rate, once and on behalf of the street, a department that has reported in.

    Raises
    ------
    InputError
        If the rating is not in 1..5.
    ConflictError
        If the department has not reported in, or is rated.
    """
    if rating not in _RATINGS:
        raise InputError("A rating is 1 to 5.", code="rating", field="rating")
    moment = datetime.now(UTC)
    with store.write() as connection:
        whistle = table.get_whistle(connection, number)
        if whistle.reported_in_at is None:
            raise ConflictError("The department has not reported in.", code="not_reported_in")
        if whistle.rated_at is not None:
            raise ConflictError("The department has been rated for this whistle.", code="rated")
        wish = StepRequest("rate", note=note, details=_details(whistle) | {"rating": rating})
        step_within(connection, locator, rules, actor, whistle.incident, wish, now=moment)
        table.change_whistle(connection, number, rated_at=moment, rated_by=actor.name, rating=rating, rating_note=note)
        return table.get_whistle(connection, number)


def list_whistles(
    store: Store,
    actor: Actor,
    *,
    incident: int | None = None,
    mine: bool = False,
    overdue: bool = False,
    after: int | None = None,
    limit: int = 100,
) -> IdPage[Whistle]:
    """Return a page of the whistles within an actor's bounds, the newest first.

    Parameters
    ----------
    store, actor
        Where they are, and who asks.
    incident
        Of this one; None for all.
    mine
        Only those that call the departments that the actor is bounded to; none for who is bounded to none.
    overdue
        Only those that nobody has reported in to in time.
    after, limit
        The `next` of the page before, and at most so many, 1 to `MAX_PAGE`.

    Raises
    ------
    QueryError
        If the limit makes no sense.
    NotFoundError, ForbiddenError
        If there is no such incident, or it lies outside of the actor's bounds.
    """
    check_limit(limit, MAX_PAGE)
    conditions = table.seen_by(actor.bounds) if incident is None else table.of_incident(incident)
    if mine:
        conditions += table.calling(actor.bounds.departments)
    if overdue:
        conditions += table.overdue_at(datetime.now(UTC))
    with store.read() as connection:
        if incident is not None:
            check_incident_bounds(actor, get_incident(connection, incident))
        found = table.list_whistles(connection, conditions, after=after, limit=limit + 1)
    return cut_page(found, limit)


def _details(whistle: Whistle) -> dict[str, object]:
    return {"whistle": whistle.id, "round": whistle.round, "department": whistle.department}
