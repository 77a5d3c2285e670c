"""Tables of counts and rates, compared with earlier periods, and the incidents behind each figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from geogrid.category_tree import category_tree
from geogrid.errors import QueryError
from geogrid.local_time import day_span
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.services.incidents import page_of_choice
from geogrid.services.period_snapshots import find_official, find_restated_at, read_snapshots
from geogrid.stats.generation_areas import LEVEL_LAYERS, AreaLevel, absent_level
from geogrid.stats.periods import month_of, period_before, week_of, year_before
from geogrid.store.figure_counts import Grouping, choose_counted, count_by_formulas
from geogrid.store.filter_values import has_layer
from geogrid.store.generations import generation_at, list_generations
from geogrid.store.layers import load_area_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Generation, Incident
    from geogrid.model.figures import Figure
    from geogrid.model.provenance import Provenance
    from geogrid.rules.formulas import FigureSide, Formulas
    from geogrid.services.pagination import Page
    from geogrid.services.period_snapshots import OfficialFigures, SnapshotNote
    from geogrid.store.database import Store

    Tallies = dict[str | None, Counter[str]]


class TableGrouping(StrEnum):
    """The property by which a table of figures is grouped into rows; see `geogrid.store.figure_counts.Grouping`.

    A main category (大类) is the sum of the categories below it.
    """

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    MAIN_CATEGORY = "main_category"
    CATEGORY = "category"
    DEPARTMENT = "department"
    WORKER = "worker"
    FINDER = "finder"
    SOURCE = "source"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class ComparisonPeriod(StrEnum):
    """A period for comparison: the preceding one, or the one a year earlier."""

    BEFORE = "before"
    YEAR = "year"


_PERIODS: Mapping[ComparisonPeriod, Callable[[date, date], tuple[date, date]]] = {
    ComparisonPeriod.BEFORE: period_before,
    ComparisonPeriod.YEAR: year_before,
}
#: Groupings by area, whose rows depend on the generation that places the incidents.
AREA_GROUPINGS = frozenset((TableGrouping.GRID, TableGrouping.COMMUNITY, TableGrouping.STREET))
#: Groupings by time: the functions that map a day to its group.
DAY_GROUPINGS: Mapping[TableGrouping, Callable[[str], str]] = {
    TableGrouping.DAY: str,
    TableGrouping.WEEK: week_of,
    TableGrouping.MONTH: month_of,
}
#: Groupings whose rows are sums of the rows of a finer one: that one, and the functions that map its keys.
_SUMS: Mapping[TableGrouping, tuple[Grouping, Callable[[str], str]]] = {
    **{by: (Grouping.DAY, name_group) for by, name_group in DAY_GROUPINGS.items()},
    TableGrouping.MAIN_CATEGORY: (Grouping.CATEGORY, lambda code: category_tree().root(code)),
}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row of a table of figures.

    Attributes
    ----------
    key
        The value of the grouping; None for incidents without a value, and for the total.
    counts
        The counts by formula code.
    figures
        The rates.
    compared
        The same row for earlier periods.
    found
        In a table by worker: the number of incidents that the worker reported on patrol; otherwise None.
    from_snapshot
        Whether the counts are those of the snapshots of closed months.
    recomputed
        The same row counted now, if it differs from the snapshots.
    """

    key: str | None
    counts: Mapping[str, int]
    figures: Sequence[Figure]
    compared: Mapping[ComparisonPeriod, FigureRow] = field(default_factory=dict)
    found: int | None = None
    from_snapshot: bool = False
    recomputed: FigureRow | None = None

    def share(self, generation: Generation) -> SyntheticShare:
        """Return the synthetic part of the received incidents, and of the layers of a generation."""
        return SyntheticShare.of(self.counts["received"], self.counts["synthetic"], grids=generation.synthetic)

    @property
    def counted_now(self) -> FigureRow:
        """The row counted now, whatever the snapshots hold."""
        return self.recomputed or self


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table of figures.

    Attributes
    ----------
    total
        The figures of all incidents.
    rows
        The rows, ordered by key.
    periods
        The earlier periods of the comparison.
    counted_at
        The time of counting.
    snapshots
        The snapshots of the closed months of the period, by month, newest first. `FigureRow.from_snapshot` says whether
        a row follows the official ones.
    restated_at
        The time of the newest step on an incident of the period since its snapshots, if a row differs from them.
    """

    total: FigureRow
    rows: list[FigureRow]
    periods: Mapping[ComparisonPeriod, tuple[date, date]]
    counted_at: datetime
    snapshots: Sequence[SnapshotNote] = ()
    restated_at: datetime | None = None

    def share(self, generation: Generation) -> SyntheticShare:
        """Return the synthetic part of the incidents of the total, and of the layers of a generation."""
        return self.total.share(generation)

    @property
    def is_official(self) -> bool:
        """Whether any row follows snapshots."""
        return any(row.from_snapshot for row in (self.total, *self.rows))

    @property
    def is_wholly_official(self) -> bool:
        """Whether all rows and the total follow snapshots."""
        return all(row.from_snapshot for row in (self.total, *self.rows))

    def correct_provenance(self, provenance: Provenance) -> Provenance:
        """Return the provenance of a file with this table: that of the snapshots, if it is wholly official."""
        if not self.is_wholly_official:
            return provenance
        formulas = sorted({note.snapshot.formulas for note in self.snapshots if note.official})
        return replace(provenance, generation=None, restated=False, formulas=", ".join(formulas))


@dataclass(frozen=True, slots=True)
class _PeriodCounts:
    """The counts of a period: counted now, and by its snapshots."""

    formulas: Formulas
    total: Counter[str]
    rows: Tallies
    snapshots: Sequence[SnapshotNote]
    official: OfficialFigures | None

    def total_row(self) -> FigureRow:
        """Return the total, from the snapshots if they hold it."""
        return self._make_row(None, self.total, self.official.total if self.official else None)

    def row(self, key: str | None) -> FigureRow:
        """Return a row, from the snapshots if they hold it."""
        return self._make_row(key, self.rows.get(key, Counter()), self.official.row(key) if self.official else None)

    def keys(self) -> set[str | None]:
        """Return the keys of all rows."""
        return {*self.rows, *(self.official.rows if self.official else ())}

    def _make_row(self, key: str | None, counts: Counter[str], official: Counter[str] | None) -> FigureRow:
        # Plain dicts in the order of the formulas, for the response.
        now = FigureRow(key, {code: counts[code] for code in self.formulas.counts}, self.formulas.figures(counts))
        if official is None or self.official is None:
            return now
        figures = self.official.figures(official, self.formulas)
        row = FigureRow(key, {code: official[code] for code in self.formulas.counts}, figures, from_snapshot=True)
        return row if (row.counts, row.figures) == (now.counts, now.figures) else replace(row, recomputed=now)


def build_figure_table(
    store: Store,
    formulas: Formulas,
    filters: IncidentQuery,
    days: tuple[date | None, date | None] = (None, None),
    *,
    by: TableGrouping | None = None,
    compare: Sequence[ComparisonPeriod] = (),
    now: datetime | None = None,
) -> FigureTable:
    """Return the figures of incidents, from one database transaction.

    Figures of whole closed months are those of their snapshots, see `geogrid.services.period_snapshots`.

    Parameters
    ----------
    store
        The database.
    formulas
        The formulas of counts and rates.
    filters
        The incidents; `days` replaces its period.
    days
        The first and the last day of the period.
    by
        The grouping of the rows; None returns only the total.
    compare
        The earlier periods for comparison; they require both days.
    now
        The current time, by default.

    Raises
    ------
    QueryError
        If the period is not valid, a comparison has no period, or the district has no areas of the grouping.
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    now = now or datetime.now(UTC)
    periods = {kind: _earlier_period(kind, days, by) for kind in compare}
    with store.read() as connection:
        _check_areas(connection, by)
        count = partial(_count_period, connection, formulas, filters, by, now)
        present, earlier = count(days), {kind: count(period) for kind, period in periods.items()}
        found = _count_found(connection, formulas, filters, days, now) if by is TableGrouping.WORKER else {}
        keys = set().union(present.keys(), found.keys() - {None}, *(past.keys() for past in earlier.values()))
        total = replace(present.total_row(), compared={kind: past.total_row() for kind, past in earlier.items()})
        rows = [
            replace(
                present.row(key),
                compared={kind: past.row(key) for kind, past in earlier.items()},
                found=found.get(key, 0) if by is TableGrouping.WORKER and key is not None else None,
            )
            for key in sorted(keys, key=_order_of_key)
        ]
        restated = any(row.recomputed for row in (total, *rows))
        restated_at = find_restated_at(connection, present.snapshots, days) if restated else None
    return FigureTable(total, rows, periods, now, present.snapshots, restated_at)


