"""Measure `geogrid assign` against joins by Apache Sedona, on the same GeoParquet files and two cores.

Points and grids are synthetic, in WGS 84. Each program adds the base grid of each point and writes Parquet files; the
joins are inner, so rows outside are left out, and choosing the lowest code is not counted. SedonaDB, the engine for one
machine, also counts the points by grid, from files and from memory. All run in turn, and all counts by grid must be the
same. The start is measured with a folder of two files of one row each.

    python benchmarks/bench_sedona.py [FILES] [ROWS]

Requires sedonadb (extra ``bench``), PySpark and Java; what is missing is left out. Sedona on Spark requires the package
apache-sedona, a PySpark that it supports (version 1.9.1 fails to import with 4.3, but not with 4.0), and its jars,
which the variable names, separated by commas:

    GEOGRID_BENCH_SEDONA_JARS=sedona-spark-shaded.jar,geotools-wrapper.jar
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import machine
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.bulk.assignment_target import AssignmentTarget, grid_target
from geogrid.locate.bulk.folder_assignment import FolderTask, assign_folder, assign_in_process
from geogrid.locate.bulk.point_columns import read_columns
from geogrid.locate.bulk.readers import open_source
from geogrid.locate.bulk.spark_folder_run import SparkRunner
from geogrid.locate.bulk.storage import open_folder
from geogrid.locate.bulk.wkb import write_points
from geogrid.locate.bulk.writers import geo_metadata
from geogrid.locate.locator import Locator
from geogrid.model import BASE_LAYERS, Generation
from geogrid.reference_files import data_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.locate.bulk.folder_assignment import Engine
    from geogrid.locate.bulk.readers import PointFile
    from geogrid.model import Layer

    #: Reads the files of the first folder, and writes to the second.
    Job = Callable[[Path, Path], None]
    Counts = dict[str, int]

FILES = 8
ROWS = 1_000_000
ROUNDS = 3
CORES = 2
JARS = "GEOGRID_BENCH_SEDONA_JARS"
_JOIN = "FROM points JOIN grids ON ST_Intersects(grids.geometry, points.geometry)"


def main() -> None:
    """Create the folders and measure."""
    files, rows = (int(text) for text in sys.argv[1:3]) if len(sys.argv) > 2 else (FILES, ROWS)  # noqa: PLR2004
    layers = read_generation(data_path("boundaries"))
    target = grid_target(Locator(Generation(1, "demo", synthetic=True), layers), ["base"])
    print(f"{machine.describe()}\n\n{files * rows:,} rows, medians of {ROUNDS}")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder, grids = Path(name), Path(name, "grids.parquet")
        write_grids(layers, grids)
        make_points(folder / "in", files, rows)
        make_points(folder / "tiny", 2, 1)
        print_times("Parquet files with codes", measure_jobs(list_jobs(target, grids), folder), files * rows)
        for title, in_memory in (("counts by grid, from files", False), ("counts by grid, from memory", True)):
            counters = list_counters(target, grids, folder / "in", in_memory=in_memory)
            print_times(title, measure_counts(counters), files * rows)


def write_grids(layers: Mapping[Layer, gpd.GeoDataFrame], path: Path) -> None:
    """Write the base grids as GeoParquet."""
    frames = [layers[layer][["code", "geometry"]] for layer in BASE_LAYERS]
    pd.concat(frames).set_crs("OGC:CRS84", allow_override=True).to_parquet(path)


def make_points(folder: Path, files: int, rows: int) -> None:
    """Write GeoParquet files of points in the bounds of the district, with an id."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(files):
        points = write_points(rng.uniform(113.2, 113.4, rows), rng.uniform(39.98, 40.18, rows))
        table = pa.table({"id": np.arange(rows), "geometry": points}).replace_schema_metadata({"geo": geo_metadata()})
        pq.write_table(table, folder / f"{number:03d}.parquet", row_group_size=250_000)


