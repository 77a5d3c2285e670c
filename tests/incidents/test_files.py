"""Rows from files: what is read, what is refused, and why."""

import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geogrid.errors import FileError, InputError
from geogrid.incidents.files import FileFormat, parse_row, read_rows
from geogrid.model import IncidentSource
from geogrid.tabular.table_rows import TableRow

GOOD = {"reported_at": "2022-03-01T08:30:00+08:00", "category": "Z01", "lon": "113.3", "lat": "40.09"}
HEADER = "reported_at,category,lon,lat,description\n"


def rows(content, file_format):
    return list(read_rows(content, file_format))


def test_csv_numbers_lines_as_an_editor_does():
    text = HEADER + '2022-03-01,Z01,113.3,40.09,"two\nlines"\n2022-03-02,Z02,113.3,40.09,one\n'
    found = rows(text.encode(), FileFormat.CSV)
    assert [row.number for row in found] == [3, 4]
    assert found[0].values["description"] == "two\nlines"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_chinese_spreadsheets(encoding):
    content = (HEADER + "2022-03-01,Z01,113.3,40.09,占道经营\n").encode(encoding)
    assert rows(content, FileFormat.CSV)[0].values["description"] == "占道经营"


def test_geojson_takes_the_point_from_the_geometry():
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [113.3, 40.09]},
        "properties": {"reported_at": "2022-03-01", "category": "Z01", "lon": 0},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    report = parse_row(rows(content, FileFormat.GEOJSON)[0], "wgs84")
    assert (report.point.lon, report.point.lat) == (113.3, 40.09)


def test_parquet_keeps_its_types():
    table = pa.table(
        {"reported_at": [datetime(2022, 3, 1, tzinfo=UTC)], "category": ["Z01"], "lon": [1.5], "lat": [2.5]}
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    row = rows(buffer.getvalue(), FileFormat.PARQUET)[0]
    assert parse_row(row, "wgs84").reported_at == datetime(2022, 3, 1, tzinfo=UTC)
    assert row.number == 1


@pytest.mark.parametrize(
    ("content", "file_format", "code"),
    [
        (b"a,b\n1,2\n", FileFormat.CSV, "column_missing"),
        (b"", FileFormat.CSV, "column_missing"),
        (HEADER.encode() + b'2022,"open', FileFormat.CSV, "csv"),
        (b"lon," + HEADER.encode(), FileFormat.CSV, "column_twice"),
        (b"\xff\xfe\x81", FileFormat.CSV, "encoding"),
        (b"{", FileFormat.GEOJSON, "geojson"),
        (b"[]", FileFormat.GEOJSON, "geojson"),
        (b"[" * 200_000, FileFormat.GEOJSON, "geojson"),
        (b'{"features": 1}', FileFormat.GEOJSON, "geojson"),
        (b"PAR1 not", FileFormat.PARQUET, "parquet"),
    ],
)
def test_what_is_no_such_file_is_refused_whole(content, file_format, code):
    with pytest.raises(FileError) as caught:
        rows(content, file_format)
    assert caught.value.code == code


def test_csv_names_the_line_that_is_broken():
    text = HEADER + "2022-03-01,Z01,113.3,40.09,x\n" * 3 + '2022-03-01,Z01,113.3,40.09,"x"y\n'
    with pytest.raises(FileError, match="Line 5 "):
        rows(text.encode(), FileFormat.CSV)


def test_a_comma_too_many_is_refused_rather_than_cut_off():
    text = HEADER + "2022-03-01,Z01,113.3,40.09,stall, again\n2022-03-01,Z01,113.3,40.09,stall,,\n"
    row, padded = rows(text.encode(), FileFormat.CSV)
    with pytest.raises(InputError) as caught:
        parse_row(row, "wgs84")
    assert caught.value.code == "fields"
    assert parse_row(padded, "wgs84").description == "stall"


@pytest.mark.parametrize(
    "column",
    [
        pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]),
        pa.array([2**60], pa.timestamp("us")),
        pa.array([-(2**62)], pa.timestamp("ms")),
        pa.array([0], pa.timestamp("s", tz="Mars/Base")),
        pa.array([2**31 - 1], pa.date32()),
    ],
)
def test_parquet_values_that_python_cannot_hold(column):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"reported_at": column, "category": ["Z01"], "lon": [1.5], "lat": [2.5]}), buffer)
    with pytest.raises(FileError) as caught:
        rows(buffer.getvalue(), FileFormat.PARQUET)
    assert caught.value.code == "parquet"


def test_parquet_that_is_damaged_inside():
    table = pa.table({"reported_at": ["2022-03-01"], "category": ["Z01"], "lon": [1.5], "lat": [2.5]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    content = bytearray(buffer.getvalue())
    content[4:60] = b"\xff" * 56
    with pytest.raises(FileError) as caught:
        rows(bytes(content), FileFormat.PARQUET)
    assert caught.value.code == "parquet"


@pytest.mark.parametrize(
    "feature",
    [
        None,
        7,
        {},
        {"geometry": None, "properties": None},
        {"geometry": {"type": "Polygon", "coordinates": []}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": [1]}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": "12"}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": [[1], [2]]}, "properties": GOOD},
    ],
)
def test_a_bad_feature_is_refused_by_itself(feature):
    content = json.dumps({"features": [feature]}).encode()
    with pytest.raises(InputError):
        parse_row(rows(content, FileFormat.GEOJSON)[0], "wgs84")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"lon": ""}, "lon", "missing"),
        ({"lon": None}, "lon", "missing"),
        ({"lat": "north"}, "lat", "type"),
        ({"lat": True}, "lat", "type"),
        ({"lat": [40]}, "lat", "type"),
        ({"lat": 10**400}, "lat", "type"),
        ({"reported_at": ""}, "reported_at", "missing"),
        ({"reported_at": "yesterday"}, "reported_at", "time"),
        ({"reported_at": 20220301}, "reported_at", "time"),
        ({"source": "gossip"}, "source", "source_unknown"),
        ({"datum": "mars"}, "datum", "datum_unknown"),
        ({"description": {"a": 1}}, "description", "type"),
    ],
)
def test_a_bad_row_names_its_field(changes, field, code):
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, {**GOOD, **changes}), "wgs84")
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_row_without_a_datum_is_never_guessed():
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, GOOD), None)
    assert caught.value.code == "datum_missing"
    assert parse_row(TableRow(2, {**GOOD, "datum": "GCJ-02"}), None).datum == "gcj02"
    assert parse_row(TableRow(2, GOOD), "bd09").datum == "bd09"


def test_a_time_without_a_zone_is_beijing_time():
    report = parse_row(TableRow(2, {**GOOD, "reported_at": "2022-03-01 08:30"}), "wgs84")
    assert report.reported_at.astimezone(UTC) == datetime(2022, 3, 1, 0, 30, tzinfo=UTC)


def test_what_is_left_out_has_its_default():
    report = parse_row(TableRow(2, GOOD), "wgs84")
    assert (report.source, report.description, report.external_id, report.synthetic) == (
        IncidentSource.SYSTEM,
        "",
        None,
        False,
    )


def test_a_text_far_too_long_is_its_row_s_fault_and_not_the_file_s():
    text = HEADER + f"2022-03-01,Z01,113.3,40.09,{'x' * 200_000}\n2022-03-01,Z01,113.3,40.09,x\n"
    assert len(rows(text.encode(), FileFormat.CSV)) == 2


def test_a_number_with_an_underscore_is_none():
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, GOOD | {"lon": "1_13.3"}), "wgs84")
    assert (caught.value.code, caught.value.field) == ("type", "lon")
