"""The command ``geogrid assign``: assign the points of a file to grids."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geogrid.cli.assign_folder import parse_settings, print_counts, run_folder
from geogrid.cli.command_support import (
    open_store,
    progress_bar,
    require_datum,
    resolve_layer_datum,
    translate_write_errors,
)
from geogrid.errors import QueryError, SetupError
from geogrid.local_time import parse_timestamp
from geogrid.locate.bulk.assign import assign_file
from geogrid.locate.bulk.assignment_target import GRID_COLUMNS
from geogrid.locate.bulk.folder_assignment import FolderTask, assign_in_process
from geogrid.locate.bulk.readers import named_datum
from geogrid.locate.bulk.spark_folder_run import SparkRunner
from geogrid.locate.bulk.storage import is_storage_url, open_folder
from geogrid.services.assignment_polygons import ChosenTarget, choose_generation, choose_polygons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tqdm import tqdm

    from geogrid.locate.bulk.assign import Summary

_LAYERS = ",".join(GRID_COLUMNS)


@click.command()
@click.argument("source", metavar="IN")
@click.argument("out", metavar="OUT")
@click.option(
    "--datum", metavar="NAME", help="Datum of the points: wgs84, cgcs2000, gcj02, bd09, EPSG:NNNN or a .prj file."
)
@click.option(
    "--lon", metavar="COLUMN", help="Column of the longitude or easting; by default lon, lng, longitude, x, 经度 …"
)
@click.option("--lat", metavar="COLUMN", help="Column of the latitude or northing; by default lat, latitude, y, 纬度.")
@click.option("--point", metavar="COLUMN", help="One column of both coordinates, such as 113.2988,40.09.")
@click.option("--layers", metavar="LIST", help=f"Layers whose codes are added; by default {_LAYERS}.")
@click.option("--generation", metavar="ID", type=int, help="Id of the generation, active or not.")
@click.option(
    "--as-of", metavar="MOMENT", help="Use the generation active at this time, such as 2022-03-01; by default now."
)
@click.option(
    "--polygons",
    type=click.Path(exists=True, path_type=Path),
    help="Use the polygons of this file, without a database.",
)
@click.option("--code-field", metavar="COLUMN", help="Column of the code in --polygons; usual names are recognized.")
@click.option("--polygons-datum", metavar="NAME", help="Datum of --polygons, if the file does not state it.")
@click.option("--polygons-table", metavar="NAME", help="Table of --polygons, if a GeoPackage has several.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run; completed parts are skipped.")
@click.option("--force", is_flag=True, help="Overwrite OUT and the rest of an interrupted run.")
@click.option(
    "--match", metavar="PATTERN", help="For a folder: process only files with matching names, such as '*.parquet'."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="For a folder: process the files locally, or on a Spark cluster.",
)
@click.option(
    "--master", metavar="URL", help="Spark master: local[2], spark://HOST:7077, yarn …; by default that of Spark."
)
@click.option("--conf", metavar="NAME=VALUE", multiple=True, help="Spark setting; can be repeated.")
def assign(
    source: str,
    out: str,
    *,
    datum: str | None,
    lon: str | None,
    lat: str | None,
    point: str | None,
    layers: str | None,
    generation: int | None,
    as_of: str | None,
    polygons: Path | None,
    code_field: str | None,
    polygons_datum: str | None,
    polygons_table: str | None,
    resume: bool,
    force: bool,
    match: str | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
) -> None:
    """Add the codes of the containing grids to each row of file IN, and write OUT. 批量定位。

    Formats: CSV, Parquet, GeoParquet, NDJSON, GeoJSON and Arrow, by the file name suffix; IN and OUT can differ. Files
    can be larger than memory. The columns base_code, dedicated_code and status are added (with --polygons: code and
    status). Other columns and the order of the rows do not change.

    A point just outside the layers has the status "outside"; unlike `geogrid locate`, no point is assigned to the
    nearest grid.

    A row that cannot be located has the status "refused" and no code; OUT.refused.csv lists its number, from 1, and the
    reason. Until OUT is complete, the partial results are in OUT.parts.

    If IN is a folder, or a URL such as s3://BUCKET/FOLDER, OUT is a folder too, with one file of the same name for each
    file of IN. --resume then processes new, changed and missing files. --engine spark distributes them to a cluster.

    Exit status 1 if rows or files were refused.

    \b
    geogrid assign points.csv assigned.parquet --datum gcj02
    geogrid assign amap.csv out.csv --datum gcj02 --point location
    geogrid assign trips.parquet out.parquet --datum wgs84 --layers base --as-of 2022-03-01
    geogrid assign points.csv out.csv --datum wgs84 --polygons districts.gpkg --code-field ADCODE
    geogrid assign points/ assigned/ --datum gcj02 --engine spark --master spark://host:7077
    """  # noqa: D301 - click keeps the line breaks after \b
    if point:
        _forbid_options("no --point", lon=lon, lat=lat)
    is_folder = is_storage_url(source) or Path(source).is_dir()
    canonical = _choose_datum(datum, None if is_folder or lon or lat or point else Path(source))
    if not is_folder:
        _forbid_options("a folder", match=match, engine=engine if engine == "spark" else None)
    if engine != "spark":
        _forbid_options("--engine spark", master=master, conf=conf or None)
    chosen = _choose_target(layers, generation, as_of, polygons, code_field, polygons_datum, polygons_table)
    if is_folder:
        folders = open_folder(source), open_folder(out)
        work = FolderTask(*folders, chosen.target, canonical, lon, lat, chosen.identity, point)
        spark = SparkRunner(master, parse_settings(conf)) if engine == "spark" else None
        with _translate_interrupt():
            run_folder(work, chosen.notes, match or "*", spark or assign_in_process, resume=resume, force=force)
        return
    begin = time.perf_counter()
    target = Path(out)
    with _translate_interrupt(), translate_write_errors(target), progress_bar(0, "rows 行") as bar:
        done = assign_file(
            Path(source), target, chosen.target, datum=canonical, lon=lon, lat=lat, point=point,
            identity=chosen.identity, resume=resume, force=force,
            on_progress=lambda rows, total: _update_bar(bar, rows, total),
        )  # fmt: skip
    _print_summary(target, chosen, done, time.perf_counter() - begin)
    sys.exit(bool(done.counts["refused"]))


def _choose_datum(datum: str | None, source: Path | None) -> str:
    """Return the datum of the option, else the projection that the file names, else the datum of the settings."""
    named = named_datum(source) if source and datum is None else None
    return named or (resolve_layer_datum(datum) if datum else None) or require_datum(None)


def _choose_target(
    layers: str | None,
    generation: int | None,
    as_of: str | None,
    polygons: Path | None,
    code_field: str | None,
    polygons_datum: str | None,
    polygons_table: str | None,
) -> ChosenTarget:
    if polygons is None:
        _forbid_options(
            "--polygons", code_field=code_field, polygons_datum=polygons_datum, polygons_table=polygons_table
        )
        with open_store() as store:
            moment = parse_timestamp(as_of) if as_of else None
            return choose_generation(store, generation_id=generation, moment=moment, layers=_parse_layers(layers))
    _forbid_options("no --polygons", layers=layers, generation=generation, as_of=as_of)
    own = resolve_layer_datum(polygons_datum) if polygons_datum else None
    return choose_polygons(polygons, code_field=code_field, datum=own, table=polygons_table)


def _forbid_options(needs: str, **options: object) -> None:
    for option, value in options.items():
        if value is not None:
            raise QueryError(f"This option requires {needs}.", code="option", field=f"--{option.replace('_', '-')}")


def _parse_layers(text: str | None) -> list[str]:
    chosen = [name.strip() for name in (text or _LAYERS).split(",")]
    if not set(chosen) <= set(GRID_COLUMNS):
        raise QueryError(f"The permitted layers are {_LAYERS}.", code="layer_unknown", field="--layers")
    return chosen


@contextmanager
def _translate_interrupt() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        raise SetupError(
            "The run was interrupted. 已中断。",
            code="interrupted",
            remedy="Continue it with the same command and --resume.",
        ) from error


def _update_bar(bar: tqdm, rows: int, total: int | None) -> None:
    bar.total = total
    bar.update(rows)


def _print_summary(out: Path, chosen: ChosenTarget, done: Summary, seconds: float) -> None:
    """Print to stderr how many points were assigned, by which layers, and how fast."""
    new_rows = done.rows - done.resumed
    for note in chosen.notes:
        click.echo(note, err=True)
    click.echo(f"{out}: rows 行数 {done.rows:,}, by {chosen.target.name}", err=True)
    print_counts(done.counts)
    if done.resumed:
        click.echo(f"resumed 续作 {done.resumed:,} rows were already complete", err=True)
    if done.refused_file:
        click.echo(done.first_refusal(), err=True)
        click.echo(f"{done.refused_file}: the refused rows with their reasons 拒绝原因", err=True)
    click.echo(f"{new_rows / max(seconds, 1e-9):,.0f} points per second 点/秒", err=True)
