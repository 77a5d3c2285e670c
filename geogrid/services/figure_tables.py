"""Use cases around rates: tables of figures, compared with earlier periods, and the incidents behind each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from geogrid.errors import QueryError
from geogrid.local_time import day_span
from geogrid.services.incidents import Page, page_of
from geogrid.stats.periods import month_of, period_before, week_of, year_before
from geogrid.store.figures import Grouping, choose_behind, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model.figures import Figure
    from geogrid.rules.formulas import FigureSide, Formulas
    from geogrid.store.database import Store

    Tallies = dict[str | None, Counter[str]]


class By(StrEnum):
    """What the rows of a table of figures are."""

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


class Earlier(StrEnum):
    """A period to compare with: the one just before, or the same a year before."""

    BEFORE = "before"
    YEAR = "year"


_PERIODS: Mapping[Earlier, Callable[[date, date], tuple[date, date]]] = {
    Earlier.BEFORE: period_before,
    Earlier.YEAR: year_before,
}
#: Rows of time, counted by day and put together.
FOLDED: Mapping[By, Callable[[str], str]] = {By.DAY: str, By.WEEK: week_of, By.MONTH: month_of}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """The figures of some incidents.

    Attributes
    ----------
    key
        What they have in common; None where they lack it, and of the total.
    counts
        By the codes of the formulas.
    figures
        The rates.
    compared
        The same of earlier periods.
    """

    key: str | None
    counts: Mapping[str, int]
    figures: Sequence[Figure]
    compared: Mapping[Earlier, FigureRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Figures by rows.

    Attributes
    ----------
    total
        Of all incidents of the filter.
    rows
        In the order of their keys.
    periods
        The earlier periods that they are compared with.
    """

    total: FigureRow
    rows: list[FigureRow]
    periods: Mapping[Earlier, tuple[date, date]]


def figure_table(
    store: Store,
    formulas: Formulas,
    chosen: IncidentQuery,
    days: tuple[date | None, date | None] = (None, None),
    *,
    by: By | None = None,
    compare: Sequence[Earlier] = (),
    now: datetime | None = None,
) -> FigureTable:
    """Return the figures of the incidents that a filter chooses; all are of one moment.

    Parameters
    ----------
    store
        Where they are.
    formulas
        The formulas in use.
    chosen
        Which incidents; its period is replaced by `days`.
    days
        The first and the last day of the period.
    by
        What the rows are; None gives none but the total.
    compare
        Which earlier periods to compare with; these need both days.
    now
        The present moment, by default.

    Raises
    ------
    QueryError
        If a period makes no sense, or if there is none to compare with.
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    now = now or datetime.now(UTC)
    periods = {earlier: _earlier_period(earlier, days, by) for earlier in compare}
    with store.read() as connection:
        present = _count(connection, formulas, chosen, days, by, now)
        past = {earlier: _count(connection, formulas, chosen, period, by, now) for earlier, period in periods.items()}
    total = _row(formulas, None, present[0], {earlier: counted[0] for earlier, counted in past.items()})
    empty: Counter[str] = Counter()
    keys = sorted(set(present[1]).union(*(rows for _, rows in past.values())), key=lambda key: (key is None, key))
    rows = [
        _row(
            formulas,
            key,
            present[1].get(key, empty),
            {earlier: rows.get(key, empty) for earlier, (_, rows) in past.items()},
        )
        for key in keys
    ]
    return FigureTable(total, rows, periods)


def list_behind(
    store: Store,
    formulas: Formulas,
    chosen: IncidentQuery,
    code: str,
    part: FigureSide,
    *,
    cursor: str | None = None,
    limit: int = 100,
    now: datetime | None = None,
) -> Page:
    """Return a page of the incidents behind a part of a figure, newest first.

    Raises
    ------
    NotFoundError
        If there is no figure of that code.
    QueryError
        If the cursor or the limit makes no sense.
    ConflictError
        As `figure_table`.
    """
    counts = formulas.counts_of(code, part)
    with store.read() as connection:
        choice = choose_behind(connection, chosen, counts, now or datetime.now(UTC))
        return page_of(connection, choice, cursor=cursor, limit=limit)


def _earlier_period(earlier: Earlier, days: tuple[date | None, date | None], by: By | None) -> tuple[date, date]:
    first, last = days
    if first is None or last is None:
        raise QueryError(
            "There is no period to compare with one before.",
            code="compare_period",
            field="compare",
            remedy="Give the first and the last day.",
        )
    if by in FOLDED:
        raise QueryError("Days, weeks and months are not compared with others.", code="compare_by", field="compare")
    # A last day before the first is told in plain words before it becomes a period of less than nothing.
    day_span(first, last)
    return _PERIODS[earlier](first, last)


def _count(
    connection: Connection,
    formulas: Formulas,
    chosen: IncidentQuery,
    days: tuple[date | None, date | None],
    by: By | None,
    now: datetime,
) -> tuple[Counter[str], Tallies]:
    """Return the counts of all incidents in a period, and those by rows."""
    since, until = day_span(*days)
    meant = replace(chosen, since=since, until=until)
    if by is None:
        return tally(connection, meant, formulas, now)[None], {}
    rows = tally(connection, meant, formulas, now, Grouping.DAY if by in FOLDED else Grouping(by))
    # An incident in a dedicated grid is in two rows.
    parts = rows.values() if by is not By.GRID else tally(connection, meant, formulas, now).values()
    total = sum(parts, Counter())
    if by in FOLDED:
        rows = _fold(rows, FOLDED[by])
    return total, rows


def _fold(rows: Tallies, name: Callable[[str], str]) -> Tallies:
    folded: Tallies = {}
    for key, counts in rows.items():
        folded.setdefault(None if key is None else name(key), Counter()).update(counts)
    return folded


def _row(formulas: Formulas, key: str | None, counts: Counter[str], past: Mapping[Earlier, Counter[str]]) -> FigureRow:
    compared = {earlier: _row(formulas, key, then, {}) for earlier, then in past.items()}
    # In the order of the formulas, and as plain as an answer wants them.
    return FigureRow(key, {code: counts[code] for code in formulas.counts}, formulas.figures(counts), compared)
