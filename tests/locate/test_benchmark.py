"""Run the benchmarks with few points and the installed libraries."""

import os
import re
import subprocess
import sys
from pathlib import Path

import bench_sedona
import pytest

from geogrid.locate.bulk.assignment_target import grid_target
from geogrid.locate.bulk.folder_assignment import assign_in_process

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_locate.py"


def test_benchmark_compares_libraries_and_lists_missing_ones():
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--points", "5000", "--border-points", "2000", "--rounds", "1", "--turns", "1"],
        # Port 9 discards: no server answers there.
        env={**os.environ, "GEOGRID_BENCH_POSTGIS_URL": "host=127.0.0.1 port=9", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    tables = [re.findall(r"^\| (.+?) \|(.+)\|$", part, flags=re.MULTILINE) for part in done.stdout.split("**: ")[1:]]
    assert len(tables) == 4
    for table in tables:
        rows = {name: [cell.strip() for cell in cells.split("|")] for name, cells in table}
        assert re.match("not (installed|reachable)", rows["PostGIS, GiST, `ST_Intersects`"][0])
        # Points on borders are lost by the open predicate, and by no other.
        assert int(rows["geopandas `sjoin(within)`"][3].replace(",", "")) > 1_000
        for name in ("geopandas `sjoin(intersects)`", "`RasterIndex`, numpy", "`RasterIndex`, numba"):
            assert rows[name][2:] == ["0", "0"]
            assert float(rows[name][0]) > 0


@pytest.fixture
def points(tmp_path):
    """A folder of two GeoParquet files."""
    bench_sedona.make_points(tmp_path / "points", 2, 1_000)
    return tmp_path / "points"


def test_counts_by_grid_are_those_of_the_written_files(locator, points, tmp_path):
    target = grid_target(locator, ["base"])
    bench_sedona.write_here(target, assign_in_process, points, tmp_path / "out")
    written = bench_sedona.count_output(tmp_path / "out")
    assert 500 < sum(written.values()) < 2_000
    for in_memory in (False, True):
        files = bench_sedona.open_files(points, in_memory=in_memory)
        assert bench_sedona.count_here(target, files) == written


def test_sedonadb_counts_the_same(locator, layers, points, tmp_path):
    pytest.importorskip("geoarrow.pyarrow")
    pytest.importorskip("sedonadb")
    bench_sedona.write_grids(layers, tmp_path / "grids.parquet")
    base = bench_sedona.SedonaDb(tmp_path / "grids.parquet")
    base.write(points, tmp_path / "out")
    files = bench_sedona.open_files(points, in_memory=False)
    counts = bench_sedona.count_here(grid_target(locator, ["base"]), files)
    assert base.count() == counts == bench_sedona.count_output(tmp_path / "out")
