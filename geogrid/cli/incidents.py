"""The commands ``geogrid incidents``: import incidents, and close reporting periods."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import (
    load_settings,
    open_store,
    progress_bar,
    resolve_datum,
    translate_write_errors,
)
from geogrid.cli.filter_options import filter_options
from geogrid.cli.generation_options import generation_options, select_generation
from geogrid.cli.table_import_options import TableChoice, print_rows, table_options
from geogrid.constants import Language
from geogrid.errors import ConflictError, FileError
from geogrid.incidents.export_writers import IncidentFormat, write_incidents
from geogrid.incidents.incident_file_reader import FileFormat, read_incident_file
from geogrid.layers.files.error_context import in_file
from geogrid.model import CONSOLE
from geogrid.rules.formulas import FigureSide
from geogrid.services.filter_value_check import check_values
from geogrid.services.import_mappings import ListKind
from geogrid.services.incident_export import IncidentSelection, open_export
from geogrid.services.incident_import import IncidentImport, import_incidents
from geogrid.services.layer_generations import load_locator
from geogrid.services.period_snapshots import ROW_KINDS, TOTAL, read_counts
from geogrid.services.reporting_periods import close_period
from geogrid.services.rule_versions import load_active_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tqdm import tqdm

    from geogrid.incidents.query import FilterValues
    from geogrid.rules.formulas import Formulas
    from geogrid.store.period_snapshots import PeriodSnapshot
    from geogrid.tabular.row_model import TableRow


@click.group()
def incidents() -> None:
    """Import and export incidents, and close reporting periods. 事件。"""


@incidents.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--datum", metavar="NAME", help="Datum of rows without one: wgs84, gcj02, bd09, EPSG:NNNN …")
@click.option("--accept-datum", is_flag=True, help="Import the rows even if their datum is probably wrong.")
@table_options(ListKind.INCIDENTS)
@click.option("--commit", is_flag=True, help="Store the rows. Without this option it is a dry run.")
def import_file(file: Path, datum: str | None, choice: TableChoice, *, accept_datum: bool, commit: bool) -> None:
    """Import incidents from a CSV, XLSX, GeoJSON or Parquet FILE; invalid rows are refused. 导入事件。

    \b
    Required columns: reported_at, category, lon, lat (or point; in GeoJSON the geometry). Optional columns: source,
    datum, description, external_id, grid_code; for a history verified_at, filed_at, dispatched_at, due_at,
    handled_at, checked_at, closed_at, department. Chinese names such as 上报时间, 类别, 经度 are known; other names
    need --mapping. Categories and sources are codes or names. A time without a time zone is Beijing time.
    An external_id of a source is imported once, so a file can be imported again.

    grid_code is the grid named by the reporter. If these codes fit the points much better under another datum, the
    command reports it and stores nothing without --accept-datum.

    Exit status 1 if rows were refused or their datum is probably wrong.
    """  # noqa: D301 - click keeps the line breaks after \b
    settings = load_settings()
    default = resolve_datum(datum)
    with open_store() as store, progress_bar(0, "rows 行") as bar:
        options = choice.read_options(store)
        with in_file(file.name):
            content = read_incident_file(file.read_bytes(), FileFormat.of_file(file), default, options)
            rows = list(_count_rows(content.rows, bar))
        report = import_incidents(
            store,
            load_locator(store, snap_m=settings.snap_m),
            load_active_rules(store),
            rows,
            CONSOLE,
            datum=content.datum,
            commit=commit,
            accept_datum=accept_datum,
        )
        if commit:
            choice.save(store)
    print_rows(file, report.refused, content.left_out)
    _print_report(report, commit=commit)
    sys.exit(bool(report.refused or report.suspicions))


@incidents.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@filter_options
@click.option("--figure", default="", metavar="CODE", help="Only the incidents that this count or rate counts.")
@click.option(
    "--part",
    type=click.Choice([side.value for side in FigureSide]),
    default=FigureSide.NUMERATOR.value,
    show_default=True,
    help="Side of the rate of --figure.",
)
@click.option(
    "--lang",
    type=click.Choice([language.value for language in Language]),
    default="zh",
    show_default=True,
    help="Language of headings and names.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@generation_options
def export_file(
    out: Path,
    values: FilterValues,
    figure: str,
    part: str,
    lang: str,
    as_of: str | None,
    number: int | None,
    *,
    force: bool,
) -> None:
    """Export the incidents of the filters to FILE: .csv, .xlsx, .geojson, .gpkg or .parquet. 导出事件。

    Telephone and identity numbers are masked. The export is kept in the audit log.

    \b
    geogrid incidents export june.xlsx --from 2022-06-01 --to 2022-06-30
    geogrid incidents export late.csv --street CODE --figure overdue --lang en
    """  # noqa: D301 - click keeps the line breaks after \b
    form = _format_of(out)
    if out.exists() and not force:
        raise ConflictError(
            f"{out.name} already exists.", code="file_exists", remedy="Choose another name, or add --force."
        )
    with open_store() as store, translate_write_errors(out):
        rules = load_active_rules(store)
        check_values(store, rules, values)
        generation = select_generation(store, as_of, number)
        query = values.filter(generation.id if generation else None)
        selection = IncidentSelection(values, query, figure, FigureSide(part))
        export = open_export(store, rules, rules.formulas, CONSOLE, selection, form, Language(lang))
        write_incidents(out, export, form)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def _format_of(out: Path) -> IncidentFormat:
    try:
        return IncidentFormat(out.suffix.lower().removeprefix("."))
    except ValueError as error:
        suffixes = ", ".join(form.suffix for form in IncidentFormat)
        raise FileError("The file name suffix is unknown.", code="format", remedy=f"Use one of {suffixes}.") from error


@incidents.command("close-period")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--commit", is_flag=True, help="Close the period. Without this option it is a dry run.")
def close(day: datetime, *, commit: bool) -> None:
    """Refuse new reports of DAY (such as 2026-10-31) and all earlier days. 关账：不再接收该日及以前的上报。

    Use it after the figures of a period have been published. The figures of each month that it completes are frozen:
    tables of figures show them, and beside them the same figures counted now where they differ. Open incidents can
    still take steps. An earlier DAY reopens the days after it and keeps their snapshots as history.
    """
    with open_store() as store:
        formulas = load_active_rules(store).formulas
        done = close_period(store, formulas, CONSOLE, day.date(), commit=commit)
    click.echo(f"closed until 已关账至 {done.previous_day or '-'} → {day:%Y-%m-%d}")
    for snapshot in done.snapshots:
        click.echo(f"frozen 定格 {_describe_snapshot(snapshot, formulas)}")
    if not commit:
        click.echo("Dry run: nothing was changed. Add --commit to close the period. 试运行，未写入。")


def _describe_snapshot(snapshot: PeriodSnapshot, formulas: Formulas) -> str:
    counts = read_counts(snapshot)
    total = counts[TOTAL][None]
    rows = ", ".join(f"{kind} {len(counts[kind])}" for kind in ROW_KINDS)
    rates = ", ".join(
        f"{formulas.rates[figure.code].name_en} {figure.rate.numerator:,} / {figure.rate.denominator:,}"
        for figure in formulas.figures(total)
    )
    return f"{snapshot.month}: received 受理 {total['received']:,}; {rates}; rows 行 {rows}"


def _count_rows(rows: Iterable[TableRow], bar: tqdm) -> Iterator[TableRow]:
    for row in rows:
        bar.update()
        yield row


def _print_report(report: IncidentImport, *, commit: bool) -> None:
    click.echo(f"rows 行数 {report.rows:,}")
    click.echo(f"accepted 接受 {report.accepted:,} (outside the district 区外 {report.outside:,})")
    click.echo(f"refused 拒绝 {len(report.refused):,}")
    for suspicion in report.suspicions:
        click.echo(suspicion.message)
    if commit and not report.committed:
        click.echo("Nothing was stored: check --datum, or add --accept-datum. 未写入，请核对坐标系。")
    elif not report.committed:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")
