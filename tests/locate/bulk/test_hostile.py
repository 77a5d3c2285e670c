"""Invalid rows and unreadable files."""

import json
import struct

import bulk_files as points
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geogrid.errors import ConflictError, DatumError, FileError
from geogrid.locate.bulk.assign import assign_file, assign_table
from geogrid.locate.bulk.assignment_target import polygon_target
from geogrid.locate.tree_index import LayerIndex

#: Texts of coordinates, and the result of the row.
BAD = [
    ("113.3", "40.09", ""),
    (" 113.3 ", "+40.09", ""),
    ("1.133e2", "40.09", ""),
    ("", "40.09", "missing"),
    ("  ", "40.09", "missing"),
    ("113.3", "N/A", "not_a_number"),
    ("113,3", "40.09", "not_a_number"),
    ("0x71", "40.09", "not_a_number"),
    ("113_3", "40.09", "not_a_number"),
    ("１１３.3", "40.09", "not_a_number"),
    ("113.3°", "40.09", "not_a_number"),
    ("nan", "40.09", "not_finite"),
    ("113.3", "-inf", "not_finite"),
    ("1e999", "40.09", "not_finite"),
    ("40.09", "113.3", "coordinates_swapped"),
    ("500", "40.09", "out_of_range"),
]


def refused(out):
    """Return the rows of the list of refused rows."""
    lines = out.with_name(f"{out.name}.refused.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,code,reason"
    return [(int(line.split(",")[0]), line.split(",")[1]) for line in lines[1:]]


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "arrow", "arrows"])
@pytest.mark.parametrize("rows", [3, None])
def test_invalid_rows_keep_their_place_and_are_listed(target, tmp_path, ending, rows):
    table = pa.table(
        {"id": [str(row) for row in range(len(BAD))], "lon": [b[0] for b in BAD], "lat": [b[1] for b in BAD]}
    )
    out = tmp_path / "out.csv"
    done = assign_file(points.write(table, tmp_path / f"in.{ending}"), out, target, datum="wgs84", batch_rows=rows)
    expected = [(row, code) for row, (_, _, code) in enumerate(BAD, start=1) if code]
    assert refused(out) == expected
    assert done.refused_file == tmp_path / "out.csv.refused.csv"
    found = points.read(out)
    assert [row["id"] for row in found] == [str(row) for row in range(len(BAD))]
    assert [row["lon"] or "" for row in found] == [b[0] for b in BAD]
    assert [row["status"] == "refused" for row in found] == [bool(b[2]) for b in BAD]
    assert all(row["base_code"] is None for row in found if row["status"] == "refused")
    assert done.counts["refused"] == len(expected)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (pa.array([113.3, None, np.nan, np.inf]), ["", "missing", "not_finite", "not_finite"]),
        (pa.array([113, 2**62, -113, None]), ["", "out_of_range", "", "missing"]),
        (pa.array(["113.3", "x", None, ""]).dictionary_encode(), ["", "not_a_number", "missing", "missing"]),
        (pa.array([None] * 4), ["missing"] * 4),
        (pa.array([113.3, 1e308, -1e308, 5e-324], pa.float32()), ["", "not_finite", "not_finite", ""]),
    ],
)
def test_numbers_of_any_type_are_read(target, tmp_path, values, codes):
    path, out = tmp_path / "in.arrows", tmp_path / "out.arrow"
    points.write(pa.table({"经度": values, "纬度": [40.09] * 4}), path)
    done = assign_file(path, out, target, datum="wgs84")
    assert [code for _, code in refused(out)] == [code for code in codes if code]
    assert done.rows == 4


