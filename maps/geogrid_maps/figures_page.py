"""The table of figures by area, category, department, source or time, as a page and as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geogrid.model.figures import Rate, format_share, percentage_point_change
from geogrid.rules.vocabulary import name_codes
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping
from geogrid.services.filter_value_check import check_choice
from geogrid.stats.csv_geojson_writer import write_csv
from geogrid.stats.ranking import rank_figures
from geogrid.stats.rate_change import compare_rates
from geogrid_maps.area_labels import row_names
from geogrid_maps.closed_months import describe_basis, describe_closing, mark_basis
from geogrid_maps.figure_details import detail_query, find_filters, row_groupings
from geogrid_maps.formatting import format_change, name_of, to_the_minute
from geogrid_maps.funnel import FunnelGroup, plot_funnel
from geogrid_maps.map_data import MapData
from geogrid_maps.map_page import ENVIRONMENT
from geogrid_maps.map_provenance import map_provenance
from geogrid_maps.page_context import FIGURES, INCIDENTS, PageContext, page_values
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.constants import Language
    from geogrid.model.figures import Figure, WhistleCounts
    from geogrid.rules.formulas import Count, Formulas, RateFormula
    from geogrid.services.figure_tables import FigureRow, FigureTable
    from geogrid.services.loop_figures import WhistleTable
    from geogrid.stats.ranking import Rank
    from geogrid.stats.rate_change import ComparedDays
    from geogrid_maps.funnel import Funnel

    Names = Mapping[str, str]

#: Counts of the table, before its rates.
COUNTS: Final = ("received", "handled", "open", "overdue", "reopened")
_BY_HANDLER: Final = (TableGrouping.DEPARTMENT, TableGrouping.WORKER)
_EARLIER: Final = {ComparisonPeriod.BEFORE: "before", ComparisonPeriod.YEAR: "year_before"}


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Change of a figure against an earlier period, as text.

    Attributes
    ----------
    earlier
        The earlier period.
    text
        Of the incidents received per day in per cent with its interval, of a rate in percentage points.
    chance
        Whether the change of a count is within chance; None for a rate.
    """

    earlier: ComparisonPeriod
    text: str
    chance: bool | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure in the table, as text.

    Attributes
    ----------
    value
        The figure.
    incidents
        URL of the list of incidents that it counts; empty without one.
    behind
        Numerator, denominator and 95 % interval of a rate.
    changes
        Changes against earlier periods.
    restated
        The figure counted now, where it differs from the snapshot of a closed month; empty otherwise.
    """

    value: str
    incidents: str = ""
    behind: str = ""
    changes: tuple[FigureChange, ...] = ()
    restated: str = ""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A row of the table.

    Attributes
    ----------
    name
        Its name.
    query
        Query of the page it links to; empty without one.
    rank, cells
        Its rank and its figures.
    basis
        Mark of a row of closed months, in a table that has others too; otherwise empty.
    """

    name: str
    query: str
    rank: Rank | None
    cells: tuple[Cell, ...]
    basis: str = ""


@dataclass(frozen=True, slots=True)
class FiguresData(MapData):
    """Data of the table of figures; `view.rows` sets the grouping of its rows.

    Attributes
    ----------
    table, formulas
        The figures, and the formulas they are computed by.
    days
        Days of each earlier period and of the shown one.
    whistles
        Numbers of whistles by department; None for other tables.
    restated
        Whether all incidents are counted by the shown generation.
    """

    table: FigureTable
    formulas: Formulas
    days: Mapping[ComparisonPeriod, ComparedDays]
    whistles: WhistleTable | None = None
    restated: bool = False


def _row_sum(table: FigureTable, by: TableGrouping) -> int | None:
    """Return the received incidents of all rows if the parts of split reports make them more than the total."""
    rows = sum(row.counts["received"] for row in table.rows)
    return rows if by in _BY_HANDLER and rows != table.total.counts["received"] else None


