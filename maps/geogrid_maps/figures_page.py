"""The table of figures by area, category, department, source or time, as a page and as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geogrid.layers.codes import parent_of
from geogrid.model import IncidentSource
from geogrid.model.figures import format_share, percentage_point_change
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping
from geogrid.stats.export_files import write_csv
from geogrid.stats.periods import days_of_month, days_of_week
from geogrid.stats.rate_change import compare_rates
from geogrid_maps.formatting import format_change, name_of
from geogrid_maps.map_data import MapData
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.page_context import FIGURES, INCIDENTS, PageContext, page_values
from geogrid_maps.ui_texts import ROWS, SOURCES, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.constants import Language
    from geogrid.model.figures import Figure, Rate
    from geogrid.rules.formulas import Count, Formulas, RateFormula
    from geogrid.services.figure_tables import FigureRow, FigureTable
    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.map_query import View

    Names = Mapping[str, str]

#: Counts of the table, before its rates.
COUNTS: Final = ("received", "handled", "open", "overdue")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in the table, as text.

    Attributes
    ----------
    value
        The figure.
    behind
        Numerator, denominator and 95 % interval of a rate.
    change
        Change against the preceding period: of the incidents received per day in per cent with its interval, of a
        rate in percentage points; empty without one.
    chance
        Whether the change of a count is within chance; None for a rate, and without a change.
    """

    value: str
    behind: str = ""
    change: str = ""
    chance: bool | None = None


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row of the table: its name, the query of the page it links to (empty without a link), and its figures."""

    name: str
    query: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FiguresData(MapData):
    """Data of the table of figures; `view.rows` sets the grouping of its rows.

    Attributes
    ----------
    table, formulas
        The figures, and the formulas they are computed by.
    days
        Days of the preceding and of the shown period; None if the table is not compared.
    """

    table: FigureTable
    formulas: Formulas
    days: ComparedDays | None


def figures_page(data: FiguresData, context: PageContext) -> str:
    """Return the table of figures as HTML."""
    language, view, table = data.language, data.view, data.table
    names = _row_names(data)
    values: dict[str, Any] = {
        "title": text("figures_page", language),
        "headers": _headers(data.formulas, language),
        "rows_are": ROWS[view.rows][language],
        "lines": [_line(row, names, data) for row in table.rows],
        "total": _cells(table.total, data.days),
        "before": table.periods.get(ComparisonPeriod.BEFORE),
        "n": table.total.counts["received"],
        "synthetic": bool(table.total.counts["synthetic"]),
        "formulas": data.formulas,
        "generation": data.shapes.generation,
        "download": f"{FIGURES}.csv?{view.query()}",
        "listed": f"{INCIDENTS}?{view.query()}",
    }
    options = {"rows": {by.value: words[language] for by, words in ROWS.items()}}
    frame = page_values(FIGURES, data, options=options, context=context)
    return ENVIRONMENT.get_template("figures_page.html").render(frame | values)


def figures_csv(data: FiguresData) -> bytes:
    """Return the table of figures as CSV, UTF-8 with a byte order mark for Excel; rates are shares of 1."""
    language, view, formulas = data.language, data.view, data.formulas
    names = _row_names(data)
    header = [text("code", language), ROWS[view.rows][language], *_headers(formulas, language)]
    rows = [_csv_row(row, names.get(row.key or "", row.key or ""), formulas) for row in data.table.rows]
    return write_csv(header, [*rows, _csv_row(data.table.total, text("total", language), formulas)])


def _csv_row(row: FigureRow, name: str, formulas: Formulas) -> list[object]:
    rates = ["" if figure.rate.value is None else figure.rate.value for figure in row.figures]
    return [row.key or "", name, *(row.counts[code] for code in _counts(formulas)), *rates]


def _counts(formulas: Formulas) -> list[str]:
    """Return the codes of the counts that the formulas define."""
    return [code for code in COUNTS if code in formulas.counts]


def _headers(formulas: Formulas, language: Language) -> list[str]:
    counts = [formulas.counts[code] for code in _counts(formulas)]
    named: list[Count | RateFormula] = [*counts, *formulas.rates.values()]
    return [name_of(formula, language) for formula in named]


def _line(row: FigureRow, names: Names, data: FiguresData) -> FigureLine:
    key, view = row.key or "", data.view
    name = names.get(key, key) or text("none", view.language)
    return FigureLine(name, _detail_query(key, view), _cells(row, data.days))


def _cells(row: FigureRow, days: ComparedDays | None) -> tuple[Cell, ...]:
    before = row.compared.get(ComparisonPeriod.BEFORE)
    shown = [code for code in COUNTS if code in row.counts]
    counts = tuple(
        # Recent periods always have more open incidents: only the number received is compared.
        _count(row.counts[code], before.counts[code] if before and code == "received" else None, days)
        for code in shown
    )
    past = {figure.code: figure for figure in before.figures} if before else {}
    return (*counts, *(_rate(figure, past.get(figure.code)) for figure in row.figures))


def _count(number: int, before: int | None, days: ComparedDays | None) -> Cell:
    change = compare_rates(before, number, days) if before and days else None
    return Cell(f"{number:,}", change=format_change(change), chance=change.is_within_chance if change else None)


def _behind(rate: Rate) -> str:
    """Return numerator, denominator and interval of a rate."""
    limits = " – ".join(map(format_share, rate.interval or ()))
    return f"{rate.numerator:,} / {rate.denominator:,}" + (f" · 95 %: {limits}" if limits else "")


def _rate(figure: Figure, before: Figure | None) -> Cell:
    rate = figure.rate
    points = percentage_point_change(rate, before.rate) if before else None
    return Cell(
        format_share(rate.value),
        _behind(rate),
        "" if points is None else f"{points:+.2f}",
    )


def _row_names(data: FiguresData) -> Names:
    """Return the names of the row keys. Departments and dates are their own names."""
    rows, language = data.view.rows, data.language
    if rows is TableGrouping.STREET:
        return {area.code: area.name for area in data.shapes.streets}
    if rows is TableGrouping.COMMUNITY:
        return {area.code: area.name for area in data.shapes.communities}
    if rows is TableGrouping.CATEGORY:
        return {code: name_of(category, language) for code, category in data.categories.items()}
    if rows is TableGrouping.SOURCE:
        return {source.value: SOURCES[source][language] for source in IncidentSource}
    return {}


def _detail_query(key: str, view: View) -> str:
    """Return the query of the page with the details of a row."""
    if not key or view.rows not in _DETAILS:
        return ""
    narrow, rows = _DETAILS[view.rows]
    return view.query(**narrow(key), rows=rows)


def _days(first: date, last: date) -> dict[str, Any]:
    return {"first": first, "last": last}


#: Filter of the details of a row, and the grouping of their table.
_DETAILS: Final[Mapping[TableGrouping, tuple[Callable[[str], dict[str, Any]], TableGrouping]]] = {
    TableGrouping.STREET: (lambda key: {"street": key}, TableGrouping.COMMUNITY),
    TableGrouping.COMMUNITY: (lambda key: {"street": parent_of(key), "community": key}, TableGrouping.CATEGORY),
    TableGrouping.CATEGORY: (lambda key: {"category": key}, TableGrouping.STREET),
    TableGrouping.SOURCE: (lambda key: {"source": IncidentSource(key)}, TableGrouping.CATEGORY),
    TableGrouping.MONTH: (lambda key: _days(*days_of_month(key)), TableGrouping.STREET),
    TableGrouping.WEEK: (lambda key: _days(*days_of_week(key)), TableGrouping.STREET),
    TableGrouping.DAY: (lambda key: _days(date.fromisoformat(key), date.fromisoformat(key)), TableGrouping.STREET),
}
