"""Convert every format to every format: codes are correct, and input columns are kept."""

import json
import subprocess
import sys

import bulk_files as points
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geogrid.locate.bulk.assign import assign_file, assign_table

ROWS = 2_500
ADDED = ["base_code", "dedicated_code", "status"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    table = points.plain(ROWS)
    return {ending: points.write(table, folder / f"in.{ending}") for ending in points.ENDINGS}


@pytest.mark.parametrize("after", points.ENDINGS)
@pytest.mark.parametrize("before", points.ENDINGS)
def test_every_format_converts_to_every_format(inputs, target, oracle, tmp_path, before, after):
    out = tmp_path / f"out.{after}"
    done = assign_file(inputs[before], out, target, datum="wgs84", batch_rows=700)
    assert (done.rows, done.counts["refused"], done.refused_file) == (ROWS, 0, None)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    found, given = points.read(out), points.plain(ROWS).to_pylist()
    base, dedicated = oracle(*points.draw(ROWS))
    assert [row["base_code"] for row in found] == base
    assert [row["dedicated_code"] for row in found] == dedicated
    assert [row["status"] == "outside" for row in found] == [code is None for code in base]
    for row, was in zip(found, given, strict=True):
        assert row["编号"] == was["编号"]
        # CSV has no types, and an empty field instead of null.
        assert (row["text"] or None) == (was["text"] or None)
        for name in ("big", "float", "flag"):
            value = was[name]
            if "csv" in (before, after):
                same = (row[name] or None) == (None if value is None else str(value).lower())
                assert same or float(row[name]) == float(value)
            else:
                assert (row[name], str(row[name])) == (value, str(value))


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows"])
def test_typed_formats_keep_types(target, tmp_path, ending):
    table = points.awkward(ROWS)
    path, out = points.write(table, tmp_path / f"in.{ending}"), tmp_path / f"out.{ending}"
    assign_file(path, out, target, datum="wgs84", batch_rows=300)
    opened = {"parquet": pq.read_table, "arrow": lambda p: pa.ipc.open_file(p).read_all()}
    found = opened.get(ending, lambda p: pa.ipc.open_stream(p).read_all())(out)
    assert found.column_names == [*table.column_names, *ADDED]
    assert found.drop_columns(ADDED).equals(table)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "geojson"])
def test_untyped_formats_write_readable_values(target, tmp_path, ending):
    out = tmp_path / f"out.{ending}"
    assign_file(points.write(points.awkward(ROWS), tmp_path / "in.parquet"), out, target, datum="wgs84")
    row = points.read(out)[6]
    nested = row["nested"] if ending != "csv" else json.loads(row["nested"])
    assert nested == {"a": [6, None], "b": "乙"}
    assert (row["bytes"], row["day"], row["kind"], str(row["price"])) == ("0600", "2026-01-07", "x", "0.06")
    assert row["when"].startswith("2026-03-01 08:30:00.000006")
    assert int(row["big"]) == 2**63 - 7


def test_gis_reads_geoparquet_and_geojson_output(inputs, target, tmp_path):
    for ending in ("geoparquet", "geojson"):
        out = tmp_path / f"out.{ending}"
        assign_file(inputs["csv"], out, target, datum="gcj02")
        frame = gpd.read_parquet(out) if ending == "geoparquet" else gpd.read_file(out)
        assert frame.crs.equals("EPSG:4326", ignore_axis_order=True)
        lon, lat = points.draw(ROWS)
        # The input is GCJ-02; the output geometry is WGS 84.
        assert 400 < np.median(np.hypot((frame.geometry.x - lon) * 85_000, (frame.geometry.y - lat) * 111_000)) < 700
        first = assign_table(pa.table({"lon": frame.geometry.x, "lat": frame.geometry.y}), target, datum="wgs84")
        kept = [value if isinstance(value, str) else None for value in frame["base_code"]]
        assert first["base_code"].to_pylist() == kept