def test_json_members_of_mixed_types_are_read(target, tmp_path):
    path, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    values = [113.3, "113.3", None, True, [1], {"a": 1}, "x", 113]
    more = ["1", 1, 2**70, None, 2**63, 1.5, {"z": [None]}, -1]
    lines = [json.dumps({"lon": value, "lat": 40.09, "v": extra}) for value, extra in zip(values, more, strict=True)]
    path.write_text("\ufeff" + "\r\n\r\n".join(lines))
    assign_file(path, out, target, datum="wgs84")
    assert refused(out) == [(3, "missing"), *((row, "not_a_number") for row in (4, 5, 6, 7))]
    found = points.read(out)
    assert [(row["lon"], row["v"]) for row in found] == list(zip(values, more, strict=True))


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "missing"),
        ({"type": "LineString", "coordinates": [[113.3, 40.09], [113.4, 40.1]]}, "not_a_point"),
        ({"type": "Point", "coordinates": []}, "not_a_point"),
        ({"type": "Point", "coordinates": [113.3]}, "not_a_point"),
        ({"type": "Point", "coordinates": ["113.3", 40]}, "not_a_point"),
        ({"type": "MultiPoint", "coordinates": [113.3, 40]}, "not_a_point"),
        ({"type": "Point", "coordinates": [40, 113.3]}, "coordinates_swapped"),
        ({"type": "Point", "coordinates": [113.3, 40.09, 1_040.5]}, ""),
        ("x", "not_a_point"),
        ([[[1]]], "not_a_point"),
    ],
)
def test_geojson_geometries_are_read_or_refused(target, tmp_path, geometry, code):
    path, out = tmp_path / "in.geojson", tmp_path / "out.geojson"
    feature = {"type": "Feature", "id": 7, "properties": None, "geometry": geometry}
    path.write_text(json.dumps({"features": [feature, feature], "type": "FeatureCollection", "crs": {"deep": [1, 2]}}))
    done = assign_file(path, out, target, datum="wgs84")
    assert done.counts["refused"] == 2 * bool(code)
    if code:
        assert refused(out) == [(1, code), (2, code)]
    after = json.loads(out.read_text())["features"][0]
    assert (after["geometry"], after["properties"]["id"]) == (geometry, 7)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_column_named_geometry_is_not_overwritten(target, tmp_path, ending):
    path = points.write(pa.table({"lon": [113.3], "lat": [40.09], "geometry": ["路口"]}), tmp_path / f"in.{ending}")
    with pytest.raises(FileError) as caught:
        assign_file(path, tmp_path / "out.geoparquet", target, datum="wgs84")
    assert (caught.value.code, caught.value.field) == ("column_taken", "geometry")
    assert [kept.name for kept in tmp_path.iterdir()] == [path.name]
    assign_file(path, tmp_path / "out.parquet", target, datum="wgs84")
    assert pq.read_table(tmp_path / "out.parquet")["geometry"].to_pylist() == ["路口"]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (f"lon,lat,n\n113.3,40.09,{'x' * 40_000_000}\n", "csv", "a row is too long"),
        ("lon,lat,n", "file_empty", "no rows"),
        ("\n\n", "file_empty", "no rows"),
    ],
    ids=["huge row", "header alone", "blank"],
)
def test_csv_file_without_valid_rows_is_refused(target, tmp_path, content, code, says):
    (tmp_path / "in.csv").write_text(content)
    with pytest.raises(FileError, match=says) as caught:
        assign_file(tmp_path / "in.csv", tmp_path / "out.csv", target, datum="wgs84")
    assert caught.value.code == code


@pytest.mark.parametrize(("datum", "right"), [("epsg:4547", True), ("epsg:4546", False), ("wgs84", False)])
def test_geoparquet_in_another_projection_is_refused(target, tmp_path, datum, right):
    points_there = gpd.GeoSeries([shapely.Point(113.3, 40.09)], crs=4326).to_crs(4547)
    path, out = tmp_path / "in.parquet", tmp_path / "out.csv"
    gpd.GeoDataFrame(geometry=points_there).to_parquet(path)
    if right:
        assert assign_file(path, out, target, datum=datum).counts["inside"] == 1
        return
    with pytest.raises(DatumError, match="EPSG:4547"):
        assign_file(path, out, target, datum=datum)
    assert [kept.name for kept in tmp_path.iterdir()] == ["in.parquet"]
    named = assign_table(pq.read_table(path).append_column("x", [[1.0]]).append_column("y", [[1.0]]), target,
                         datum=datum, lon="x", lat="y")  # fmt: skip
    assert named.num_rows == 1


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "cgcs2000"])
def test_geoparquet_in_degrees_uses_the_given_datum(target, tmp_path, datum):
    path = tmp_path / "in.parquet"
    gpd.GeoDataFrame(geometry=[shapely.Point(113.3, 40.09)], crs=4326).to_parquet(path)
    assert assign_file(path, tmp_path / "out.csv", target, datum=datum).counts["inside"] == 1


