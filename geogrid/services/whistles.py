"""Whistles (街道吹哨、部门报到): a street calls departments, they report in, the street rates them.

Each action is also a step of the incident, in the same transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.transitions import StepRequest
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import take_step_in_transaction
from geogrid.services.pagination import check_limit, cut_page
from geogrid.store import whistles as table
from geogrid.store.incidents import get_incident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Whistle
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store

MAX_PAGE: Final = 500
MAX_DEPARTMENTS: Final = 20
_RATINGS: Final = range(1, 6)


def blow_whistle(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident_id: int,
    departments: Sequence[str],
    *,
    note: str,
    version: int | None = None,
    now: datetime | None = None,
) -> list[Whistle]:
    """Call departments to an incident, and return one whistle per department.

    Raises
    ------
    InputError
        If a department is unknown or repeated, or if the departments or the note are missing.
    ConflictError
        If the status of the incident does not allow a whistle.
    ForbiddenError
        If the role of the actor does not allow it, or if the incident lies outside the bounds of the actor.
    """
    if not 0 < len(departments) <= MAX_DEPARTMENTS or len(set(departments)) < len(departments):
        raise InputError(
            f"A whistle needs 1 to {MAX_DEPARTMENTS} different departments.", code="departments", field="departments"
        )
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        call_number = table.next_round(connection, incident_id)
        wish = StepRequest(
            "whistle", note=note, calls=tuple(departments), details={"round": call_number, "to": list(departments)}
        )
        take_step_in_transaction(connection, locator, rules, actor, incident_id, wish, version=version, now=moment)
        table.add_whistles(
            connection,
            {name: rules.due_times.report_in_due(moment, name) for name in departments},
            incident=incident_id,
            round=call_number,
            note=note,
            blown_at=moment,
            blown_by=actor.name,
        )
        whistles = table.list_whistles(
            connection, table.incident_conditions(incident_id), after=None, limit=len(departments)
        )
    return whistles[::-1]


def report_in(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    whistle_id: int,
    *,
    answer: str,
    joined: bool,
    now: datetime | None = None,
) -> Whistle:
    """Report in to a whistle once, for the called department.

    Raises
    ------
    ForbiddenError
        If the bounds of the actor exclude the department.
    ConflictError
        If the department has reported in already.
    """
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        whistle = table.get_whistle(connection, whistle_id)
        if actor.bounds.departments and whistle.department not in actor.bounds.departments:
            raise ForbiddenError("The whistle calls a different department.", code="out_of_bounds")
        if whistle.reported_in_at is not None:
            raise ConflictError("The department has reported in already.", code="reported_in")
        late = moment > whistle.due_at
        wish = StepRequest("report_in", note=answer, details=_step_details(whistle) | {"joined": joined, "late": late})
        take_step_in_transaction(connection, locator, rules, actor, whistle.incident, wish, now=moment)
        table.update_whistle(
            connection, whistle_id, reported_in_at=moment, reported_in_by=actor.name, answer=answer, joined=joined
        )
        return table.get_whistle(connection, whistle_id)


def rate_department(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    whistle_id: int,
    *,
    rating: int,
    note: str,
    now: datetime | None = None,
) -> Whistle:
    """Rate a department that has reported in, or has not done so in time, once, for the street.

    Raises
    ------
    InputError
        If the rating is not within 1..5.
    ConflictError
        If the department has not reported in and still has time, or has been rated.
    """
    if rating not in _RATINGS:
        raise InputError("The rating is not within 1..5.", code="rating", field="rating")
    moment = now or datetime.now(UTC)
    with store.write() as connection:
        whistle = table.get_whistle(connection, whistle_id)
        closed_at = get_incident(connection, whistle.incident).progress.closed_at
        if not whistle.is_ratable(min(moment, closed_at or moment)):
            raise ConflictError(
                "The department has not reported in, but still had time to.",
                code="not_reported_in",
                remedy="Rate it after it has reported in, or after the time limit of the whistle.",
            )
        if whistle.rated_at is not None:
            raise ConflictError("The department has been rated already for this whistle.", code="rated")
        details = _step_details(whistle) | {"rating": rating, "reported_in": whistle.reported_in_at is not None}
        wish = StepRequest("rate", note=note, details=details)
        take_step_in_transaction(connection, locator, rules, actor, whistle.incident, wish, now=moment)
        table.update_whistle(
            connection, whistle_id, rated_at=moment, rated_by=actor.name, rating=rating, rating_note=note
        )
        return table.get_whistle(connection, whistle_id)


def list_whistles(
    store: Store,
    actor: Actor,
    *,
    incident: int | None = None,
    mine: bool = False,
    overdue: bool = False,
    after: int | None = None,
    limit: int = 100,
) -> Page[Whistle, int]:
    """Return a page of the whistles within the bounds of the actor, newest first.

    Parameters
    ----------
    store, actor
        The database and the user.
    incident
        The id of an incident; None for all incidents.
    mine
        Only whistles that call a department in the bounds of the actor; none for bounds without departments.
    overdue
        Only whistles past their due time without a response.
    after, limit
        The `next` of the previous page, and the maximum number of whistles, 1 to `MAX_PAGE`.

    Raises
    ------
    QueryError
        If the limit is not within 1..`MAX_PAGE`.
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    check_limit(limit, MAX_PAGE)
    conditions = table.visible_conditions(actor.bounds) if incident is None else table.incident_conditions(incident)
    if mine:
        conditions += table.department_conditions(actor.bounds.departments)
    if overdue:
        conditions += table.overdue_conditions(datetime.now(UTC))
    with store.read() as connection:
        if incident is not None:
            check_incident_bounds(actor, get_incident(connection, incident))
        whistles = table.list_whistles(connection, conditions, after=after, limit=limit + 1)
    return cut_page(whistles, limit)


def _step_details(whistle: Whistle) -> dict[str, object]:
    return {"whistle": whistle.id, "round": whistle.round, "department": whistle.department}
