"""Import of incidents from the rows of a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import InputError
from geogrid.incidents.grid_assignment import assign_reports
from geogrid.incidents.imported_incidents import build_imported_incidents
from geogrid.incidents.incident_file_reader import parse_row
from geogrid.incidents.validation import check_history, check_report
from geogrid.incidents.value_names import incident_names
from geogrid.locate.datum_check import DatumMismatch, find_datum_mismatch
from geogrid.permissions import incident_within_bounds
from geogrid.services.incidents import external_key
from geogrid.services.reporting_periods import check_period_open
from geogrid.store import incidents as table
from geogrid.store.bookkeeping import closed_until
from geogrid.store.change_feed import add_import_change
from geogrid.tabular.row_model import Refusal, TableRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Report
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class IncidentImport:
    """The result of an import.

    Attributes
    ----------
    rows
        The number of rows.
    accepted
        The number of valid rows.
    refused
        The refused rows, each with its reason.
    outside
        The number of accepted rows outside the district; they are stored without a grid.
    suspicions
        The datums whose rows claim grids that match a different datum.
    committed
        Whether the accepted rows were stored.
    """

    rows: int
    accepted: int
    refused: list[Refusal]
    outside: int
    suspicions: list[DatumMismatch]
    committed: bool


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
) -> IncidentImport:
    """Store the valid rows of a file in one transaction, and return the refused rows with their reasons.

    Rows outside the bounds of the actor are refused. If the claimed grids of the rows match a different datum much
    better, no row is stored.

    Parameters
    ----------
    store, locator, rules
        The database, the active layers and the rules.
    rows
        Rows from `geogrid.incidents.incident_file_reader.read_incident_file`.
    actor
        The user who imports the file.
    datum
        The canonical datum of rows without one.
    commit
        False checks without writing.
    accept_datum
        Whether to store the rows although the datum is suspected to be wrong.
    """
    with store.read() as connection:
        last_closed_day = closed_until(connection)
    accepted, refused = _parse(rows, rules, datum, last_closed_day)
    # Slow work before the transaction, which blocks other writers.
    placements = assign_reports([report for _, report in accepted], locator)
    suspicions = _suspect([report for _, report in accepted], locator)
    commit = commit and (accept_datum or not suspicions)
    arrivals = build_imported_incidents([report for _, report in accepted], placements, rules, actor, datetime.now(UTC))
    with store.write() if commit else store.read() as connection:
        known = table.find_known_external_ids(
            connection, (key for _, report in accepted if (key := external_key(report)))
        )
        new = [row for row, (_, report) in enumerate(accepted) if external_key(report) not in known]
        within_bounds = [row for row in new if incident_within_bounds(actor.bounds, arrivals[row])]
        if commit and within_bounds:
            ids = table.add_incidents(connection, [arrivals[row] for row in within_bounds])
            add_import_change(connection, min(ids), max(ids))
    refused += [_refuse_duplicate(row_number) for row_number, report in accepted if external_key(report) in known]
    refused += [_refuse_out_of_bounds(accepted[row][0]) for row in sorted(set(new).difference(within_bounds))]
    refused.sort(key=lambda refusal: refusal.row)
    outside = sum(placements[row].base_code is None for row in within_bounds)
    return IncidentImport(len(within_bounds) + len(refused), len(within_bounds), refused, outside, suspicions, commit)


def _parse(
    rows: Iterable[TableRow], rules: RuleSet, datum: str | None, last_closed_day: date | None
) -> tuple[list[tuple[int, Report]], list[Refusal]]:
    """Return the valid reports with their row numbers, and the refused rows."""
    now, names = datetime.now(UTC), incident_names(rules)
    accepted: list[tuple[int, Report]] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        try:
            report = parse_row(row, datum, names)
            check_report(report, rules.categories, rules.profile.sources, now)
            check_history(report, rules.departments)
            check_period_open(report, last_closed_day)
        except InputError as error:
            refused.append(Refusal.of(row.number, error))
            continue
        key = external_key(report)
        if key in seen:
            refused.append(_refuse_duplicate(row.number))
            continue
        if key:
            seen.add(key)
        accepted.append((row.number, report))
    return accepted, refused


def _suspect(reports: Sequence[Report], locator: Locator) -> list[DatumMismatch]:
    suspicions = []
    for datum in sorted({report.datum for report in reports}):
        rows = [report for report in reports if report.datum == datum]
        x, y = [report.point.lon for report in rows], [report.point.lat for report in rows]
        suspicions.append(find_datum_mismatch(locator, x, y, datum, [report.claimed_grid for report in rows]))
    return [suspicion for suspicion in suspicions if suspicion]


def _refuse_duplicate(row_number: int) -> Refusal:
    return Refusal(
        row_number, "external_id", "external_id_known", "An incident of this source has the same external id."
    )


def _refuse_out_of_bounds(row_number: int) -> Refusal:
    return Refusal(row_number, None, "out_of_bounds", "The point lies outside the bounds of your key or account.")