def test_geoparquet_geometries_are_read_or_refused(target, tmp_path):
    path, out = tmp_path / "in.geoparquet", tmp_path / "out.geoparquet"
    inside = shapely.Point(113.3, 40.09)
    values = [
        shapely.to_wkb(inside),
        shapely.to_wkb(inside, byte_order=0),
        shapely.to_wkb(shapely.Point(113.3, 40.09, 5)),
        shapely.to_wkb(shapely.set_srid(inside, 4326), include_srid=True),
        shapely.to_wkb(shapely.Point()),
        shapely.to_wkb(shapely.LineString([(1, 2), (3, 4)])),
        b"",
        b"\x01\x01\x00\x00\x00short",
        None,
        (b"\x01" + struct.pack("<II", 7, 1)) * 20_000,  # collections in collections
    ]
    geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
    table = pa.table({"g": pa.array(values, pa.binary())}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path)
    assign_file(path, out, target, datum="wgs84")
    expected = ["missing", "not_a_point", "not_a_point", "not_a_point", "missing", "not_a_point"]
    assert refused(out) == list(enumerate(expected, start=5))
    assert pq.read_table(out)["g"].to_pylist() == values


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_in_common_encodings_is_read(target, tmp_path, encoding, newline):
    path, out = tmp_path / "in.csv", tmp_path / "out.ndjson"
    lines = ["编号,地址,经度,纬度", *(f'00{row},"古城街道,\U00020000{row}",113.3,40.09' for row in range(3_000))]
    path.write_bytes(newline.join(lines).encode(encoding))
    assert assign_file(path, out, target, datum="wgs84", batch_rows=500).counts["inside"] == 3_000
    found = points.read(out)
    assert (found[7]["编号"], found[2_999]["地址"]) == ("007", "古城街道,\U000200002999")


def bad(target, path, **options):
    """Assign an invalid file, check that no output is left, and return the error."""
    out = path.with_name("out.parquet")
    with pytest.raises(FileError) as caught:
        assign_file(path, out, target, datum="wgs84", **options)
    assert list(path.parent.iterdir()) == [path]
    assert str(caught.value).count("\n") == 0
    assert path.name in str(caught.value) or caught.value.code == "column_taken"
    return caught.value


