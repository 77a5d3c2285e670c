"""The figures as a page: a table by areas, categories, departments, sources or time, each row leading further."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geogrid.layers.codes import parent_of
from geogrid.model import IncidentSource
from geogrid.model.figures import points_between
from geogrid.services.figure_tables import By, Earlier
from geogrid.stats.export_files import csv_file
from geogrid.stats.periods import days_of_month, days_of_week
from geogrid_maps.formatting import name_of
from geogrid_maps.page import ENVIRONMENT
from geogrid_maps.page_context import FIGURES, INCIDENTS, PageContext, page_values
from geogrid_maps.ui_texts import ROWS, SOURCES, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.constants import Language
    from geogrid.model import Category
    from geogrid.model.figures import Figure
    from geogrid.rules.formulas import Count, Formulas, RateFormula
    from geogrid.services.figure_tables import FigureRow, FigureTable
    from geogrid_maps.district_shapes import DistrictShapes
    from geogrid_maps.map_query import View

    Names = Mapping[str, str]

#: The counts of the table, before its rates.
COUNTS: Final = ("received", "handled", "open", "overdue")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in the table.

    Attributes
    ----------
    value
        As it is written.
    behind
        Of a rate the counts behind it.
    change
        Against the period before: of what came in in per cent, of a rate in percentage points; empty where there is
        none.
    """

    value: str
    behind: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row of the table: its name, the query of the page that it leads to, or an empty one, and its figures."""

    name: str
    query: str
    cells: tuple[Cell, ...]


def figures_page(
    backdrop: DistrictShapes,
    table: FigureTable,
    formulas: Formulas,
    view: View,
    categories: Mapping[str, Category],
    offer: PageContext,
) -> str:
    """Return the page.

    Parameters
    ----------
    backdrop
        The district, for the names of its areas.
    table, formulas
        The figures, and what they are made by.
    view
        What was asked for; its `rows` says what the rows are.
    categories
        The names of the categories.
    offer
        What the filters offer.
    """
    language = view.language
    names = _names(backdrop, view, categories)
    values: dict[str, Any] = {
        "title": text("figures_page", language),
        "headers": _headers(formulas, language),
        "rows_are": ROWS[view.rows][language],
        "lines": [_line(row, names, view) for row in table.rows],
        "total": _cells(table.total),
        "before": table.periods.get(Earlier.BEFORE),
        "n": table.total.counts["received"],
        "synthetic": bool(table.total.counts["synthetic"]),
        "formulas": formulas,
        "generation": backdrop.generation,
        "download": f"{FIGURES}.csv?{view.query()}",
        "listed": f"{INCIDENTS}?{view.query()}",
    }
    options = {"rows": {by.value: words[language] for by, words in ROWS.items()}}
    frame = page_values(FIGURES, backdrop, view, categories, options=options, offer=offer)
    return ENVIRONMENT.get_template("figures_page.html").render(frame | values)


def figures_csv(
    backdrop: DistrictShapes, table: FigureTable, formulas: Formulas, view: View, categories: Mapping[str, Category]
) -> bytes:
    """Return the same table as CSV, UTF-8 with a mark, by which Excel knows it; rates are shares of one.

    Parameters
    ----------
    backdrop, table, formulas, view, categories
        As of `figures_page`.
    """
    language, names = view.language, _names(backdrop, view, categories)
    header = [text("code", language), ROWS[view.rows][language], *_headers(formulas, language)]
    rows = [_csv_row(row, names.get(row.key or "", row.key or ""), formulas) for row in table.rows]
    return csv_file(header, [*rows, _csv_row(table.total, text("total", language), formulas)])


def _csv_row(row: FigureRow, name: str, formulas: Formulas) -> list[object]:
    rates = ["" if figure.rate.value is None else figure.rate.value for figure in row.figures]
    return [row.key or "", name, *(row.counts[code] for code in _counts(formulas)), *rates]


def _counts(formulas: Formulas) -> list[str]:
    """Return the codes of the counts; a deployment's own formulas need not have all."""
    return [code for code in COUNTS if code in formulas.counts]


def _headers(formulas: Formulas, language: Language) -> list[str]:
    counts = [formulas.counts[code] for code in _counts(formulas)]
    named: list[Count | RateFormula] = [*counts, *formulas.rates.values()]
    return [name_of(one, language) for one in named]


def _line(row: FigureRow, names: Names, view: View) -> FigureLine:
    key = row.key or ""
    return FigureLine(names.get(key, key) or text("none", view.language), _further(key, view), _cells(row))


def _cells(row: FigureRow) -> tuple[Cell, ...]:
    before = row.compared.get(Earlier.BEFORE)
    shown = [code for code in COUNTS if code in row.counts]
    counts = tuple(
        # Of what is still open the newest always has the most: only what came in is compared.
        _count(row.counts[code], before.counts[code] if before and code == "received" else None)
        for code in shown
    )
    past = {figure.code: figure for figure in before.figures} if before else {}
    return (*counts, *(_rate(figure, past.get(figure.code)) for figure in row.figures))


def _count(number: int, before: int | None) -> Cell:
    return Cell(f"{number:,}", change=f"{(number - before) / before:+.0%}" if before else "")


def _rate(figure: Figure, before: Figure | None) -> Cell:
    rate = figure.rate
    points = points_between(rate, before.rate) if before else None
    return Cell(
        "–" if rate.value is None else f"{rate.value:.2%}",
        f"{rate.numerator:,} / {rate.denominator:,}",
        "" if points is None else f"{points:+.2f}",
    )


def _names(backdrop: DistrictShapes, view: View, categories: Mapping[str, Category]) -> Names:
    """Return the names of the rows' keys; departments, days and weeks stand for themselves."""
    language = view.language
    if view.rows is By.STREET:
        return {area.code: area.name for area in backdrop.streets}
    if view.rows is By.COMMUNITY:
        return {area.code: area.name for area in backdrop.communities}
    if view.rows is By.CATEGORY:
        return {code: name_of(one, language) for code, one in categories.items()}
    if view.rows is By.SOURCE:
        return {source.value: SOURCES[source][language] for source in IncidentSource}
    return {}


def _further(key: str, view: View) -> str:
    """Return the query of the page that tells more of a row: the same choice within it."""
    if not key or view.rows not in _WITHIN:
        return ""
    narrower, rows = _WITHIN[view.rows]
    return view.query(**narrower(key), rows=rows)


def _days(first: date, last: date) -> dict[str, Any]:
    return {"first": first, "last": last}


#: What a row is within its page, and what the rows of its own page are.
_WITHIN: Final[Mapping[By, tuple[Callable[[str], dict[str, Any]], By]]] = {
    By.STREET: (lambda key: {"street": key}, By.COMMUNITY),
    By.COMMUNITY: (lambda key: {"street": parent_of(key), "community": key}, By.CATEGORY),
    By.CATEGORY: (lambda key: {"category": key}, By.STREET),
    By.SOURCE: (lambda key: {"source": IncidentSource(key)}, By.CATEGORY),
    By.MONTH: (lambda key: _days(*days_of_month(key)), By.STREET),
    By.WEEK: (lambda key: _days(*days_of_week(key)), By.STREET),
    By.DAY: (lambda key: _days(date.fromisoformat(key), date.fromisoformat(key)), By.STREET),
}
