"""Use cases around incidents: report, read, list, import."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from geogrid.constants import MAX_ID
from geogrid.errors import ConflictError, InputError, QueryError
from geogrid.incidents.files import parse_row
from geogrid.incidents.grid_assignment import assign_reports
from geogrid.incidents.imported_history import build_imported_incidents
from geogrid.incidents.intake import build_new_incident
from geogrid.incidents.location_review import assess_location
from geogrid.incidents.validation import check_history, check_report
from geogrid.locate.datum_check import DatumSuspicion, suspect_datum
from geogrid.permissions import check_incident_bounds, incident_within_bounds
from geogrid.services.duplicates import seek, sought_of
from geogrid.services.idempotency import begin_once, end_once
from geogrid.services.pages import check_limit
from geogrid.services.reporting_periods import check_open
from geogrid.services.responsibility import places_near, posts_on_duty
from geogrid.store import incidents as table
from geogrid.store.bookkeeping import closed_until
from geogrid.store.change_feed import add_change, add_import
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import Keyset
from geogrid.tabular.table_rows import Refusal, TableRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geogrid.incidents.duplicates import Duplicate
    from geogrid.incidents.query import IncidentQuery
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.locate.theme_index import ThemeIndex
    from geogrid.model import Actor, Incident, Report
    from geogrid.services.idempotency import Once
    from geogrid.store.database import Store
    from geogrid.store.incident_conditions import Choice

#: The largest number that an incident can have: what a database's integer holds.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and the cursor of the next part, or None at the end."""

    items: list[Incident]
    next: str | None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file.

    Attributes
    ----------
    rows
        How many rows it has.
    accepted
        How many can be kept.
    refused
        The others, each with its reason.
    outside
        How many of the accepted lie outside the district; they are kept, with no grid.
    suspicions
        The datums of rows whose claimed grids speak for another one, with the figures.
    committed
        Whether the accepted have been stored.
    """

    rows: int
    accepted: int
    refused: list[Refusal]
    outside: int
    suspicions: list[DatumSuspicion]
    committed: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A report that was kept, and the incidents that it may be a duplicate of, the likeliest first."""

    incident: Incident
    duplicates: list[Duplicate]


def report_incident(store: Store, locator: Locator, rules: RuleSet, report: Report, actor: Actor) -> Incident:
    """Keep a report as `receive_report` does, and return the incident alone."""
    return receive_report(store, locator, rules, report, actor).incident


def receive_report(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    report: Report,
    actor: Actor,
    *,
    themes: Mapping[str, ThemeIndex] | None = None,
    once: Once[Receipt] | None = None,
) -> Receipt:
    """Check a report, give it its grids, keep it, and look for what it may be a duplicate of.

    Parameters
    ----------
    store, locator, rules
        The house.
    report
        What came in.
    actor
        Who reports it to the service.
    themes
        The lines and areas that have wardens.
    once
        What tells that the request has come before.

    Raises
    ------
    RepeatedRequest
        If it has.
    InputError
        If it cannot be kept.
    ForbiddenError
        If it lies outside of the actor's bounds.
    ConflictError
        If its source has reported this external id before.
    """
    now = datetime.now(UTC)
    check_report(report, rules.categories, now)
    placement = assign_reports([report], locator)[0]
    looked = assess_location(report.point, report.datum, report.accuracy_m, report.claimed_grid, locator, rules.triage)
    near = places_near(placement, themes or {}, rules.triage)
    with store.write() as connection:
        begin_once(connection, actor, once)
        check_open(report, closed_until(connection))
        posts = posts_on_duty(connection, near, report.reported_at)
        arrival = build_new_incident(report, placement, rules, actor, now, review=looked, posts=posts)
        check_incident_bounds(actor, arrival)
        key = _external_key(report)
        if key and table.known_external_ids(connection, [key]):
            raise ConflictError(
                "This source has reported this external id before.", code="external_id_known", field="external_id"
            )
        number = table.add_incidents(connection, [arrival])[0]
        incident = table.get_incident(connection, number)
        add_change(connection, number, incident.progress.version)
        receipt = Receipt(incident, seek(connection, rules, actor, sought_of(incident)))
        end_once(connection, actor, once, receipt)
        return receipt


