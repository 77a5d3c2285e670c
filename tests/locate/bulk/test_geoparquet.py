"""Exchange GeoParquet 1.1 with geopandas, and with Apache SedonaDB where it is installed."""

import json

import bulk_files as points
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geogrid.locate.bulk.assign import assign_file, assign_table
from geogrid.locate.bulk.wkb import write_points

ROWS = 1_000


@pytest.fixture
def sedona():
    """An in-process connection to Apache SedonaDB."""
    pytest.importorskip("geoarrow.pyarrow")
    return pytest.importorskip("sedonadb").connect()


@pytest.fixture
def written(target, tmp_path):
    """GeoParquet made from longitudes and latitudes; the last row has no point."""
    lon, lat = points.draw(ROWS)
    path, out = tmp_path / "in.parquet", tmp_path / "out.geoparquet"
    pq.write_table(pa.table({"lon": [*lon, None], "lat": [*lat, None]}), path)
    assign_file(path, out, target, datum="wgs84")
    return out


def check_points(frame):
    lon, lat = points.draw(ROWS)
    assert frame.crs.equals("OGC:CRS84")
    assert frame.geometry.x[:-1].tolist() == lon.tolist()
    assert frame.geometry.y[:-1].tolist() == lat.tolist()
    assert frame.geometry.isna().tolist() == [False] * ROWS + [True]


def test_geopandas_reads_output(written):
    check_points(gpd.read_parquet(written))


def test_sedonadb_reads_output(written, sedona):
    frame = sedona.read_parquet(str(written))
    check_points(frame.to_pandas())
    frame.to_view("points")
    window = "ST_GeomFromText('POLYGON ((113.2 40, 113.3 40, 113.3 40.1, 113.2 40.1, 113.2 40))', 4326)"
    inside = sedona.sql(f"SELECT lon FROM points WHERE ST_Intersects(geometry, {window})").to_pandas()
    lon, lat = points.draw(ROWS)
    assert len(inside) == np.count_nonzero((lon <= 113.3) & (lat >= 40) & (lat <= 40.1))


def test_metadata_are_those_of_the_specification(written):
    schema = pq.read_schema(written)
    assert json.loads(schema.metadata[b"geo"]) == {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    assert schema.field("geometry").type == pa.binary()


def test_encodings_are_those_that_spark_4_0_reads(written):
    group = pq.ParquetFile(written).metadata.row_group(0)
    used = {name for number in range(group.num_columns) for name in group.column(number).encodings}
    assert used <= {"PLAIN", "RLE", "RLE_DICTIONARY"}


def test_output_keeps_the_bounds_of_row_groups(target, tmp_path):
    lon, lat = points.draw(ROWS)
    path, out = tmp_path / "in.geoparquet", tmp_path / "out.geoparquet"
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs="OGC:CRS84"))
    frame.to_parquet(path, write_covering_bbox=True)
    assign_file(path, out, target, datum="wgs84")
    assert pq.read_schema(out).metadata[b"geo"] == pq.read_schema(path).metadata[b"geo"]
    group = pq.ParquetFile(out).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    (west,) = (column.statistics.min for column in columns if column.path_in_schema == "bbox.xmin")
    assert west == lon.min()


def test_files_of_sedonadb_are_read(written, target, sedona, tmp_path):
    frame = sedona.read_parquet(str(written))
    before = gpd.read_parquet(written)
    for version in ("1.0", "1.1"):
        path, out = tmp_path / f"sedona-{version}.parquet", tmp_path / f"again-{version}.geoparquet"
        frame.select("geometry").to_parquet(str(path), geoparquet_version=version)
        assert assign_file(path, out, target, datum="wgs84").rows == ROWS + 1
        after = gpd.read_parquet(out)
        assert after["base_code"].tolist()[:-1] == before["base_code"].tolist()[:-1]
        check_points(after)


class Wkb(pa.ExtensionType):
    """The type that GeoArrow registers for the WKB of GeoParquet files."""

    def __init__(self, storage):
        super().__init__(storage, "geoarrow.wkb")

    def __arrow_ext_serialize__(self):
        return b"{}"


@pytest.mark.parametrize("storage", [pa.binary(), pa.large_binary(), pa.binary_view()])
@pytest.mark.parametrize("registered", [True, False])
def test_every_type_of_wkb_is_read(target, storage, registered):
    lon, lat = points.draw(ROWS)
    column = write_points(lon, lat).cast(storage)
    if registered:
        column = pa.ExtensionArray.from_storage(Wkb(storage), column)
    geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
    found = assign_table(
        pa.table({"g": column}).replace_schema_metadata({"geo": json.dumps(geo)}), target, datum="bd09"
    )
    expected = assign_table(pa.table({"lon": lon, "lat": lat}), target, datum="bd09")
    assert found["base_code"].equals(expected["base_code"])
    assert found["status"].equals(expected["status"])
