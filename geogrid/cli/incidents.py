"""``geogrid incidents``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, progress_bar, resolve_datum
from geogrid.errors import FileError
from geogrid.incidents.files import FileFormat, read_rows
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.files.error_context import in_file
from geogrid.model import CONSOLE
from geogrid.services.incidents import ImportReport, import_incidents
from geogrid.services.layers import load_locator
from geogrid.services.reporting_periods import close_period
from geogrid.services.routing import rules_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tqdm import tqdm

    from geogrid.tabular.table_rows import TableRow

_SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".geojson": FileFormat.GEOJSON,
    ".json": FileFormat.GEOJSON,
    ".parquet": FileFormat.PARQUET,
}


@click.group()
def incidents() -> None:
    """Take in incidents from files. 事件。"""


@incidents.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--datum", metavar="NAME", help="The datum of rows that name none: wgs84, gcj02, bd09, EPSG:NNNN …")
@click.option("--accept-datum", is_flag=True, help="Keep the rows although their datum is suspected.")
@click.option("--commit", is_flag=True, help="Keep the rows. Without it nothing is changed: a dry run.")
def import_file(file: Path, datum: str | None, *, accept_datum: bool, commit: bool) -> None:
    """Import a CSV, GeoJSON or Parquet FILE; each bad row is refused by itself. 导入事件。

    \b
    Columns: reported_at, category, lon, lat (a GeoJSON point has the last two), and if you have them
    source, datum, description, external_id, grid_code, and of a history verified_at, filed_at, dispatched_at, due_at,
    handled_at, checked_at, closed_at, department. A time without a zone is Beijing time.
    A source's external_id is taken once, so the same file can be imported again.

    grid_code is the grid that the reporter claims. Where these codes agree much better with the points under another
    datum, that is told with the figures, and nothing is kept without --accept-datum.

    Exit status 1 if rows were refused or their datum is suspected.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    settings = load_settings()
    file_format = _SUFFIXES.get(file.suffix.lower())
    if file_format is None:
        raise FileError(f"{file.name}: the ending is not known.", remedy=f"Use one of {', '.join(_SUFFIXES)}.")
    default = resolve_datum(datum)
    with open_store() as store, in_file(file.name), progress_bar(0, "rows 行") as bar:
        rows = _counted(read_rows(file.read_bytes(), file_format), bar)
        report = import_incidents(
            store,
            load_locator(store, snap_m=settings.snap_m),
            rules_in_force(store, load_rules()),
            rows,
            CONSOLE,
            datum=default,
            commit=commit,
            accept_datum=accept_datum,
        )
    _print_report(file, report, commit=commit)
    sys.exit(bool(report.refused or report.suspicions))


@incidents.command("close-period")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--commit", is_flag=True, help="Decide it. Without it nothing is changed: a dry run.")
def close(day: datetime, *, commit: bool) -> None:
    """Take no more reports of DAY (like 2026-10-31) and all before. 关账：不再接收该日及以前的上报。

    For a period whose figures have been reported. What is open goes on; an earlier DAY opens what lies between again.
    """
    with open_store() as store:
        before = close_period(store, CONSOLE, day.date(), commit=commit)
    click.echo(f"closed until 已关账至 {before or '-'} → {day:%Y-%m-%d}")
    if not commit:
        click.echo("Dry run: nothing was changed. Add --commit to decide it. 试运行，未写入。")


def _counted(rows: Iterable[TableRow], bar: tqdm) -> Iterator[TableRow]:
    for row in rows:
        bar.update()
        yield row


def _print_report(file: Path, report: ImportReport, *, commit: bool) -> None:
    for refusal in report.refused:
        click.echo(f"{file.name}:{refusal.row}: {refusal.field or '-'}: {refusal.reason} [{refusal.code}]", err=True)
    click.echo(f"rows 行数 {report.rows:,}")
    click.echo(f"accepted 接受 {report.accepted:,} (outside the district 区外 {report.outside:,})")
    click.echo(f"refused 拒绝 {len(report.refused):,}")
    for suspicion in report.suspicions:
        click.echo(suspicion.message)
    if commit and not report.committed:
        click.echo("Nothing was kept: check --datum, or add --accept-datum. 未写入，请核对坐标系。")
    elif not report.committed:
        click.echo("Dry run: nothing was changed. Add --commit to keep them. 试运行，未写入。")