def list_counted_incidents(
    store: Store,
    formulas: Formulas,
    filters: IncidentQuery,
    code: str,
    side: FigureSide,
    *,
    cursor: str | None = None,
    limit: int = 100,
    now: datetime | None = None,
) -> Page[Incident, str]:
    """Return a page of the incidents that one side of a figure counts, newest first.

    Raises
    ------
    NotFoundError
        If the figure code is unknown.
    QueryError
        If the cursor or the limit is not valid.
    ConflictError
        See `build_figure_table`.
    """
    counts = formulas.counts_of(code, side)
    with store.read() as connection:
        choice = choose_counted(connection, filters, counts, now or datetime.now(UTC))
        return page_of_choice(connection, choice, cursor=cursor, limit=limit)


def _check_areas(connection: Connection, by: TableGrouping | None) -> None:
    """Raise if the rows are areas of a level that no generation has."""
    if by not in AREA_GROUPINGS or has_layer(connection, LEVEL_LAYERS[AreaLevel(by)]):
        return
    areas = (other for other in AREA_GROUPINGS if has_layer(connection, LEVEL_LAYERS[AreaLevel(other)]))
    raise absent_level(by, [*sorted(areas), *(other for other in TableGrouping if other not in AREA_GROUPINGS)])


def _order_of_key(key: str | None) -> tuple[bool, str]:
    return key is None, key or ""


