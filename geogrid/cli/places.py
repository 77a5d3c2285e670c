"""The commands ``geogrid places``: import and search the gazetteer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, print_json, require_datum, resolve_datum
from geogrid.cli.table_import_options import TableChoice, print_rows, table_options
from geogrid.layers.files.error_context import in_file
from geogrid.locate.locator import Locator
from geogrid.model import CONSOLE
from geogrid.places.gazetteer_reader import read_gazetteer
from geogrid.services import places as service
from geogrid.services.import_mappings import ListKind
from geogrid.services.layer_generations import load_layers, load_locator
from geogrid.tabular.table_reader import TabularFormat

if TYPE_CHECKING:
    from geogrid.model import PlaceMatch
    from geogrid.services.places import PlaceImport


@click.group()
def places() -> None:
    """Import and find places and standard addresses. 地名地址。"""


@places.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--datum", metavar="NAME", help="Datum of rows without one: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN.")
@click.option("--source", metavar="NAME", help="Name of the gazetteer; by default the file name without suffix.")
@click.option("--synthetic", is_flag=True, help="Mark the places as synthetic in every display.")
@table_options(ListKind.PLACES)
@click.option("--commit", is_flag=True, help="Store the rows. Without this option it is a dry run.")
def import_file(
    file: Path, datum: str | None, source: str | None, choice: TableChoice, *, synthetic: bool, commit: bool
) -> None:
    """Import a gazetteer from a CSV, XLSX or Parquet FILE; invalid rows are refused. 导入标准地名地址。

    \b
    Required columns: 标准名称 name or 标准地址 address, 经度 lon, 纬度 lat (or both in 坐标 point).
    Optional: 类别 kind, 坐标系 datum.
    The import replaces all earlier places of the same source.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - click keeps the line breaks after \b
    name = source or file.stem
    default = require_datum(datum)
    with open_store() as store:
        options = choice.read_options(store)
        with in_file(file.name):
            file_format = TabularFormat.of_file(file)
            gazetteer = read_gazetteer(file.read_bytes(), file_format, default, name, options, synthetic=synthetic)
        # A file without any valid row still lists its refused rows.
        if not gazetteer.places:
            print_rows(file, gazetteer.refused, gazetteer.left_out)
        locator = load_locator(store, snap_m=load_settings().snap_m)
        done = service.import_places(store, locator, gazetteer, name, CONSOLE, commit=commit)
        if commit:
            choice.save(store)
    print_rows(file, done.refused, gazetteer.left_out)
    _print_import(done)
    sys.exit(bool(done.refused))


@places.command("find")
@click.argument("text")
@click.option("--datum", metavar="NAME", help="Datum of coordinates in TEXT: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN.")
@click.option(
    "--limit",
    type=click.IntRange(1, service.MAX_FOUND),
    default=10,
    show_default=True,
    help="Maximum number of results.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def find(text: str, datum: str | None, limit: int, *, as_json: bool) -> None:
    """Find places by TEXT: a name, an address, pinyin, initials, or coordinates. 查找地点。

    Exit status 1 if no place was found.
    """
    settings = load_settings()
    with open_store() as store:
        generation, layers = load_layers(store)
        locator = Locator(generation, layers, snap_m=settings.snap_m)
        finder = service.load_finder(store, layers, locator)
    answer = service.find_places(finder, locator, text, resolve_datum(datum), limit=limit)
    if as_json:
        print_json(answer.found)
    else:
        if answer.pasted and answer.pasted.lat_first:
            click.echo("The coordinates were read as latitude, longitude. 纬度在前。", err=True)
        for match in answer.found:
            click.echo(_format_match(match))
    sys.exit(not answer.found)


def _format_match(match: PlaceMatch) -> str:
    place = match.place
    where = " · ".join(area.name for area in (place.street, place.community) if area and area.name != place.name)
    synthetic_label = "合成示意 synthetic" if place.synthetic else ""
    point = f"{place.point.lon:.6f},{place.point.lat:.6f}"
    words = (f"{match.score:.2f}", place.kind, place.name, place.code, place.address, where, point, synthetic_label)
    return "  ".join(word for word in words if word)


def _print_import(done: PlaceImport) -> None:
    click.echo(f"rows 行数 {done.rows:,}")
    click.echo(f"accepted 接受 {done.accepted:,} (outside the district 区外 {done.outside:,})")
    click.echo(f"replaced 替换 {done.replaced:,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to store them. 试运行，未写入。")
