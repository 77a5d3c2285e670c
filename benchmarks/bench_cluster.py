"""Measure the assignment of a folder in one process against Spark on the same machine, ``local[2]``.

Points and grids are synthetic. Both engines process the same folder alternately and write the same bytes. The start of
Spark is measured with a folder of two files of one row each; the last column excludes it. Requires PySpark and Java.

    python benchmarks/bench_cluster.py [FILES] [ROWS]
"""

from __future__ import annotations

import os
import pickle
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geogrid.errors import SetupError
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.bulk.assignment_target import AssignmentTarget, grid_target
from geogrid.locate.bulk.folder_assignment import FolderTask, assign_folder, assign_in_process
from geogrid.locate.bulk.spark_folder_run import SparkRunner
from geogrid.locate.bulk.storage import open_folder
from geogrid.locate.locator import Locator
from geogrid.model import Generation
from geogrid.reference_files import data_path

FILES = 8
ROWS = 2_000_000
ROUNDS = 3
ENGINES = {"one machine": assign_in_process, "Spark local[2]": SparkRunner("local[2]")}


def main() -> None:
    """Create the folders and measure."""
    files, rows = (int(text) for text in sys.argv[1:3]) if len(sys.argv) > 2 else (FILES, ROWS)  # noqa: PLR2004
    target = grid_target(Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries"))))
    print(f"the index, sent once to each worker: {len(pickle.dumps(target)) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        make_points(folder / "in", files, rows)
        make_points(folder / "tiny", 2, 1)
        try:
            measure(folder, target, files * rows)
        except SetupError as error:
            print(error)
            return
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the largest child process, Java or Python: {peak:.0f} MB")


def make_points(folder: Path, files: int, rows: int) -> None:
    """Write files of points in the bounds of the district, with an id."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(files):
        lon, lat = rng.uniform(113.2, 113.4, rows).round(7), rng.uniform(39.98, 40.18, rows).round(7)
        pq.write_table(pa.table({"id": np.arange(rows), "lon": lon, "lat": lat}), folder / f"{number:03d}.parquet")


def measure(folder: Path, target: AssignmentTarget, rows: int) -> None:
    """Run the engines alternately, compare their output, and print medians."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ENGINES}
    for _ in range(ROUNDS):
        for number, name in enumerate(ENGINES):
            times[name].append(tuple(run(folder, source, number, name, target) for source in ("tiny", "in")))
        first, second = (sorted((folder / f"in-{number}").glob("*.parquet")) for number in (0, 1))
        if [path.read_bytes() for path in first] != [path.read_bytes() for path in second]:
            raise SystemExit("the engines differ")
    print(f"{rows:,} rows, medians of {ROUNDS}; the outputs are the same to the byte")
    for name, runs in times.items():
        tiny, whole = (statistics.median(values) for values in zip(*runs, strict=True))
        start = f"start {tiny:5.1f} s, whole {whole:6.1f} s"
        print(
            f"{name:<16}{start}{rows / whole / 1e6:8.2f} M rows/s, {rows / (whole - tiny) / 1e6:6.2f} without the start"
        )


def run(folder: Path, source: str, number: int, name: str, target: AssignmentTarget) -> float:
    """Process a folder from the start, and return the seconds."""
    folders = (open_folder(str(folder / part)) for part in (source, f"{source}-{number}"))
    begin = time.perf_counter()
    assign_folder(FolderTask(*folders, target, "wgs84"), engine=ENGINES[name], force=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