def _earlier_period(
    kind: ComparisonPeriod, days: tuple[date | None, date | None], by: TableGrouping | None
) -> tuple[date, date]:
    first, last = days
    if first is None or last is None:
        raise QueryError(
            "A comparison needs a period.",
            code="compare_period",
            field="compare",
            remedy="Set the first and the last day.",
        )
    if by in DAY_GROUPINGS:
        raise QueryError("A table by day, week or month has no comparison.", code="compare_by", field="compare")
    # Raises if the last day precedes the first.
    day_span(first, last)
    return _PERIODS[kind](first, last)


def _count_period(
    connection: Connection,
    formulas: Formulas,
    filters: IncidentQuery,
    by: TableGrouping | None,
    now: datetime,
    days: tuple[date | None, date | None],
) -> _PeriodCounts:
    """Return the counts of a period by row, and its snapshots."""
    total, rows = _count_rows(connection, formulas, filters, by, now, days)
    snapshots = read_snapshots(connection, days, by_month=by is TableGrouping.MONTH)
    official = None
    if snapshots:
        tree = load_area_tree(connection, list_generations(connection))
        kept_by = Grouping.CATEGORY if by is TableGrouping.MAIN_CATEGORY else by
        official = find_official(snapshots, filters, days, kept_by, generation_at(connection).id, tree)
        if official and by is TableGrouping.MAIN_CATEGORY:
            official = replace(official, rows=_sum_rows(official.rows, _SUMS[by][1]))
    return _PeriodCounts(formulas, total, rows, snapshots, official)


def _count_rows(
    connection: Connection,
    formulas: Formulas,
    filters: IncidentQuery,
    by: TableGrouping | None,
    now: datetime,
    days: tuple[date | None, date | None],
) -> tuple[Counter[str], Tallies]:
    """Return the total counts of a period, and the counts by row."""
    since, until = day_span(*days)
    count = partial(count_by_formulas, connection, replace(filters, since=since, until=until), formulas, now)
    if by is None:
        return count()[None], {}
    finer, name_group = _SUMS.get(by, (None, None))
    rows = count(finer or Grouping(by))
    # The rows do not add up to the total: by grid, an incident in a dedicated grid is in two rows; by department and by
    # worker, a split report is in a row for each of its parts.
    overlaps = by in (TableGrouping.GRID, TableGrouping.DEPARTMENT, TableGrouping.WORKER)
    total = sum((count() if overlaps else rows).values(), Counter())
    return total, _sum_rows(rows, name_group) if name_group else rows


def _count_found(
    connection: Connection,
    formulas: Formulas,
    filters: IncidentQuery,
    days: tuple[date | None, date | None],
    now: datetime,
) -> dict[str | None, int]:
    """Return the number of incidents that each user reported on patrol in a period; None for other incidents."""
    since, until = day_span(*days)
    received = formulas.model_copy(update={"counts": {"received": formulas.counts["received"]}, "rates": {}})
    query = replace(filters, since=since, until=until)
    tallies = count_by_formulas(connection, query, received, now, Grouping.FINDER)
    return {finder: counts["received"] for finder, counts in tallies.items()}


def _sum_rows(rows: Mapping[str | None, Counter[str]], name_group: Callable[[str], str]) -> Tallies:
    grouped: Tallies = {}
    for key, counts in rows.items():
        grouped.setdefault(None if key is None else name_group(key), Counter()).update(counts)
    return grouped
