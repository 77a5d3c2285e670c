"""A folder of files: the engine of one machine against Spark on the same machine, ``local[2]``.

The points and the demo's grids are synthetic. Both engines do the same folder in turn, A B A B, and write the same
bytes. What Spark takes to start and to stop is measured by a folder of two files of one row each; the last column is
without it. Without PySpark or Java there is nothing to measure.

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
from geogrid.layers.geojson_reader import read_generation
from geogrid.locate.bulk.assignment_target import AssignmentTarget, grid_target
from geogrid.locate.bulk.folder import FolderTask, assign_folder, assign_in_process
from geogrid.locate.bulk.spark import SparkRunner
from geogrid.locate.bulk.storage import open_folder
from geogrid.locate.locator import Locator
from geogrid.model import Generation
from geogrid.resources import data_path

FILES = 8
ROWS = 2_000_000
ROUNDS = 3
ENGINES = {"one machine": assign_in_process, "Spark local[2]": SparkRunner("local[2]")}


def main() -> None:
    """Make the folders and measure."""
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
    print(f"the largest process that was started, Java or Python: {peak:.0f} MB at most")


def make_points(folder: Path, files: int, rows: int) -> None:
    """Write files of points over the district's box, with a number."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(files):
        lon, lat = rng.uniform(113.2, 113.4, rows).round(7), rng.uniform(39.98, 40.18, rows).round(7)
        pq.write_table(pa.table({"id": np.arange(rows), "lon": lon, "lat": lat}), folder / f"{number:03d}.parquet")


def measure(folder: Path, target: AssignmentTarget, rows: int) -> None:
    """Run all in turn, compare what they wrote, and print medians."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ENGINES}
    for _ in range(ROUNDS):
        for number, name in enumerate(ENGINES):
            found[name].append(tuple(run(folder, source, number, name, target) for source in ("tiny", "in")))
        first, second = (sorted((folder / f"in-{number}").glob("*.parquet")) for number in (0, 1))
        if [path.read_bytes() for path in first] != [path.read_bytes() for path in second]:
            raise SystemExit("the engines differ")
    print(f"{rows:,} rows, medians of {ROUNDS}; the outputs are the same to the byte")
    for name, runs in found.items():
        tiny, whole = (statistics.median(values) for values in zip(*runs, strict=True))
        start = f"start {tiny:5.1f} s, whole {whole:6.1f} s"
        print(
            f"{name:<16}{start}{rows / whole / 1e6:8.2f} M rows/s, {rows / (whole - tiny) / 1e6:6.2f} without the start"
        )


def run(folder: Path, source: str, number: int, name: str, target: AssignmentTarget) -> float:
    """Do a folder anew, and return the seconds."""
    places = (open_folder(str(folder / part)) for part in (source, f"{source}-{number}"))
    begin = time.perf_counter()
    assign_folder(FolderTask(*places, target, "wgs84"), engine=ENGINES[name], force=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
