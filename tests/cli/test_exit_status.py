"""The exit status of commands that end while reader threads of Arrow can still run."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

GEOGRID = Path(sys.executable).parent / "geogrid"
DATA = Path(__file__).parents[1] / "data" / "assign"
SQUARE = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "1"}, "geometry": '
    '{"type": "Polygon", "coordinates": [[[113, 40], [114, 40], [114, 41], [113, 41], [113, 40]]]}}]}'
)
#: More processes than cores, so that threads are interrupted in the middle of their work.
AT_ONCE = 6


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "square.geojson").write_text(SQUARE)
    return tmp_path


def statuses(runs, *arguments, cwd):
    def run(_number):
        done = subprocess.run([GEOGRID, *arguments], check=False, capture_output=True, cwd=cwd, timeout=120)
        return done.returncode, b"terminate" in done.stderr

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(run, range(runs)))


def assign(runs, source, folder):
    arguments = ("assign", source, "out.csv", "--datum", "wgs84", "--polygons", "square.geojson")
    return statuses(runs, *arguments, "--polygons-datum", "wgs84", cwd=folder)


def test_assign_returns_2_each_time_that_the_coordinate_columns_are_unknown(folder):
    shutil.copy(DATA / "unknown_columns.csv", folder / "in.csv")
    assert assign(16, "in.csv", folder) == {(2, False)}


ROWS = "id,lng,lat\n" + "1,113.5,40.5\n" * 20_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wrong_row.csv", (ROWS + "1,2,3,4\n" + ROWS[11:] * 8).encode()),
        ("gb18030.csv", ("id,lng,lat,备注\n" + "1,113.5,40.5,街道\n" * 20_000 + "1,2\n").encode("gb18030")),
        ("columns.ndjson", b'{"id": 1, "a": 113.5}\n' * 1_000),
        ("damaged.parquet", b"PAR1" * 1_000),
        ("damaged.arrow", b"ARROW1" * 1_000),
    ],
)
def test_assign_returns_2_for_each_format_that_cannot_be_read(name, content, folder):
    (folder / name).write_bytes(content)
    assert assign(4, name, folder) == {(2, False)}


def test_assign_returns_2_for_parquet_without_coordinate_columns(folder):
    pq.write_table(pa.table({"id": list(range(10_000))}), folder / "in.parquet")
    assert assign(4, "in.parquet", folder) == {(2, False)}


@pytest.mark.parametrize("command", ["incidents", "people"])
def test_imports_return_2_for_a_file_of_other_columns(command, folder):
    shutil.copy(DATA / "unknown_columns.csv", folder / "in.csv")
    datum = ("--datum", "wgs84") if command == "incidents" else ()
    assert statuses(4, command, "import", "in.csv", *datum, cwd=folder) == {(2, False)}
