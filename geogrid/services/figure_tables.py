"""Tables of counts and rates, compared with earlier periods, and the incidents behind each figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from geogrid.errors import QueryError
from geogrid.local_time import day_span
from geogrid.services.incidents import page_of_choice
from geogrid.stats.periods import month_of, period_before, week_of, year_before
from geogrid.store.figures import Grouping, choose_counted, count_by_formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Incident
    from geogrid.model.figures import Figure
    from geogrid.rules.formulas import FigureSide, Formulas
    from geogrid.services.pagination import Page
    from geogrid.store.database import Store

    Tallies = dict[str | None, Counter[str]]


class TableGrouping(StrEnum):
    """The property by which a table of figures is grouped into rows."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    CATEGORY = "category"
    DEPARTMENT = "department"
    WORKER = "worker"
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
#: Groupings by time: the functions that map a day to its group.
DAY_GROUPINGS: Mapping[TableGrouping, Callable[[str], str]] = {
    TableGrouping.DAY: str,
    TableGrouping.WEEK: week_of,
    TableGrouping.MONTH: month_of,
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
    """

    key: str | None
    counts: Mapping[str, int]
    figures: Sequence[Figure]
    compared: Mapping[ComparisonPeriod, FigureRow] = field(default_factory=dict)


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
    """

    total: FigureRow
    rows: list[FigureRow]
    periods: Mapping[ComparisonPeriod, tuple[date, date]]


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
    """Return the figures of incidents, from one database snapshot.

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
        If the period is not valid, or if a comparison has no period.
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    now = now or datetime.now(UTC)
    periods = {kind: _earlier_period(kind, days, by) for kind in compare}
    with store.read() as connection:
        count = partial(_count_rows, connection, formulas, filters, by, now)
        (total, rows), earlier = count(days), {kind: count(period) for kind, period in periods.items()}

    def build_row(key: str | None) -> FigureRow:
        past = {kind: past_rows.get(key, Counter()) for kind, (_, past_rows) in earlier.items()}
        return _build_row(formulas, key, rows.get(key, Counter()), past)

    keys = sorted({*rows, *(key for _, past_rows in earlier.values() for key in past_rows)}, key=_order_of_key)
    total_row = _build_row(formulas, None, total, {kind: past_total for kind, (past_total, _) in earlier.items()})
    return FigureTable(total_row, [build_row(key) for key in keys], periods)


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
    rows = count(Grouping.DAY if by in DAY_GROUPINGS else Grouping(by))
    # The rows do not add up to the total: by grid, an incident in a dedicated grid is in two rows; by department and by
    # worker, a split report is in a row for each of its parts.
    overlaps = by in (TableGrouping.GRID, TableGrouping.DEPARTMENT, TableGrouping.WORKER)
    total = sum((count() if overlaps else rows).values(), Counter())
    return total, _group_by_time(rows, DAY_GROUPINGS[by]) if by in DAY_GROUPINGS else rows


def _group_by_time(rows: Tallies, name_group: Callable[[str], str]) -> Tallies:
    grouped: Tallies = {}
    for key, counts in rows.items():
        grouped.setdefault(None if key is None else name_group(key), Counter()).update(counts)
    return grouped


def _build_row(
    formulas: Formulas, key: str | None, counts: Counter[str], past: Mapping[ComparisonPeriod, Counter[str]]
) -> FigureRow:
    compared = {kind: _build_row(formulas, key, past_counts, {}) for kind, past_counts in past.items()}
    # A plain dict in the order of the formulas, for the response.
    return FigureRow(key, {code: counts[code] for code in formulas.counts}, formulas.figures(counts), compared)
