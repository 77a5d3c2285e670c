"""Reading of incident files: accepted and refused files and rows."""

import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geogrid.errors import FileError, InputError
from geogrid.incidents import incident_file_reader
from geogrid.incidents.incident_file_reader import FileFormat, read_incident_file
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.value_names import incident_names
from geogrid.tabular.row_model import TableRow

GOOD = {"reported_at": "2022-03-01T08:30:00+08:00", "category": "Z01", "lon": "113.3", "lat": "40.09"}
HEADER = "reported_at,category,lon,lat,description\n"


NAMES = incident_names(load_rules())


def rows(content, file_format):
    return list(read_incident_file(content, file_format, "wgs84").rows)


def parse_row(row, datum):
    return incident_file_reader.parse_row(row, datum, NAMES)


def test_csv_row_number_is_the_line_number():
    text = HEADER + '2022-03-01,Z01,113.3,40.09,"two\nlines"\n2022-03-02,Z02,113.3,40.09,one\n'
    found = rows(text.encode(), FileFormat.CSV)
    assert [row.number for row in found] == [3, 4]
    assert found[0].values["description"] == "two\nlines"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings_of_chinese_spreadsheets_are_read(encoding):
    content = (HEADER + "2022-03-01,Z01,113.3,40.09,占道经营\n").encode(encoding)
    assert rows(content, FileFormat.CSV)[0].values["description"] == "占道经营"


def test_geojson_point_comes_from_the_geometry():
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [113.3, 40.09]},
        "properties": {"reported_at": "2022-03-01", "category": "Z01", "lon": 0},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    report = parse_row(rows(content, FileFormat.GEOJSON)[0], "wgs84")
    assert (report.point.lon, report.point.lat) == (113.3, 40.09)


def test_parquet_types_are_kept():
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
def test_file_of_another_format_is_refused(content, file_format, code):
    with pytest.raises(FileError) as caught:
        rows(content, file_format)
    assert caught.value.code == code


def test_csv_error_contains_the_line_number():
    text = HEADER + "2022-03-01,Z01,113.3,40.09,x\n" * 3 + '2022-03-01,Z01,113.3,40.09,"x"y\n'
    with pytest.raises(FileError, match="Line 5 "):
        rows(text.encode(), FileFormat.CSV)


def test_csv_row_with_extra_fields_is_refused():
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
def test_parquet_values_out_of_range_are_refused(column):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"reported_at": column, "category": ["Z01"], "lon": [1.5], "lat": [2.5]}), buffer)
    with pytest.raises(FileError) as caught:
        rows(buffer.getvalue(), FileFormat.PARQUET)
    assert caught.value.code == "parquet"


def test_damaged_parquet_page_is_refused():
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
def test_only_the_invalid_feature_is_refused(feature):
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
def test_refused_row_has_field_and_code(changes, field, code):
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, {**GOOD, **changes}), "wgs84")
    assert (caught.value.field, caught.value.code) == (field, code)


def test_row_without_datum_is_refused():
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, GOOD), None)
    assert caught.value.code == "datum_missing"
    assert parse_row(TableRow(2, {**GOOD, "datum": "GCJ-02"}), None).datum == "gcj02"
    assert parse_row(TableRow(2, GOOD), "bd09").datum == "bd09"


def test_time_without_zone_is_beijing_time():
    report = parse_row(TableRow(2, {**GOOD, "reported_at": "2022-03-01 08:30"}), "wgs84")
    assert report.reported_at.astimezone(UTC) == datetime(2022, 3, 1, 0, 30, tzinfo=UTC)


def test_missing_optional_values_have_defaults():
    report = parse_row(TableRow(2, GOOD), "wgs84")
    assert (report.source, report.description, report.external_id, report.synthetic) == (
        "system",
        "",
        None,
        False,
    )


def test_very_long_text_refuses_only_its_row():
    text = HEADER + f"2022-03-01,Z01,113.3,40.09,{'x' * 200_000}\n2022-03-01,Z01,113.3,40.09,x\n"
    assert len(rows(text.encode(), FileFormat.CSV)) == 2


def test_number_with_underscore_is_refused():
    with pytest.raises(InputError) as caught:
        parse_row(TableRow(2, GOOD | {"lon": "1_13.3"}), "wgs84")
    assert (caught.value.code, caught.value.field) == ("type", "lon")