def list_jobs(target: AssignmentTarget, grids: Path) -> dict[str, Job]:
    """Return the programs that write files; the first is the reference."""
    jobs: dict[str, Job] = {}
    if importlib.util.find_spec("sedonadb"):
        jobs["SedonaDB, two threads"] = SedonaDb(grids).write
    if os.environ.get(JARS):
        jobs[f"Sedona on Spark `local[{CORES}]`"] = partial(write_by_spark, grids)
    jobs["geogrid, one process"] = partial(write_here, target, assign_in_process)
    if importlib.util.find_spec("pyspark"):
        jobs[f"geogrid, Spark `local[{CORES}]`"] = partial(write_here, target, SparkRunner(f"local[{CORES}]"))
    return jobs


def list_counters(
    target: AssignmentTarget, grids: Path, source: Path, *, in_memory: bool
) -> dict[str, Callable[[], Counts]]:
    """Return the programs that count points by grid; the first is the reference."""
    counters: dict[str, Callable[[], Counts]] = {}
    if importlib.util.find_spec("sedonadb"):
        base = SedonaDb(grids)
        base.open(source, in_memory=in_memory)
        counters["SedonaDB, two threads"] = base.count
    counters["geogrid, two threads"] = partial(count_here, target, open_files(source, in_memory=in_memory))
    return counters


