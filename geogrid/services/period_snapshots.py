"""Snapshots of the figures of closed months: made at the closing, and official from then on.

A snapshot holds all counts of the district and of each street, community, category, department and source, with the
formulas of the rates. Figures of whole closed months are those of the snapshots; the same figures counted now stand
beside them where they differ.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from geogrid.errors import NotFoundError
from geogrid.incidents.query import IncidentQuery
from geogrid.local_time import day_span, local_zone
from geogrid.model.figures import Figure, Rate
from geogrid.rules.formulas import RateFormula
from geogrid.services.counting_basis import read_basis
from geogrid.stats.periods import days_of_month, months_between
from geogrid.store import period_snapshots as table
from geogrid.store.bookkeeping import closed_until
from geogrid.store.figure_counts import Grouping, count_by_formulas
from geogrid.store.generations import generation_at
from geogrid.store.incidents import get_oldest_report_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from geogrid.layers.area_tree import AreaTree
    from geogrid.model import Actor
    from geogrid.rules.formulas import Formulas
    from geogrid.services.counting_basis import CountingBasis
    from geogrid.store.database import Store
    from geogrid.store.period_snapshots import PeriodSnapshot

    Tallies = Mapping[str | None, Counter[str]]

#: The kinds of rows that a snapshot holds beside the total.
ROW_KINDS: Final = (
    Grouping.STREET,
    Grouping.COMMUNITY,
    Grouping.CATEGORY,
    Grouping.DEPARTMENT,
    Grouping.SOURCE,
)
#: The kind of row with the counts of all incidents, under the key None.
TOTAL: Final = "total"
#: The members of `PeriodSnapshot.content`.
_ROWS: Final = "rows"
_RATES: Final = "rates"


@dataclass(frozen=True, slots=True)
class SnapshotNote:
    """A snapshot of a month, and whether it is the official one.

    Attributes
    ----------
    official
        True for the newest snapshot of a month that is still closed. The others are history.
    """

    snapshot: PeriodSnapshot
    official: bool


@dataclass(frozen=True, slots=True)
class OfficialFigures:
    """The official counts of a period.

    Attributes
    ----------
    total
        The counts of the total; None if no snapshot holds them.
    rows
        The counts by key of the rows.
    all_rows
        Whether `rows` holds all rows: a missing key counts no incidents. Otherwise it has no official counts.
    rates
        The formulas of the rates at the time of the closing.
    """

    total: Counter[str] | None = None
    rows: Tallies = field(default_factory=dict)
    all_rows: bool = False
    rates: tuple[RateFormula, ...] = ()

    def row(self, key: str | None) -> Counter[str] | None:
        """Return the official counts of a row, or None."""
        return self.rows.get(key, Counter() if self.all_rows else None)

    def figures(self, counts: Counter[str], formulas: Formulas) -> list[Figure]:
        """Return the rates by the formulas of the closing, in the order of the present formulas."""
        known = {rate.code: rate for rate in self.rates}
        return [_compute_figure(code, known.get(code), counts) for code in formulas.rates]


def freeze_months(
    connection: Connection, formulas: Formulas, actor: Actor, last_day: date, previous_day: date | None
) -> list[PeriodSnapshot]:
    """Return snapshots of the months that a closing completes, without storing them.

    Parameters
    ----------
    connection
        A database transaction.
    formulas
        The formulas of the counts.
    actor
        The user who closes the period.
    last_day, previous_day
        The last closed day after and before the decision. Months closed before get a snapshot if they have none. A
        month without incidents gets none.
    """
    oldest = get_oldest_report_time(connection)
    if oldest is None:
        return []
    done = table.list_snapshot_months(connection)
    months = [
        month
        for month in months_between(oldest.astimezone(local_zone()).date(), last_day)
        if _is_complete(month, last_day) and not (month in done and _is_complete(month, previous_day))
    ]
    now, generation = datetime.now(UTC), generation_at(connection).id
    basis = read_basis(connection, generation)
    contents = {month: _freeze_counts(connection, formulas, month, now, basis) for month in months}
    return [
        table.PeriodSnapshot(month, now, actor.id, actor.name, formulas.version, generation, content)
        for month, content in contents.items()
        if any(content[_ROWS][TOTAL].values())
    ]


def list_month_snapshots(store: Store, month: str) -> list[SnapshotNote]:
    """Return the snapshots of a month, newest first.

    Raises
    ------
    NotFoundError
        If the month has never been closed.
    """
    with store.read() as connection:
        found = _read_notes(connection, [month])
    if not found:
        raise NotFoundError(
            "This month has no snapshot.",
            code="snapshot_unknown",
            field="month",
            remedy="Close it: geogrid incidents close-period DAY --commit.",
        )
    return found


def read_snapshots(
    connection: Connection, days: tuple[date | None, date | None], *, by_month: bool
) -> list[SnapshotNote]:
    """Return the snapshots of the months of a period, by month, newest first.

    Without a first or last day only a table by month can have snapshots.
    """
    first, last = days
    if first and last:
        return _read_notes(connection, months_between(first, last))
    return _read_notes(connection) if by_month else []


def _read_notes(connection: Connection, months: list[str] | None = None) -> list[SnapshotNote]:
    last_day = closed_until(connection)
    notes: list[SnapshotNote] = []
    for snapshot in table.list_snapshots(connection, months):
        newest = not notes or notes[-1].snapshot.month != snapshot.month
        notes.append(SnapshotNote(snapshot, newest and _is_complete(snapshot.month, last_day)))
    return notes


def read_counts(snapshot: PeriodSnapshot) -> dict[str, dict[str | None, Counter[str]]]:
    """Return the counts of a snapshot by kind and key of the row."""
    return {kind: _read_rows(snapshot, kind) for kind in snapshot.content[_ROWS]}


def find_official(
    notes: Iterable[SnapshotNote],
    filters: IncidentQuery,
    days: tuple[date | None, date | None],
    by: str | None,
    generation: int,
    tree: AreaTree,
) -> OfficialFigures | None:
    """Return the official counts of a table of figures, or None.

    Parameters
    ----------
    notes
        The snapshots of the months of the period.
    filters, days
        The incidents and the period of the table. Snapshots hold figures of the whole district and of single streets.
    by
        The grouping of the rows.
    generation
        The active generation; figures by another one have no snapshot.
    tree
        Parents of the areas of all generations.
    """
    official = {note.snapshot.month: note.snapshot for note in notes if note.official}
    street = _single_street(filters)
    if not official or (street is None and not _is_plain(filters)) or filters.by_generation not in (None, generation):
        return None
    kind, key = (Grouping.STREET, street) if street else (TOTAL, None)
    if by == "month":
        return _find_by_month(official, days, kind, key)
    if not _covers(official, days) or len({snapshot.formulas for snapshot in official.values()}) > 1:
        return None
    total = _add(_read_rows(snapshot, kind) for snapshot in official.values()).get(key, Counter())
    held = by in ROW_KINDS if street is None else by == Grouping.COMMUNITY
    rows = _add(_read_rows(snapshot, str(by)) for snapshot in official.values()) if held else {}
    if street:
        rows = {code: counts for code, counts in rows.items() if code and tree.is_within(code, [street])}
    return OfficialFigures(total, rows, held, _read_rates(next(iter(official.values()))))


def find_restated_at(
    connection: Connection, notes: Iterable[SnapshotNote], days: tuple[date | None, date | None]
) -> datetime | None:
    """Return the time of the newest step since the snapshots on an incident of the period, or None."""
    official = [note.snapshot for note in notes if note.official]
    if not official:
        return None
    months = sorted(snapshot.month for snapshot in official)
    first, last = days
    since, until = day_span(first or days_of_month(months[0])[0], last or days_of_month(months[-1])[1])
    if since is None or until is None:
        return None
    return table.find_last_step(connection, since, until, min(snapshot.made_at for snapshot in official))


def _find_by_month(
    official: Mapping[str, PeriodSnapshot], days: tuple[date | None, date | None], kind: str, key: str | None
) -> OfficialFigures | None:
    """Return the official counts of a table by month, for each month inside the period."""
    first, last = days
    inside = {
        month: snapshot
        for month, snapshot in official.items()
        if (first is None or days_of_month(month)[0] >= first) and _is_complete(month, last or days_of_month(month)[1])
    }
    versions = {snapshot.formulas for snapshot in inside.values()}
    if len(versions) != 1:
        return None
    rows: dict[str | None, Counter[str]] = {
        month: _read_rows(snapshot, kind).get(key, Counter()) for month, snapshot in inside.items()
    }
    total = sum(rows.values(), Counter()) if _covers(inside, days) else None
    return OfficialFigures(total, rows, all_rows=False, rates=_read_rates(next(iter(inside.values()))))


def _freeze_counts(
    connection: Connection, formulas: Formulas, month: str, now: datetime, basis: CountingBasis
) -> dict[str, Any]:
    since, until = day_span(*days_of_month(month))
    query = IncidentQuery(since=since, until=until, by_generation=basis.generation)
    total = count_by_formulas(connection, query, formulas, now)
    rows = {kind.value: count_by_formulas(connection, query, formulas, now, kind) for kind in ROW_KINDS}
    return {
        # JSON has no key None.
        _ROWS: {kind: {key or "": dict(+counts) for key, counts in tallies.items()} for kind, tallies in rows.items()}
        | {TOTAL: {"": dict(+total[None])}},
        _RATES: [rate.model_dump(mode="json") for rate in formulas.rates.values()],
    }


def _read_rows(snapshot: PeriodSnapshot, kind: str) -> dict[str | None, Counter[str]]:
    return {key or None: Counter(counts) for key, counts in snapshot.content[_ROWS].get(kind, {}).items()}


def _read_rates(snapshot: PeriodSnapshot) -> tuple[RateFormula, ...]:
    return tuple(RateFormula.model_validate(rate) for rate in snapshot.content[_RATES])


def _compute_figure(code: str, rate: RateFormula | None, counts: Counter[str]) -> Figure:
    if rate is None:
        return Figure(code, Rate(0, 0), {})
    excluded = {name: counts[name] for name in rate.excluded}
    return Figure(code, Rate(counts[rate.numerator], counts[rate.denominator]), excluded)


def _add(tallies: Iterator[Mapping[str | None, Counter[str]]]) -> dict[str | None, Counter[str]]:
    added: dict[str | None, Counter[str]] = {}
    for rows in tallies:
        for key, counts in rows.items():
            added.setdefault(key, Counter()).update(counts)
    return added


def _is_complete(month: str, last_day: date | None) -> bool:
    return last_day is not None and days_of_month(month)[1] <= last_day


def _covers(official: Mapping[str, PeriodSnapshot], days: tuple[date | None, date | None]) -> bool:
    """Return whether the months with an official snapshot make up exactly the period."""
    first, last = days
    if first is None or last is None:
        return False
    months = months_between(first, last)
    whole = (first, last) == (days_of_month(months[0])[0], days_of_month(months[-1])[1])
    return whole and set(months) == set(official)


def _is_plain(filters: IncidentQuery) -> bool:
    """Return whether a query selects all incidents of its period."""
    plain = IncidentQuery(
        since=filters.since, until=filters.until, by_generation=filters.by_generation, dated_by=filters.dated_by
    )
    return replace(filters, within=filters.within or None) == plain


def _single_street(filters: IncidentQuery) -> str | None:
    """Return the street of a query that filters by nothing else, or None."""
    street = filters.street
    return street[0] if street and len(street) == 1 and _is_plain(replace(filters, street=None)) else None
