"""Run the benchmark with few points and the installed libraries."""

import os
import re
import subprocess
import sys
from pathlib import Path

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
