"""Use cases around places that a person has to settle: the queue, and the grids that an incident may belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents.location_review import assess_location
from geogrid.permissions import check_incident_bounds
from geogrid.services.incidents import Page, decode_cursor, encode_cursor
from geogrid.services.pages import check_limit
from geogrid.services.responsibility import count_people
from geogrid.store.incidents import get_incident
from geogrid.store.queue import page_triage

if TYPE_CHECKING:
    from geogrid.incidents.location_review import CandidateGrid, TriageRules
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Triage
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Candidates:
    """The grids that an incident may belong to.

    Attributes
    ----------
    triage
        Why a person has to look, as it stands; None where that is settled.
    possible
        The likeliest first.
    people
        How many leaders and workers each grid had when it was reported, by the grid's code.
    """

    triage: Triage | None
    possible: tuple[CandidateGrid, ...]
    people: dict[str, int]


def list_triage(store: Store, actor: Actor, *, cursor: str | None = None, limit: int = 100) -> Page:
    """Return a page of the incidents within an actor's bounds whose place is not settled, the oldest first.

    Raises
    ------
    QueryError
        If the cursor or the limit makes no sense.
    """
    check_limit(limit)
    after = decode_cursor(cursor) if cursor else None
    with store.read() as connection:
        found = page_triage(connection, actor.bounds, after=after, limit=limit + 1)
    items = found[:limit]
    return Page(items, encode_cursor(items[-1].report.reported_at, items[-1].id) if len(found) > limit else None)


def list_candidates(store: Store, locator: Locator, rules: TriageRules, actor: Actor, number: int) -> Candidates:
    """Return the grids in force that an incident may belong to, whether it waits for triage or not.

    Raises
    ------
    NotFoundError, ForbiddenError
        If there is no incident of that number, or it lies outside of the actor's bounds.
    """
    with store.read() as connection:
        incident = get_incident(connection, number)
        check_incident_bounds(actor, incident)
        report = incident.report
        found = assess_location(report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules)
        grids = [one.owner.grid for one in found.candidates]
        people = count_people(connection, ((grid.layer, grid.code) for grid in grids), report.reported_at)
    return Candidates(incident.progress.triage, found.candidates, people)
