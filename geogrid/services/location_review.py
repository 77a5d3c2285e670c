"""Review of uncertain locations: the queue, and the candidate grids of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents.location_assessment import assess_location
from geogrid.permissions import check_incident_bounds
from geogrid.services.pagination import check_limit, cut_timed_page, decode_cursor
from geogrid.services.responsibility import count_people
from geogrid.store.incidents import get_incident
from geogrid.store.queue import count_triage, page_triage

if TYPE_CHECKING:
    from geogrid.incidents.location_assessment import CandidateGrid
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Incident, Triage
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store
    from geogrid.store.queue import ReviewCounts


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidate grids of an incident.

    Attributes
    ----------
    triage
        The reason for the review; None if no review is needed.
    blocks
        Whether the doubt blocks filing and dispatch.
    possible
        The grids, most likely first.
    people
        The number of leaders and workers at the report time, by grid code.
    """

    triage: Triage | None
    blocks: bool
    possible: tuple[CandidateGrid, ...]
    people: dict[str, int]


@dataclass(frozen=True, slots=True)
class ReviewList:
    """A page of the incidents whose location is in doubt, and the number of all of them by effect of the doubt."""

    page: Page[Incident, str]
    counts: ReviewCounts


def list_triage(store: Store, actor: Actor, *, cursor: str | None = None, limit: int = 100) -> ReviewList:
    """Return a page of the incidents within the bounds of the actor whose location is in doubt, oldest first.

    Raises
    ------
    QueryError
        If the cursor or the limit is not valid.
    """
    check_limit(limit)
    after = decode_cursor(cursor) if cursor else None
    with store.read() as connection:
        incidents = page_triage(connection, actor.bounds, after=after, limit=limit + 1)
        counts = count_triage(connection, actor.bounds)
    return ReviewList(cut_timed_page(incidents, limit, lambda incident: incident.report.reported_at), counts)


def list_candidates(store: Store, locator: Locator, rules: RuleSet, actor: Actor, incident_id: int) -> Candidates:
    """Return the active grids that may contain an incident, whether it needs a review or not.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = get_incident(connection, incident_id)
        check_incident_bounds(actor, incident)
        report = incident.report
        review = assess_location(
            report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules.triage
        )
        grids = [candidate.owner.grid for candidate in review.candidates]
        people = count_people(
            connection, ((grid.layer, grid.code) for grid in grids), report.reported_at, rules.profile
        )
    progress = incident.progress
    return Candidates(progress.triage, progress.triage_blocks, review.candidates, people)