def test_input_geometry_is_kept(inputs, target, tmp_path):
    out = tmp_path / "out.geoparquet"
    assign_file(inputs["geoparquet"], out, target, datum="gcj02")
    assert pq.read_table(out)["g"].equals(pq.read_table(inputs["geoparquet"])["g"])
    out = tmp_path / "out.geojson"
    assign_file(inputs["geojson"], out, target, datum="gcj02")
    before, after = (json.loads(path.read_text(encoding="utf-8"))["features"] for path in (inputs["geojson"], out))
    assert [feature["geometry"] for feature in before] == [feature["geometry"] for feature in after]


@pytest.mark.parametrize("ending", points.ENDINGS)
def test_output_is_independent_of_the_size_of_parts(inputs, target, tmp_path, ending):
    found = []
    for rows in (37, 1_000, None):
        out = tmp_path / f"out{rows}.parquet"
        assign_file(inputs[ending], out, target, datum="bd09", batch_rows=rows)
        found.append(pq.read_table(out))
    assert found[0].equals(found[1])
    assert found[1].equals(found[2])


def test_many_points_equal_the_layer_index(target, oracle, tmp_path):
    lon, lat = points.draw(200_000, seed=5)
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"lon": lon, "lat": lat}), path)
    assign_file(path, out, target, datum="cgcs2000", batch_rows=30_001)
    table = pq.read_table(out)
    base, dedicated = oracle(lon, lat)
    assert table["base_code"].to_pylist() == base
    assert table["dedicated_code"].to_pylist() == dedicated
    whole = assign_table(pq.read_table(path), target, datum="cgcs2000")
    assert whole.equals(table)


def test_empty_table_is_converted(target, tmp_path):
    for ending in points.ENDINGS:
        if ending == "ndjson":
            continue  # without rows there are no columns
        path = points.write(points.plain(3).slice(0, 0), tmp_path / f"in.{ending}")
        for after in points.ENDINGS:
            out = tmp_path / f"{ending}.{after}"
            assert assign_file(path, out, target, datum="wgs84").rows == 0
            assert points.read(out) == []


def test_other_readers_read_the_joined_parquet(inputs, target, tmp_path):
    """GDAL has its own Parquet reader; pyarrow also reads page by page."""
    out = tmp_path / "out.parquet"
    assign_file(inputs["parquet"], out, target, datum="wgs84", batch_rows=100)
    file = pq.ParquetFile(out)
    assert file.metadata.num_row_groups == file.num_row_groups >= 25
    assert file.metadata.num_rows == ROWS
    rows = 0
    for group in range(file.num_row_groups):
        part = file.read_row_group(group, columns=["编号"])
        assert part["编号"][0].as_py() == f"{rows:015d}"
        rows += len(part)
    dataset = pq.read_table(out, filters=[("编号", "=", f"{777:015d}")])
    assert dataset["编号"].to_pylist() == [f"{777:015d}"]


def _peak_mb(rows, folder, ending):
    path = folder / f"in{rows}.{ending}"
    lon, lat = points.draw(rows)
    table = pa.table({"id": [f"{row:012d}" for row in range(rows)], "lon": lon, "lat": lat})
    points.write(table, path)
    code = (
        "import re, sys, shapely\n"
        "from pathlib import Path\n"
        "from geogrid.locate.bulk.assign import assign_file\n"
        "from geogrid.locate.bulk.assignment_target import polygon_target\n"
        "from geogrid.locate.tree_index import LayerIndex\n"
        "target, _ = polygon_target(LayerIndex(['a'], [shapely.box(113.2, 40, 113.3, 40.1)]), 'x')\n"
        "assign_file(Path(sys.argv[1]), Path(sys.argv[1] + '.out.' + sys.argv[2]), target, datum='wgs84',"
        " batch_rows=50_000)\n"
        # getrusage of a new process starts with the peak of its parent.
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path, ending], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "rows"), [("parquet", 1_500_000), ("csv", 900_000), ("ndjson", 300_000)])
def test_memory_does_not_grow_with_the_file(tmp_path, ending, rows):
    """Both files have two or more parts of 50,000 rows. The peak does not depend on the number of parts."""
    small, large = _peak_mb(rows // 3, tmp_path, ending), _peak_mb(rows, tmp_path, ending)
    assert large < 600
    # With parts of a million rows the peak of the large Parquet file is 130 MB higher.
    assert large < small + 80