HEAD = "id,lon,lat\n"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"id,lon,latt\n1,2,3\n", "column_missing"),
        ("a.csv", b"lon,lat,x\n1,2,3\n", "column_missing"),
        ("a.csv", b"lon,lat,lat\n1,2,3\n", "column_twice"),
        ("a.csv", b"lon,lat,status\n1,2,3\n", "column_taken"),
        ("a.csv", f"{HEAD}1,2,3\n1,2\n".encode(), "csv"),
        ("a.csv", f"{HEAD}1,2,3\n1,2,3,4\n".encode(), "csv"),
        ("a.csv", HEAD.encode() + "甲,1,2\n".encode() * 9 + b"\xff\xfe\xfd,1,2\n", "encoding"),
        ("a.ndjson", b'{"lon": 1, "lat": 2}\n{"lon": 1, "lat"', "ndjson"),
        ("a.ndjson", b'{"lon": 1, "lat": 2}\n[1]\n', "ndjson"),
        ("a.ndjson", b'{"lon": NaN, "lat": 2}\n', "ndjson"),
        ("a.ndjson", b'{"lon": 1, "lat": ' + b"[" * 100_000, "ndjson"),
        ("a.geojson", b"[]", "geojson"),
        ("a.geojson", b'{"type": "FeatureCollection"}', "geojson"),
        ("a.geojson", b'{"features": 1}', "geojson"),
        ("a.geojson", b'{"features": [{}', "geojson"),
        ("a.geojson", b'{"features": [{}, 1]}', "geojson"),
        ("a.geojson", b'{"features": [{"a": NaN}]}', "geojson"),
        ("a.geojson", b'{"features": [' + b'{"a":' * 100_000, "geojson"),
        ("a.geojson", b'{"features": [{"a": "\xff"}]}', "encoding"),
        ("a.parquet", b"PAR1", "file_damaged"),
        ("a.arrow", b"ARROW1\0\0", "file_damaged"),
        ("a.arrows", b"\xff\xff\xff\xff\xff\xff\xff\x7f", "file_damaged"),
        ("a.xlsx", b"PK", "format"),
    ],
)
def test_unreadable_files_are_refused(target, tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert bad(target, path).code == code


def test_error_of_a_missing_column_lists_the_columns(target, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,经\x1b[31m度2,纬度\n1,2,3\n", encoding="utf-8")
    message = str(bad(target, path))
    assert "编号, 经?[31m度2, 纬度" in message
    assert "--lon" in message
    assert "编号" in str(bad(target, path, lon="nothing"))


def test_error_of_an_invalid_line_has_its_number(target, tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text('{"lon": 1, "lat": 2}\n' * 5_000 + "{]\n" + '{"lon": 1, "lat": 2}\n' * 5_000)
    assert "Line 5001 " in str(bad(target, path, batch_rows=200))


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows"])
def test_truncated_files_are_refused(target, tmp_path, ending):
    path = points.write(points.awkward(3_000), tmp_path / f"a.{ending}")
    content = path.read_bytes()
    for end in (len(content) // 2, len(content) - 9, len(content) - 700):
        path.write_bytes(content[:end])
        if ending == "arrows" and end == len(content) - 9:
            continue  # the end mark of a stream is optional
        assert bad(target, path).code == "file_damaged"


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows"])
def test_files_with_flipped_bytes_never_crash(target, tmp_path, ending):
    path = points.write(points.awkward(300), tmp_path / f"a.{ending}")
    content = path.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(40):
        spoilt = bytearray(content)
        for place in rng.integers(0, len(content), 3):
            spoilt[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(spoilt)
        try:
            assign_file(path, tmp_path / "out.ndjson", target, datum="wgs84", force=True)
        except FileError:
            continue


def test_coordinate_columns_can_be_given(target, tmp_path):
    table = pa.table({"lon": ["a", "b"], "lat": ["c", "d"], "E": [440_200.26, 1e300], "N": [4_439_757.88, 0.0]})
    found = assign_table(table, target, datum="epsg:4547", lon="E", lat="N")
    assert found["status"].to_pylist() == ["inside", "refused"]
    with pytest.raises(FileError, match="not numeric"):
        assign_table(table.append_column("t", pa.array([[1], [2]])), target, datum="wgs84", lon="t", lat="lat")


def test_existing_output_is_kept_without_force(target, tmp_path):
    path, out = points.write(points.plain(5), tmp_path / "in.csv"), tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(ConflictError, match="--force"):
        assign_file(path, out, target, datum="wgs84")
    assert out.read_text() == "mine"
    assign_file(path, out, target, datum="wgs84", force=True)
    with pytest.raises(FileError, match="same file"):
        assign_file(path, path, target, datum="wgs84", force=True)
    side = tmp_path / "new.csv.refused.csv"
    side.write_text("mine")
    with pytest.raises(ConflictError, match=r"refused\.csv"):
        assign_file(path, tmp_path / "new.csv", target, datum="wgs84")
    assign_file(path, tmp_path / "new.csv", target, datum="wgs84", force=True)
    assert not side.exists()


def test_overlapping_polygons(tmp_path):
    shapes = [shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2), shapely.box(3, 0, 4, 2)]
    target, overlap = polygon_target(LayerIndex(["b", "a", "c"], shapes), "x")
    assert overlap
    table = pa.table({"x": [0.5, 1.5, 2.5, 3.0, 3.5, 4.0, 9.0], "y": [1.0] * 7})
    found = assign_table(table, target, datum="wgs84")
    assert found["code"].to_pylist() == ["b", "a", "a", "a", "c", "c", None]
    assert found["status"].to_pylist() == ["inside", "inside", "inside", "border", "inside", "border", "outside"]
    assert not polygon_target(LayerIndex(["a", "c"], shapes[1:]), "x")[1]