def figures_page(data: FiguresData, context: PageContext) -> str:
    """Return the table of figures as HTML."""
    language, view, table = data.language, data.view, data.table
    names = _row_names(data)
    ranked = _rank_rows(data)
    values: dict[str, Any] = {
        "title": text("figures_page", language),
        "headers": dict(zip(_codes(data.formulas), _headers(data.formulas, language), strict=True)),
        "rows_are": row_names(data.words, data.shapes.areas.present)[view.rows],
        "lines": [_line(row, rank, names, data) for row, rank in ranked],
        "total": _cells(table.total, data, {}),
        "funnel": _plot_rows([row for row, _ in ranked], names, data),
        "row_sum": _row_sum(table, view.rows),
        # A frozen rate does not rise.
        "pending": 0 if table.total.from_snapshot else table.total.counts.get("pending", 0),
        "total_basis": mark_basis(table.total, table, language),
        "closing": describe_closing(table, language),
        "periods": table.periods,
        "earlier": {kind: text(_EARLIER[kind], language) for kind in ComparisonPeriod},
        "n": table.total.counts["received"],
        "synthetic": table.share(data.shapes.generation).describe(language),
        "formulas": data.formulas,
        "whistles": _whistle_lines(data.whistles, language) if data.whistles and data.whistles.rows else [],
        "generation": data.shapes.generation,
        "restated": data.restated,
        "download": f"{FIGURES}.csv?{view.query()}",
        "listed": f"{INCIDENTS}?{view.query()}",
    }
    flat = {TableGrouping.MAIN_CATEGORY} if data.categories.is_flat else set()
    groupings = row_names(data.words, data.shapes.areas.present)
    options = {"rows": {by.value: groupings[by] for by in row_groupings(data.shapes) if by not in flat}}
    frame = page_values(FIGURES, data, options=options, context=context)
    return ENVIRONMENT.get_template("figures_page.html").render(frame | values)


def figures_csv(data: FiguresData) -> bytes:
    """Return the table of figures as CSV, UTF-8 with a byte order mark for Excel; rates are shares of 1."""
    language, view, formulas = data.language, data.view, data.formulas
    names = _row_names(data)
    header = [
        text("code", language),
        row_names(data.words, data.shapes.areas.present)[view.rows],
        *_headers(formulas, language),
    ]
    rows = [_csv_row(row, names.get(row.key or "", row.key or ""), formulas) for row in data.table.rows]
    rows.append(_csv_row(data.table.total, text("total", language), formulas))
    if data.table.snapshots:
        header += _restated_headers(formulas, language)
        shown = [*data.table.rows, data.table.total]
        rows = [cells + _restated_cells(row, data) for cells, row in zip(rows, shown, strict=True)]
    provenance = map_provenance(data, synthetic=data.table.share(data.shapes.generation))
    return write_csv(header, rows, data.table.correct_provenance(provenance))


def _csv_row(row: FigureRow, name: str, formulas: Formulas) -> list[object]:
    return [row.key or "", name, *_csv_values(row, formulas)]


def _csv_values(row: FigureRow, formulas: Formulas) -> list[object]:
    rates = ["" if figure.rate.value is None else figure.rate.value for figure in row.figures]
    return [*(row.counts[code] for code in _counts(formulas)), *rates]


def _restated_headers(formulas: Formulas, language: Language) -> list[str]:
    named = [f"{header} ({text('restated_now', language)})" for header in _headers(formulas, language)]
    return [text("figure_basis", language), text("counted_at", language), *named]


def _restated_cells(row: FigureRow, data: FiguresData) -> list[object]:
    """Return the basis of a row, the time of counting, and its values counted now where they differ."""
    basis = describe_basis(row, data.table, data.view.rows, data.language)
    official = _csv_values(row, data.formulas)
    now = _csv_values(row.counted_now, data.formulas)
    differing = [value if value != frozen else "" for value, frozen in zip(now, official, strict=True)]
    return [basis, to_the_minute(data.table.counted_at), *differing]


def _counts(formulas: Formulas) -> list[str]:
    """Return the codes of the counts that the formulas define."""
    return [code for code in COUNTS if code in formulas.counts]


def check_rank(code: str, formulas: Formulas) -> None:
    """Raise if a table of figures has no column with a code to rank its rows by.

    Raises
    ------
    QueryError
        With the code ``unknown_value`` and the codes that exist.
    """
    if code:
        check_choice("rank", code, _codes(formulas))


def _codes(formulas: Formulas) -> list[str]:
    """Return the codes of the columns: some counts, and all rates."""
    return [*_counts(formulas), *formulas.rates]


def _headers(formulas: Formulas, language: Language) -> list[str]:
    counts = [formulas.counts[code] for code in _counts(formulas)]
    named: list[Count | RateFormula] = [*counts, *formulas.rates.values()]
    return [name_of(formula, language) for formula in named]


def _rank_rows(data: FiguresData) -> list[tuple[FigureRow, Rank | None]]:
    """Return the rows with their ranks by the chosen figure, the highest first; without one in their own order."""
    rows, code = data.table.rows, data.view.rank
    if not code:
        return [(row, None) for row in rows]
    # Incidents without an area or department compete with none.
    named = [row for row in rows if row.key is not None]
    ranks = rank_figures([_figure_of(row, code) for row in named])
    ordered = sorted(zip(named, ranks, strict=True), key=lambda pair: pair[1].rank if pair[1] else len(rows) + 1)
    return [*ordered, *((row, None) for row in rows if row.key is None)]


def _figure_of(row: FigureRow, code: str) -> Rate | int:
    rates = {figure.code: figure.rate for figure in row.figures}
    return rates[code] if code in rates else row.counts[code]


