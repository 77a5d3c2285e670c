"""Incidents: report, read, list; `incident_import` imports files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError
from geogrid.incidents.grid_assignment import assign_reports
from geogrid.incidents.intake import build_new_incident
from geogrid.incidents.location_assessment import assess_location
from geogrid.incidents.validation import check_report
from geogrid.permissions import check_incident_bounds
from geogrid.services.duplicates import query_for_incident, rank_nearby_incidents
from geogrid.services.idempotency import check_repeated, keep_response
from geogrid.services.pagination import check_limit, cut_timed_page, decode_cursor
from geogrid.services.reporting_periods import check_period_open
from geogrid.services.responsibility import find_posts_on_duty, find_responsible_areas
from geogrid.store import incidents as table
from geogrid.store.bookkeeping import closed_until
from geogrid.store.change_feed import add_change
from geogrid.store.incident_conditions import choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.query import IncidentQuery
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.locate.theme_index import ThemeIndex
    from geogrid.model import Actor, Incident, Report
    from geogrid.services.idempotency import IdempotentRequest
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store
    from geogrid.store.incident_conditions import Choice


@dataclass(frozen=True, slots=True)
class Receipt:
    """The incident of a stored report, and its possible duplicates, most likely first."""

    incident: Incident
    duplicates: list[Duplicate]


def report_incident(store: Store, locator: Locator, rules: RuleSet, report: Report, actor: Actor) -> Incident:
    """Store a report with `receive_report`, and return the incident without its possible duplicates."""
    return receive_report(store, locator, rules, report, actor).incident


def receive_report(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    report: Report,
    actor: Actor,
    *,
    themes: Mapping[str, ThemeIndex] | None = None,
    idempotency: IdempotentRequest[Receipt] | None = None,
) -> Receipt:
    """Check a report, assign its grids, store it, and find possible duplicates.

    Parameters
    ----------
    store, locator, rules
        The database, the active layers and the rules.
    report
        The report.
    actor
        The user who submits it.
    themes
        The indexes of the thematic layers with wardens, by name.
    idempotency
        The idempotency key of the request.

    Raises
    ------
    RepeatedRequest
        If the request was processed before.
    InputError
        If the report is not valid.
    ForbiddenError
        If it lies outside the bounds of the actor.
    ConflictError
        If an incident of this source has the same external id.
    """
    now = datetime.now(UTC)
    check_report(report, rules.categories, rules.profile.sources, now)
    placement = assign_reports([report], locator)[0]
    doubts = assess_location(report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules.triage)
    areas = find_responsible_areas(placement, themes or {}, rules.triage)
    with store.write() as connection:
        check_repeated(connection, actor, idempotency)
        check_period_open(report, closed_until(connection))
        posts = find_posts_on_duty(connection, areas, report.reported_at, rules.profile)
        arrival = build_new_incident(report, placement, rules, actor, now, review=doubts, posts=posts)
        check_incident_bounds(actor, arrival)
        check_external_id(connection, report)
        incident_id = table.add_incidents(connection, [arrival])[0]
        receipt = announce_incident(connection, rules, actor, incident_id)
        keep_response(connection, actor, idempotency, receipt)
        return receipt


def check_external_id(connection: Connection, report: Report) -> None:
    """Raise if an incident of the same source has the external id of a report."""
    external = external_key(report)
    if external and table.find_known_external_ids(connection, [external]):
        raise ConflictError(
            "An incident of this source has the same external id.", code="external_id_known", field="external_id"
        )


def announce_incident(connection: Connection, rules: RuleSet, actor: Actor, incident_id: int) -> Receipt:
    """Add a new incident to the change feed, and return it with its possible duplicates."""
    incident = table.get_incident(connection, incident_id)
    add_change(connection, incident_id, incident.progress.version)
    return Receipt(incident, rank_nearby_incidents(connection, rules, actor, query_for_incident(incident)))


def read_incident(store: Store, actor: Actor, incident_id: int) -> Incident:
    """Return an incident.

    Raises
    ------
    NotFoundError, ForbiddenError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, incident_id)
    check_incident_bounds(actor, incident)
    return incident


def list_incidents(
    store: Store, filters: IncidentQuery, *, cursor: str | None = None, limit: int = 100
) -> Page[Incident, str]:
    """Return a page of incidents, newest first.

    Parameters
    ----------
    store
        The database.
    filters
        The incidents.
    cursor
        The `next` of the previous page; None for the first page.
    limit
        The maximum number of incidents, 1 to `geogrid.services.pagination.MAX_PAGE`.

    Raises
    ------
    QueryError
        If the cursor or the limit is not valid.
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        return page_of_choice(connection, choose(connection, filters), cursor=cursor, limit=limit)


def page_of_choice(connection: Connection, choice: Choice, *, cursor: str | None, limit: int) -> Page[Incident, str]:
    """Return a page of the incidents of a choice; see `list_incidents`."""
    check_limit(limit)
    after = decode_cursor(cursor) if cursor else None
    incidents = table.page_incidents(connection, choice, after=after, limit=limit + 1)
    return cut_timed_page(incidents, limit, lambda incident: incident.report.reported_at)


def external_key(report: Report) -> tuple[str, str] | None:
    """Return the source and external id of a report, or None without an external id."""
    return (report.source, report.external_id) if report.external_id else None
