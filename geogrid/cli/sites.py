"""The commands ``geogrid sites``: import inspection sites, and list rounds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, resolve_datum
from geogrid.cli.table_import_options import TableChoice, print_rows, table_options
from geogrid.layers.files.error_context import in_file
from geogrid.ledger.site_file_reader import read_sites
from geogrid.services import sites as service
from geogrid.services.import_mappings import ListKind
from geogrid.services.layer_generations import load_locator

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.services.sites import SiteImport

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def sites() -> None:
    """Import inspected sites and list inspection rounds. 督查点位。"""


@sites.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--round", "name", required=True, metavar="NAME", help="Name of the inspection round.")
@click.option("--from", "first", required=True, type=_DAY, metavar="DAY", help="First day of the round.")
@click.option("--to", "last", required=True, type=_DAY, metavar="DAY", help="Last day of the round, inclusive.")
@click.option(
    "--datum", metavar="NAME", help="Datum, if the file does not state it: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN."
)
@table_options(ListKind.SITES)
@click.option("--commit", is_flag=True, help="Store the rows. Without this option it is a dry run.")
def import_file(
    file: Path, name: str, first: datetime, last: datetime, datum: str | None, choice: TableChoice, *, commit: bool
) -> None:
    """Import sites from FILE; invalid rows are refused. 导入点位。

    \b
    Points: .csv, .xlsx or .parquet with the columns 点位编码 code, 点位名称 name, 经度 lon, 纬度 lat (or both in 坐标
    point), optionally 点位类型 kind; or .geojson. Areas: GeoJSON, GeoPackage, Shapefile and other layer files.
    The code identifies a site, so a file can be imported again, or for another round; nothing is deleted.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - click keeps the line breaks after \b
    with open_store() as store:
        options = choice.read_options(store)
        with in_file(file.name):
            site_list = read_sites(file, resolve_datum(datum), options)
        locator = load_locator(store, snap_m=load_settings().snap_m)
        done = service.import_sites(store, locator, site_list, name, first.date(), last.date(), commit=commit)
        if commit:
            choice.save(store)
    print_rows(file, done.refused, site_list.left_out)
    _print_import(done)
    sys.exit(bool(done.refused))


@sites.command("rounds")
def list_rounds() -> None:
    """List the inspection rounds. 列出督查轮次。"""
    with open_store() as store:
        for inspection, count in service.list_rounds(store):
            click.echo(
                f"{inspection.id}  {inspection.first}..{inspection.last}  {count:,} sites 点位  {inspection.name}"
            )


def _print_import(done: SiteImport) -> None:
    click.echo(f"rows 行数 {done.rows:,}")
    click.echo(f"added 新增 {done.added:,}, changed 变更 {done.changed:,}, unchanged 未变 {done.unchanged:,}")
    click.echo(f"outside the district 区外 {done.outside:,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")