def measure_jobs(jobs: dict[str, Job], folder: Path) -> dict[str, tuple[float, float]]:
    """Return the median seconds of the start and of the whole by program, after comparing the outputs."""
    times: dict[str, list[tuple[float, ...]]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for number, (name, job) in enumerate(jobs.items()):
            out = folder / f"out-{number}"
            times[name].append(tuple(time_job(job, folder / source, out) for source in ("tiny", "in")))
    counts = [count_output(folder / f"out-{number}") for number in range(len(jobs))]
    check_same(counts)
    return {name: tuple(map(statistics.median, zip(*runs, strict=True))) for name, runs in times.items()}


def time_job(job: Job, source: Path, out: Path) -> float:
    """Return the seconds of a job with an empty output folder."""
    shutil.rmtree(out, ignore_errors=True)
    begin = time.perf_counter()
    job(source, out)
    return time.perf_counter() - begin


def measure_counts(counters: dict[str, Callable[[], Counts]]) -> dict[str, tuple[float, float]]:
    """Return zero and the median seconds by program, after comparing the counts."""
    times: dict[str, list[float]] = {name: [] for name in counters}
    for _ in range(ROUNDS):
        counts = []
        for name, counter in counters.items():
            begin = time.perf_counter()
            counts.append(counter())
            times[name].append(time.perf_counter() - begin)
        check_same(counts)
    return {name: (0.0, statistics.median(runs)) for name, runs in times.items()}


def check_same(counts: list[Counts]) -> None:
    """End the program if the counts by grid differ."""
    if any(other != counts[0] for other in counts):
        raise SystemExit("the counts by grid differ")


def print_times(title: str, times: dict[str, tuple[float, float]], rows: int) -> None:
    """Print a table with the ratios to the first program, with and without the start."""
    print(f"\n| {title} | s | start, s | M rows/s | times the first | without starts |\n|---|---:|---:|---:|---:|---:|")
    first_start, first = next(iter(times.values()))
    for name, (start, whole) in times.items():
        ratio = (first - first_start) / (whole - start)
        print(f"| {name} | {whole:.1f} | {start:.1f} | {rows / whole / 1e6:.2f} | {first / whole:.1f} | {ratio:.1f} |")


def count_output(folder: Path) -> Counts:
    """Return the number of rows by grid in the files of a folder."""
    found: Counts = {}
    for path in sorted(folder.rglob("*.parquet")):
        schema = pq.read_schema(path)
        name = "base_code" if "base_code" in schema.names else "code"
        for item in pc.value_counts(pc.cast(pq.read_table(path, columns=[name])[name], pa.string())).to_pylist():
            found[item["values"]] = found.get(item["values"], 0) + item["counts"]
    found.pop(None, None)  # rows outside, which a join leaves out
    return found


def write_here(target: AssignmentTarget, engine: Engine, source: Path, out: Path) -> None:
    """Write the files by geogrid."""
    assign_folder(FolderTask(open_folder(str(source)), open_folder(str(out)), target, "wgs84"), engine=engine)


def open_files(source: Path, *, in_memory: bool) -> list[PointFile]:
    """Return the files of a folder for `count_here`, read beforehand or not; geometries stay WKB."""
    files = [open_source(path) for path in sorted(source.glob("*.parquet"))]
    return [replace(file, batches=list(file.batches()).__iter__) for file in files] if in_memory else files


def count_here(target: AssignmentTarget, files: list[PointFile]) -> Counts:
    """Count by geogrid, a file a thread."""
    codes = target.codes["base_code"]

    def count_file(file: PointFile) -> NDArray[np.int64]:
        total = np.zeros(len(codes) + 1, dtype=np.int64)
        for batch in file.batches():
            positions = target.assign(read_columns(batch, file.where), "wgs84").positions["base_code"]
            total += np.bincount(positions + 1, minlength=len(total))
        return total[1:]

    with ThreadPoolExecutor(CORES) as pool:
        total = np.sum(list(pool.map(count_file, files)), axis=0)
    return {code: count for code, count in zip(codes.tolist(), total.tolist(), strict=True) if count}


class SedonaDb:
    """Apache SedonaDB with two partitions, and the grids in memory."""

    def __init__(self, grids: Path) -> None:
        import geoarrow.pyarrow  # noqa: F401, PLC0415 - sedonadb needs it for results
        import sedonadb  # noqa: PLC0415 - may be missing

        self._base = sedonadb.connect()
        self._base.sql(f"SET datafusion.execution.target_partitions TO {CORES}").execute()
        self._base.read_parquet(str(grids)).to_memtable().to_view("grids")

    def open(self, source: Path, *, in_memory: bool = False) -> None:
        """Use the points of a folder, read beforehand or not."""
        points = self._base.read_parquet([str(path) for path in sorted(source.glob("*.parquet"))])
        (points.to_memtable() if in_memory else points).to_view("points", overwrite=True)

    def count(self) -> Counts:
        """Count the points by grid."""
        found = self._base.sql(f"SELECT grids.code, COUNT(*) AS n {_JOIN} GROUP BY grids.code").to_arrow_table()
        return dict(zip(found["code"].to_pylist(), found["n"].to_pylist(), strict=True))

    def write(self, source: Path, out: Path) -> None:
        """Write the files of a folder."""
        self.open(source)
        self._base.sql(f"SELECT points.*, grids.code {_JOIN}").to_parquet(f"{out}/", single_file_output=False)


def write_by_spark(grids: Path, source: Path, out: Path) -> None:
    """Write the files by Sedona on Spark, in another process, because two Spark contexts do not share one.

    Never run so far: the jars were not available.
    """
    process = multiprocessing.get_context("spawn").Process(target=_write_by_spark, args=(grids, source, out))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("Sedona on Spark failed")


def _write_by_spark(grids: Path, source: Path, out: Path) -> None:
    from sedona.spark import SedonaContext  # noqa: PLC0415 - may be missing

    builder = SedonaContext.builder().master(f"local[{CORES}]").config("spark.jars", os.environ[JARS])
    spark = SedonaContext.create(builder.config("spark.ui.enabled", "false").getOrCreate())
    for name, path in (("points", source), ("grids", grids)):
        spark.read.format("geoparquet").load(str(path)).createOrReplaceTempView(name)
    joined = spark.sql(f"SELECT /*+ BROADCAST(grids) */ points.*, grids.code {_JOIN}")
    joined.write.format("geoparquet").save(str(out))
    spark.stop()


if __name__ == "__main__":
    main()
