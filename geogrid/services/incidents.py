"""Use cases around incidents: report, read, list, import."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, InputError, QueryError
from geogrid.incidents.checking import check_report
from geogrid.incidents.placing import place
from geogrid.incidents.reading import parse_row
from geogrid.locate.suspicion import DatumSuspicion, suspect_datum
from geogrid.store import incidents as table
from geogrid.store.choice import choose
from geogrid.store.incidents import Keyset
from geogrid.tabular.rows import Refusal, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.incidents.filters import IncidentFilter
    from geogrid.locate.locator import Locator
    from geogrid.model import Category, Incident, Report
    from geogrid.store.database import Store

MAX_PAGE = 1_000
#: The largest number that an incident can have: what a database's integer holds.
MAX_NUMBER = 2**63 - 1
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


def report_incident(store: Store, locator: Locator, categories: Mapping[str, Category], report: Report) -> Incident:
    """Check a report, give it its grids, and keep it.

    Raises
    ------
    InputError
        If it cannot be kept.
    ConflictError
        If its source has reported this external id before.
    """
    check_report(report, categories, datetime.now(UTC))
    placement = place([report], locator)[0]
    with store.write() as connection:
        key = _external_key(report)
        if key and table.known_external_ids(connection, [key]):
            raise ConflictError(
                "This source has reported this external id before.", code="external_id_known", field="external_id"
            )
        number = table.add_incidents(connection, [report], [placement])[0]
        return table.get_incident(connection, number)


def read_incident(store: Store, number: int) -> Incident:
    """Return one incident.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    with store.read() as connection:
        return table.get_incident(connection, number)


def list_incidents(store: Store, chosen: IncidentFilter, *, cursor: str | None = None, limit: int = 100) -> Page:
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
    if not 1 <= limit <= MAX_PAGE:
        raise QueryError(f"The limit is not in 1..{MAX_PAGE}.", code="limit", field="limit")
    after = _decode_cursor(cursor) if cursor else None
    with store.read() as connection:
        found = table.page_incidents(connection, choose(connection, chosen), after=after, limit=limit + 1)
    items = found[:limit]
    return Page(items, _encode_cursor(items[-1]) if len(found) > limit else None)


def import_incidents(
    store: Store,
    locator: Locator,
    categories: Mapping[str, Category],
    rows: Iterable[Row],
    *,
    datum: str | None,
    commit: bool,
    accept_datum: bool = False,
) -> ImportReport:
    """Take in the rows of a file: all that can be kept in one transaction, the others refused one by one.

    Where rows claim grids, and these agree much better with their points under another datum, nothing is kept.

    Parameters
    ----------
    store, locator, categories
        The house.
    rows
        From `geogrid.incidents.reading.read_rows`.
    datum
        The canonical datum of rows that name none.
    commit
        False only reports what would happen.
    accept_datum
        True keeps the rows although their datum is suspected.
    """
    taken, refused = _parse(rows, categories, datum)
    # Before the transaction: other writers wait for it.
    placements = place([report for _, report in taken], locator)
    suspicions = _suspect([report for _, report in taken], locator)
    commit = commit and (accept_datum or not suspicions)
    with store.write() if commit else store.read() as connection:
        known = table.known_external_ids(connection, (key for _, report in taken if (key := _external_key(report))))
        fresh = [row for row, (_, report) in enumerate(taken) if _external_key(report) not in known]
        if commit:
            table.add_incidents(connection, [taken[row][1] for row in fresh], [placements[row] for row in fresh])
    refused += [_twice(number) for number, report in taken if _external_key(report) in known]
    refused.sort(key=lambda refusal: refusal.row)
    outside = sum(placements[row].base_code is None for row in fresh)
    return ImportReport(len(fresh) + len(refused), len(fresh), refused, outside, suspicions, commit)


def _parse(
    rows: Iterable[Row], categories: Mapping[str, Category], datum: str | None
) -> tuple[list[tuple[int, Report]], list[Refusal]]:
    """Turn rows into reports with their numbers; those that cannot be kept into refusals."""
    now = datetime.now(UTC)
    taken: list[tuple[int, Report]] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        try:
            report = parse_row(row, datum)
            check_report(report, categories, now)
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


def _encode_cursor(last: Incident) -> str:
    """Write the place of an incident in the list: microseconds since 1970 and its number."""
    microseconds = (last.report.reported_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{microseconds}.{last.id}".encode()).decode()


def _decode_cursor(cursor: str) -> Keyset:
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
        microseconds, number = (int(part) for part in text.split("."))
        return Keyset(_EPOCH + timedelta(microseconds=microseconds), min(max(number, 0), MAX_NUMBER))
    except (ValueError, OverflowError) as error:
        raise QueryError(
            "The cursor is not one of ours.", code="cursor", field="cursor", remedy="Take it from next."
        ) from error
