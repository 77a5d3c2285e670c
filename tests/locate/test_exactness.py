"""Compare a tenth of the points of `benchmarks/exact_locate.py`, over a million, with shapely."""

import importlib.util
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "benchmarks" / "exact_locate.py"


@pytest.fixture(scope="module")
def tool():
    specification = importlib.util.spec_from_file_location("exact_locate", TOOL)
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # its dataclass asks for it
    specification.loader.exec_module(module)
    yield module
    del sys.modules[specification.name]


def test_all_results_equal_shapely(tool):
    rows = {row.kind: row for row in tool.compare(0.1)}
    assert [row.points for row in rows.values()] == [1_000_000, 100_000, 10_000, 30_000]
    assert {kind: row.mismatches for kind, row in rows.items()} == {kind: {"numpy": 0, "numba": 0} for kind in rows}
    # The hard points are hard: most vertices are in several polygons, and some of the mixed points are too.
    assert rows["on vertices"].shared > 8_000
    assert rows["mixed"].shared > 1_000
