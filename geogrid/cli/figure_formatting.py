"""Formatting of figure tables as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geogrid.local_time import format_timestamp, local_zone
from geogrid.model.figures import format_share, percentage_point_change
from geogrid.tabular.csv_format import guard_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.model.figures import Rate
    from geogrid.model.provenance import Provenance
    from geogrid.rules.formulas import Formulas
    from geogrid.services.figure_tables import FigureRow, FigureTable, TableGrouping

#: Column width of the labels of rates.
_LABEL = 15


def format_total(total: FigureRow, formulas: Formulas) -> Iterator[str]:
    """Yield the lines of the total."""
    yield f"received 受理  {total.counts['received']:>9,}"
    yield f"handled 办结   {total.counts['handled']:>9,}"
    for figure in total.figures:
        formula, rate = formulas.rates[figure.code], figure.rate
        label = "rate 办结率" if figure.code == "handled_rate" else formula.name
        share = f"{label}{' ' * (_LABEL - _text_width(label))}{_format_percent(rate):>9}"
        change = _format_change(total, figure.code)
        yield f"{share}{change}  {rate.numerator:,} / {rate.denominator:,}: {formula.name_en}"


def format_rows(table: FigureTable, formulas: Formulas) -> Iterator[str]:
    """Yield the header and the rows of a table as lines."""
    yield "\t".join(("", "受理", *(rate.name for rate in formulas.rates.values())))
    for row in table.rows:
        rates = (f"{_format_percent(figure.rate)}{_format_change(row, figure.code)}" for figure in row.figures)
        yield "\t".join((row.key or "–", f"{row.counts['received']:,}", *rates))


def format_closing(table: FigureTable) -> Iterator[str]:
    """Yield lines on the closed months of the period, and on the values that differ from their snapshots."""
    for note in table.snapshots:
        snapshot = note.snapshot
        kind = "closed 关账" if note.official else "earlier snapshot 历史快照"
        made = f"{snapshot.made_at.astimezone(local_zone()):%Y-%m-%d %H:%M}"
        versions = f"formulas 公式 {snapshot.formulas}, generation 图层版本 {snapshot.generation}"
        yield f"{snapshot.month} {kind} {made}, {versions}"
    if table.is_official and not table.is_wholly_official:
        yield "only some rows are those of the closing, the others are counted now 仅部分行为关账数字，其余为实时统计"
    if table.snapshots and not table.is_official:
        yield "counted now: the snapshots do not hold these figures 快照中没有这些数字，以下为实时统计"
    for row in (table.total, *table.rows):
        now = row.recomputed
        changed = [code for code, count in row.counts.items() if now and now.counts[code] != count]
        if now and changed:
            changes = ", ".join(f"{code} {row.counts[code]:,} → {now.counts[code]:,}" for code in changed)
            yield f"restated since 关账后变动 {row.key or 'total'}: {changes}"


def format_csv(table: FigureTable, by: TableGrouping | None, provenance: Provenance) -> str:
    """Return a table as CSV; without `by`, only the total.

    Earlier periods, with snapshots the values counted now, and the provenance are further columns.
    """
    shown = table.rows if by else [table.total]
    constants = {name: guard_cell(value) for name, value in provenance.columns().items()}
    rows = [_flatten_row(row, by) | (_flatten_restated(row) if table.snapshots else {}) | constants for row in shown]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def format_json(table: FigureTable, formulas: Formulas, provenance: Provenance) -> dict[str, Any]:
    """Return a table as JSON-compatible values."""
    return {
        "formulas": formulas.version,
        "provenance": provenance.as_json(),
        "periods": {earlier: [str(day) for day in days] for earlier, days in table.periods.items()},
        "counted_at": format_timestamp(table.counted_at),
        "restated_at": format_timestamp(table.restated_at) if table.restated_at else None,
        "snapshots": [
            {name: getattr(note.snapshot, name) for name in ("month", "actor", "formulas", "generation")}
            | {"made_at": format_timestamp(note.snapshot.made_at), "official": note.official}
            for note in table.snapshots
        ],
        "total": _build_json_row(table.total),
        "rows": [_build_json_row(row) for row in table.rows],
    }


def _build_json_row(row: FigureRow) -> dict[str, Any]:
    figures = [asdict(figure) | {"rate": figure.rate.value} | asdict(figure.rate) for figure in row.figures]
    compared = {earlier: _build_json_row(then) for earlier, then in row.compared.items()}
    recomputed = _build_json_row(row.recomputed) if row.recomputed else None
    closed = {"snapshot": row.from_snapshot, "recomputed": recomputed}
    found = {} if row.found is None else {"found": row.found}
    return {"key": row.key, **found, "counts": row.counts, "figures": figures, "compared": compared} | closed


def _flatten_row(row: FigureRow, by: TableGrouping | None) -> dict[str, Any]:
    cells: dict[str, Any] = {by: guard_cell(row.key or "")} if by else {}
    cells |= {} if row.found is None else {"found": row.found}
    cells |= row.counts
    cells |= {figure.code: figure.rate.value for figure in row.figures}
    present = {figure.code: figure.rate for figure in row.figures}
    for earlier, then in row.compared.items():
        cells |= {f"{earlier}_{code}": count for code, count in then.counts.items()}
        for figure in then.figures:
            cells[f"{earlier}_{figure.code}"] = figure.rate.value
            cells[f"{earlier}_{figure.code}_points"] = percentage_point_change(present[figure.code], figure.rate)
    return cells


def _flatten_restated(row: FigureRow) -> dict[str, Any]:
    now = row.counted_now
    rates = {f"now_{figure.code}": figure.rate.value for figure in now.figures}
    return {"snapshot": row.from_snapshot} | {f"now_{code}": count for code, count in now.counts.items()} | rates


def _format_change(row: FigureRow, code: str) -> str:
    """Return the differences of a rate from those of earlier periods, in percentage points."""
    present = next(figure.rate for figure in row.figures if figure.code == code)
    words = {"before": "环比", "year": "同比"}
    parts = []
    for earlier, then in row.compared.items():
        points = percentage_point_change(present, next(figure.rate for figure in then.figures if figure.code == code))
        parts.append(f"  {words[earlier]} {'–' if points is None else f'{points:+.2f}'}")
    return "".join(parts)


def _format_percent(rate: Rate) -> str:
    return format_share(rate.value)


def _text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