def read_incident(store: Store, actor: Actor, number: int) -> Incident:
    """Return one incident.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    ForbiddenError
        If it lies outside of the actor's bounds.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, number)
    check_incident_bounds(actor, incident)
    return incident


def list_incidents(store: Store, chosen: IncidentQuery, *, cursor: str | None = None, limit: int = 100) -> Page:
    """Return a page of incidents, newest first.

    Parameters
    ----------
    store
        Where they are.
    chosen
        Which ones.
    cursor
        The `next` of the page before; None for the first.
    limit
        At most so many, 1 to `MAX_PAGE`.

    Raises
    ------
    QueryError
        If the cursor or the limit makes no sense.
    ConflictError
        If they are to be shown by a generation that has not restated all of them.
    """
    with store.read() as connection:
        return page_of(connection, choose(connection, chosen), cursor=cursor, limit=limit)


def page_of(connection: Connection, choice: Choice, *, cursor: str | None, limit: int) -> Page:
    """Return a page of the incidents of a choice; see `list_incidents`."""
    check_limit(limit)
    after = decode_cursor(cursor) if cursor else None
    found = table.page_incidents(connection, choice, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], encode_cursor(last.report.reported_at, last.id) if last else None)


def import_incidents(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    rows: Iterable[TableRow],
    actor: Actor,
    *,
    datum: str | None,
    commit: bool,
    accept_datum: bool = False,
) -> ImportReport:
    """Take in the rows of a file: all that can be kept in one transaction, the others refused one by one.

    A row that lies outside of the actor's bounds is refused. Where rows claim grids, and these agree much better with
    their points under another datum, nothing is kept.

    Parameters
    ----------
    store, locator, rules
        The house.
    rows
        From `geogrid.incidents.files.read_rows`.
    actor
        Who brings them.
    datum
        The canonical datum of rows that name none.
    commit
        False only reports what would happen.
    accept_datum
        True keeps the rows although their datum is suspected.
    """
    with store.read() as connection:
        closed = closed_until(connection)
    taken, refused = _parse(rows, rules, datum, closed)
    # Before the transaction: other writers wait for it.
    placements = assign_reports([report for _, report in taken], locator)
    suspicions = _suspect([report for _, report in taken], locator)
    commit = commit and (accept_datum or not suspicions)
    arrivals = build_imported_incidents([report for _, report in taken], placements, rules, actor, datetime.now(UTC))
    with store.write() if commit else store.read() as connection:
        known = table.known_external_ids(connection, (key for _, report in taken if (key := _external_key(report))))
        new = [row for row, (_, report) in enumerate(taken) if _external_key(report) not in known]
        fresh = [row for row in new if incident_within_bounds(actor.bounds, arrivals[row])]
        if commit and fresh:
            numbers = table.add_incidents(connection, [arrivals[row] for row in fresh])
            add_import(connection, min(numbers), max(numbers))
    refused += [_twice(number) for number, report in taken if _external_key(report) in known]
    refused += [_out_of_bounds(taken[row][0]) for row in sorted(set(new).difference(fresh))]
    refused.sort(key=lambda refusal: refusal.row)
    outside = sum(placements[row].base_code is None for row in fresh)
    return ImportReport(len(fresh) + len(refused), len(fresh), refused, outside, suspicions, commit)


def _parse(
    rows: Iterable[TableRow], rules: RuleSet, datum: str | None, closed: date | None
) -> tuple[list[tuple[int, Report]], list[Refusal]]:
    """Turn rows into reports with their numbers; those that cannot be kept into refusals."""
    now = datetime.now(UTC)
    taken: list[tuple[int, Report]] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        try:
            report = parse_row(row, datum)
            check_report(report, rules.categories, now)
            check_history(report, rules.departments)
            check_open(report, closed)
        except InputError as error:
            refused.append(Refusal(row.number, error.field, error.code, error.message))
            continue
        key = _external_key(report)
        if key in seen:
            refused.append(_twice(row.number))
            continue
        if key:
            seen.add(key)
        taken.append((row.number, report))
    return taken, refused


def _suspect(reports: Sequence[Report], locator: Locator) -> list[DatumSuspicion]:
    found = []
    for datum in sorted({report.datum for report in reports}):
        rows = [report for report in reports if report.datum == datum]
        x, y = [report.point.lon for report in rows], [report.point.lat for report in rows]
        found.append(suspect_datum(locator, x, y, datum, [report.claimed_grid for report in rows]))
    return [suspicion for suspicion in found if suspicion]


def _external_key(report: Report) -> tuple[str, str] | None:
    return (report.source, report.external_id) if report.external_id else None


def _twice(number: int) -> Refusal:
    return Refusal(number, "external_id", "external_id_known", "This source has reported this external id before.")


def _out_of_bounds(number: int) -> Refusal:
    return Refusal(number, None, "out_of_bounds", "It lies outside of the bounds of your key or account.")


def encode_cursor(moment: datetime, number: int) -> str:
    """Write a place in a list: the microseconds since 1970 of an incident's moment, and its number."""
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{microseconds}.{number}".encode()).decode()


def decode_cursor(cursor: str) -> Keyset:
    """Read what `encode_cursor` has written.

    Raises
    ------
    QueryError
        If it is anything else.
    """
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        microseconds, number = (int(part) for part in text.split("."))
        return Keyset(_EPOCH + timedelta(microseconds=microseconds), min(max(number, 0), MAX_ID))
    except (ValueError, OverflowError) as error:
        raise QueryError(
            "The cursor is not one of ours.", code="cursor", field="cursor", remedy="Take it from next."
        ) from error