def _plot_rows(rows: list[FigureRow], names: Names, data: FiguresData) -> Funnel | None:
    """Return the funnel plot of the rate that ranks the rows; None for a count."""
    code = data.view.rank
    if code not in data.formulas.rates:
        return None
    groups = [
        FunnelGroup(names.get(row.key, row.key), rate, detail_query(row.key, data))
        for row in rows
        if row.key and isinstance(rate := _figure_of(row, code), Rate)
    ]
    total = _figure_of(data.table.total, code)
    return plot_funnel(groups, total) if isinstance(total, Rate) else None


def _line(row: FigureRow, rank: Rank | None, names: Names, data: FiguresData) -> FigureLine:
    key, view = row.key or "", data.view
    name = names.get(key, key) or text("none", view.language)
    narrow = find_filters(key, data)
    return FigureLine(
        name, detail_query(key, data), rank, _cells(row, data, narrow), mark_basis(row, data.table, data.language)
    )


def _cells(row: FigureRow, data: FiguresData, narrow: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    """Return the figures of a row; `narrow` are the filters of its incidents, None if no filter selects them."""

    def listed(code: str) -> str:
        if narrow is None:
            return ""
        # The page selects a month where the address has no period.
        days = {"first": data.view.first, "last": data.view.last} | dict(narrow)
        return f"{INCIDENTS}?{data.view.query(**days, figure=code, rank='', rows=TableGrouping.STREET)}"

    now = row.counted_now
    counts = (
        Cell(
            f"{row.counts[code]:,}",
            listed(code),
            changes=_count_changes(row, data) if code == "received" else (),
            restated=f"{now.counts[code]:,}" if now.counts[code] != row.counts[code] else "",
        )
        for code in COUNTS
        if code in row.counts
    )
    rates = (
        Cell(
            format_share(figure.rate.value),
            listed(figure.code),
            _behind(figure.rate),
            _rate_changes(row, figure),
            restated=""
            if present.rate == figure.rate
            else f"{format_share(present.rate.value)} ({_ratio(present.rate)})",
        )
        for figure, present in zip(row.figures, now.figures, strict=True)
    )
    return (*counts, *rates)


def _count_changes(row: FigureRow, data: FiguresData) -> tuple[FigureChange, ...]:
    """Return the changes of the number received; other counts are higher in recent periods by the time they had."""
    found = {
        kind: compare_rates(before.counts["received"], row.counts["received"], data.days[kind])
        for kind, before in row.compared.items()
    }
    return tuple(
        FigureChange(kind, format_change(change), change.is_within_chance) for kind, change in found.items() if change
    )


def _rate_changes(row: FigureRow, figure: Figure) -> tuple[FigureChange, ...]:
    found = []
    for kind, before in row.compared.items():
        past = next(one.rate for one in before.figures if one.code == figure.code)
        points = percentage_point_change(figure.rate, past)
        if points is not None:
            found.append(FigureChange(kind, f"{points:+.2f}"))
    return tuple(found)


def _whistle_lines(table: WhistleTable, language: Language) -> list[tuple[str, tuple[Cell, ...]]]:
    """Return the name and the figures of each department, and of the total."""
    rows = [*table.rows.items(), (text("total", language), table.total)]
    return [(name, _whistle_cells(counts)) for name, counts in rows]


def _whistle_cells(counts: WhistleCounts) -> tuple[Cell, ...]:
    numbers = (counts.called, counts.reported_in, counts.in_time, counts.late, counts.unanswered)
    rates = (Cell(format_share(figure.rate.value), behind=_behind(figure.rate)) for figure in counts.figures)
    average = "–" if counts.average_rating is None else f"{counts.average_rating:.2f} (n = {counts.ratings:,})"
    return (*(Cell(f"{number:,}") for number in numbers), *rates, Cell(average))


def _behind(rate: Rate) -> str:
    """Return numerator, denominator and interval of a rate."""
    limits = " – ".join(map(format_share, rate.interval or ()))
    return _ratio(rate) + (f" · 95 %: {limits}" if limits else "")


def _ratio(rate: Rate) -> str:
    return f"{rate.numerator:,} / {rate.denominator:,}"


def _row_names(data: FiguresData) -> Names:
    """Return the names of the row keys. Departments and dates are their own names."""
    rows, language = data.view.rows, data.language
    if rows is TableGrouping.STREET:
        return {area.code: area.name for area in data.shapes.streets}
    if rows is TableGrouping.COMMUNITY:
        return {area.code: area.name for area in data.shapes.communities}
    if rows in (TableGrouping.CATEGORY, TableGrouping.MAIN_CATEGORY):
        return {code: name_of(category, language) for code, category in data.categories.nodes.items()}
    if rows is TableGrouping.SOURCE:
        return name_codes(data.rules.profile.sources, language)
    return {}
