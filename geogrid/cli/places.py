"""``geogrid places``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.command_support import load_settings, open_store, print_json, require_datum, resolve_datum
from geogrid.layers.files.error_context import in_file
from geogrid.locate.locator import Locator
from geogrid.model import CONSOLE
from geogrid.places.files import read_gazetteer
from geogrid.services import places as service
from geogrid.services.layers import load_layers, load_locator

if TYPE_CHECKING:
    from geogrid.model import PlaceMatch
    from geogrid.services.places import PlaceImport


@click.group()
def places() -> None:
    """Take in places and standard addresses, and find them. 地名地址。"""


@places.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--datum", metavar="NAME", help="The datum of rows that name none: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN."
)
@click.option("--source", metavar="NAME", help="What the list is called; by default as the file, without its ending.")
@click.option("--synthetic", is_flag=True, help="The places are made up; wherever they show, that is said.")
@click.option("--commit", is_flag=True, help="Keep the rows. Without it nothing is changed: a dry run.")
def import_file(file: Path, datum: str | None, source: str | None, *, synthetic: bool, commit: bool) -> None:
    """Import a CSV or XLSX list of places; each bad row is refused by itself. 导入标准地名地址。

    \b
    Columns: 标准名称 name or 标准地址 address, 经度 lon, 纬度 lat, and if you have it 类别 kind, 坐标系 datum.
    A list of a source replaces what the same source has brought before.

    Exit status 1 if rows were refused.
    """  # noqa: D301 - \b is click's mark for "as it stands"
    name = source or file.stem
    default = require_datum(datum)
    with in_file(file.name):
        found = read_gazetteer(file.read_bytes(), file.suffix.lower(), default, name, synthetic=synthetic)
    with open_store() as store:
        locator = load_locator(store, snap_m=load_settings().snap_m)
        done = service.import_places(store, locator, found, name, CONSOLE, commit=commit)
    _print_import(file, done)
    sys.exit(bool(done.refused))


@places.command("find")
@click.argument("text")
@click.option("--datum", metavar="NAME", help="Of coordinates: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN.")
@click.option(
    "--limit", type=click.IntRange(1, service.MAX_FOUND), default=10, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def find(text: str, datum: str | None, limit: int, *, as_json: bool) -> None:
    """Say which places TEXT may mean: a name, an address, pinyin, initials, or coordinates. 查找地点。

    Exit status 1 if there is none.
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
            click.echo("The latitude stands first. 纬度在前。", err=True)
        for found in answer.found:
            click.echo(_line(found))
    sys.exit(not answer.found)


def _line(found: PlaceMatch) -> str:
    place = found.place
    where = " · ".join(area.name for area in (place.street, place.community) if area and area.name != place.name)
    made_up = "合成示意 synthetic" if place.synthetic else ""
    point = f"{place.point.lon:.6f},{place.point.lat:.6f}"
    words = (f"{found.score:.2f}", place.kind, place.name, place.code, place.address, where, point, made_up)
    return "  ".join(word for word in words if word)


def _print_import(file: Path, done: PlaceImport) -> None:
    for refusal in done.refused:
        click.echo(f"{file.name}:{refusal.row}: {refusal.field or '-'}: {refusal.reason} [{refusal.code}]", err=True)
    click.echo(f"rows 行数 {done.rows:,}")
    click.echo(f"accepted 接受 {done.accepted:,} (outside the district 区外 {done.outside:,})")
    click.echo(f"replaced 替换 {done.replaced:,}")
    click.echo(f"refused 拒绝 {len(done.refused):,}")
    if not done.committed:
        click.echo("Dry run: nothing was changed. Add --commit to keep them. 试运行，未写入。")
