"""``geogrid assign``."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.common import load_settings, open_store, progress, writing
from geogrid.crs import parse_datum
from geogrid.errors import DatumError, QueryError, SetupError
from geogrid.incidents.filters import parse_moment
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.target import GRID_COLUMNS
from geogrid.services.assign import Chosen, choose_generation, choose_polygons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tqdm import tqdm

    from geogrid.locate.bulk.assign import Summary

_LAYERS = ",".join(GRID_COLUMNS)


@click.command()
@click.argument("file", metavar="IN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--datum", metavar="NAME", help="Of the points: wgs84, cgcs2000, gcj02, bd09 or EPSG:NNNN.")
@click.option("--lon", metavar="COLUMN", help="Longitude or easting; by default lon, lng, longitude, x, 经度 …")
@click.option("--lat", metavar="COLUMN", help="Latitude or northing; by default lat, latitude, y, 纬度.")
@click.option("--layers", metavar="LIST", help=f"Whose codes to add, by default {_LAYERS}.")
@click.option("--generation", metavar="NUMBER", type=int, help="By these layers, in force or not.")
@click.option("--as-of", metavar="MOMENT", help="By the layers in force then, such as 2022-03-01; by default now.")
@click.option(
    "--polygons", type=click.Path(exists=True, path_type=Path), help="By the polygons of this file, with no database."
)
@click.option("--code-field", metavar="COLUMN", help="Of --polygons: the column with the code; usual names are known.")
@click.option("--polygons-datum", metavar="NAME", help="Of --polygons, where the file does not say it.")
@click.option("--polygons-table", metavar="NAME", help="Of --polygons: the table of a GeoPackage that has several.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run: what is done is not done again.")
@click.option("--force", is_flag=True, help="Replace OUT, or what an interrupted run has left.")
def assign(
    file: Path,
    out: Path,
    *,
    datum: str | None,
    lon: str | None,
    lat: str | None,
    layers: str | None,
    generation: int | None,
    as_of: str | None,
    polygons: Path | None,
    code_field: str | None,
    polygons_datum: str | None,
    polygons_table: str | None,
    resume: bool,
    force: bool,
) -> None:
    """Add to each row of a file, IN, the grids that hold its point, and write OUT. 批量定位。

    CSV, Parquet, GeoParquet, NDJSON, GeoJSON and Arrow, told by the endings; the two may differ. Files may be larger
    than memory. The columns base_code, dedicated_code and status are added (with --polygons: code and status); all
    others, and the order of the rows, stay as they are.

    A point just outside the layers is "outside": unlike `geogrid locate`, this draws none to the nearest grid.

    OUT keeps every row. One that cannot be located has the status "refused" and no code, and OUT.refused.csv lists its
    number, from 1, with the reason. OUT appears when it is complete; until then the work lies in OUT.parts.

    Exit status 1 if rows were refused; outside the layers is an answer.

    \b
    geogrid assign points.csv assigned.parquet --datum gcj02
    geogrid assign trips.parquet out.parquet --datum wgs84 --layers base --as-of 2022-03-01
    geogrid assign points.csv out.csv --datum wgs84 --polygons districts.gpkg --code-field ADCODE
    """  # noqa: D301 - \b is click's mark for "as it stands"
    name = datum or load_settings().default_datum
    if not name:
        raise DatumError(
            "No datum was given.",
            code="datum_missing",
            field="--datum",
            remedy="Say wgs84, gcj02, …, or set GEOGRID_DEFAULT_DATUM.",
        )
    canonical = parse_datum(name)
    if polygons is None:
        _forbid("--polygons", code_field=code_field, polygons_datum=polygons_datum, polygons_table=polygons_table)
        with open_store() as store:
            moment = parse_moment(as_of) if as_of else None
            chosen = choose_generation(store, number=generation, moment=moment, layers=_layers(layers))
    else:
        _forbid("no --polygons", layers=layers, generation=generation, as_of=as_of)
        own = parse_datum(polygons_datum) if polygons_datum else None
        chosen = choose_polygons(polygons, code_field=code_field, datum=own, table=polygons_table)
    begin = time.perf_counter()
    with _interruptible(), writing(out), progress(0, "rows 行") as bar:
        done = assign_file(
            file, out, chosen.target, datum=canonical, lon=lon, lat=lat, identity=chosen.identity,
            resume=resume, force=force, tell=lambda rows, total: _advance(bar, rows, total),
        )  # fmt: skip
    _print_summary(out, chosen, done, time.perf_counter() - begin)
    sys.exit(bool(done.counts["refused"]))


def _forbid(needs: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise QueryError(f"This option goes with {needs}.", code="option", field=f"--{option.replace('_', '-')}")


def _layers(text: str | None) -> list[str]:
    chosen = [name.strip() for name in (text or _LAYERS).split(",")]
    if not set(chosen) <= set(GRID_COLUMNS):
        raise QueryError(f"The layers are {_LAYERS}.", code="layer_unknown", field="--layers")
    return chosen


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        raise SetupError(
            "The run was interrupted. 已中断。",
            code="interrupted",
            remedy="Continue it with the same command and --resume.",
        ) from error


def _advance(bar: tqdm, rows: int, total: int | None) -> None:
    bar.total = total
    bar.update(rows)


def _print_summary(out: Path, chosen: Chosen, done: Summary, seconds: float) -> None:
    """Print on stderr: what goes to stdout is for programs."""
    fresh = done.rows - done.resumed
    for note in chosen.notes:
        click.echo(note, err=True)
    click.echo(f"{out}: rows 行数 {done.rows:,}, by {chosen.target.name}", err=True)
    words = {"inside": "网格内", "border": "边界上", "outside": "范围外", "refused": "拒绝"}
    click.echo(", ".join(f"{word} {words[word]} {count:,}" for word, count in done.counts.items()), err=True)
    if done.resumed:
        click.echo(f"resumed 续作 {done.resumed:,} rows had been done before", err=True)
    if done.refused_file:
        click.echo(f"{done.refused_file}: the refused rows with their reasons 拒绝原因", err=True)
    click.echo(f"{fresh / max(seconds, 1e-9):,.0f} points a second 点/秒", err=True)
