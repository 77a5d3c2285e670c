"""Tables as offices write them: the files of the importers and of ``geogrid assign``, each with its right result."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from geogrid.cli.main import cli, main
from geogrid.store.tables import incidents, populations

CODE = "140213051003008"
HEADER = "上报时间,类别,经度,纬度,来源,事件编号"
DAY = datetime(2026, 3, 1)  # noqa: DTZ001 - a sheet has no time zones


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo, which is the current folder."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments, status=0):
    answer = CliRunner().invoke(cli, list(map(str, arguments)))
    assert answer.exit_code == status, answer.output
    return answer.output


def fail(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, arguments)))
    assert caught.value.code == 2
    return capsys.readouterr().err


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def workbook(path, *rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def imported(store):
    """The last imported incidents, newest first."""
    with store.read() as connection:
        return connection.execute(select(incidents).order_by(incidents.c.id.desc()).limit(3)).all()


def posts():
    return [line.split()[:4] for line in run("people", "list", "--on", "2026-03-02").splitlines()]


@pytest.mark.parametrize(
    "time", ["2022/3/1 8:05", "2022-3-1 8:05", "2022年3月1日 8:05", "20220301080500", "  2022/03/01 08:05:00 "]
)
def test_times_of_excel_are_read(home, store, time):
    text = f"\ufeffreported_at,category,lon,lat,source,external_id\r\n{time},Z06,113.2988,40.09,hotline,HX001\r\n"
    run("incidents", "import", write(home / "a.csv", text), "--datum", "wgs84", "--commit")
    (row, *_) = imported(store)
    assert (row.external_id, row.reported_at.isoformat()) == ("HX001", "2022-03-01T00:05:00+00:00")


@pytest.mark.parametrize("time", ["01/03/2022", "44621.337", "2022/13/1 8:05", "2022/3/1 25:00", "8:05"])
def test_ambiguous_times_are_refused_with_a_remedy(home, time):
    file = write(home / "a.csv", f"{HEADER}\n{time},Z06,113.2988,40.09,hotline,HX001\n")
    answer = run("incidents", "import", file, "--datum", "wgs84", status=1)
    assert "a.csv:2: reported_at: The value is not a time with the year first. Write it like 2022-01-31 08:30" in answer


def test_dates_of_a_sheet_are_read(home, store):
    header = [*HEADER.split(","), "问题描述"]
    file = workbook(home / "a.xlsx", ["某系统导出"], header, [DAY.replace(hour=8, minute=5), "Z06", 113.2988, 40.09])
    run("incidents", "import", file, "--datum", "wgs84", "--commit")
    assert imported(store)[0].reported_at.isoformat() == "2026-03-01T00:05:00+00:00"


@pytest.mark.parametrize(
    "header",
    [HEADER, "上报 时间,事件类别, Lng ,LATITUDE,问题来源,案件编号", "reported_at,category,Lon, lat,source,external_id"],
)
@pytest.mark.parametrize(
    ("category", "source"), [("Z06", "hotline"), ("共享单车停放", "热线"), ("shared-bike parking", "Hotline")]
)
def test_known_headings_and_names_of_values_are_read(home, store, header, category, source):
    text = f"{header}\n2022-03-01 08:05,{category},113.2988,40.09,{source},HX001\n"
    run("incidents", "import", write(home / "a.csv", text, "gbk"), "--datum", "wgs84", "--commit")
    row = imported(store)[0]
    assert (row.category, row.source, row.base_code, row.external_id) == ("Z06", "hotline", CODE, "HX001")


def test_unknown_value_names_the_codes(home):
    file = write(home / "a.csv", f"{HEADER}\n2022-03-01,占道,113.2988,40.09,群众,1\n")
    answer = run("incidents", "import", file, "--datum", "wgs84", status=1)
    assert "The category is unknown. Use a code or a name of: Z01 占道经营" in answer
    assert "[category_unknown]" in answer


def test_unknown_heading_names_the_columns_of_the_file(home, capsys):
    file = write(home / "a.csv", "时刻,类别,经度,纬度\n2022-03-01,Z06,113.2988,40.09\n")
    error = fail(capsys, "incidents", "import", file, "--datum", "wgs84")
    assert "The column 上报时间 (reported_at) is missing; the file has the columns: 时刻, 类别, 经度, 纬度." in error
    assert "mapping file (--mapping FILE)" in error


def test_decimals_and_ids_stored_as_floats_are_read(home, store):
    degrees = pa.decimal128(10, 6)
    table = pa.table(
        {
            "reported_at": pa.array([DAY, DAY], pa.timestamp("us")),
            "category": ["Z06", "Z06"],
            "lon": pa.array([Decimal("113.298800")] * 2, degrees),
            "lat": pa.array([Decimal("40.090000")] * 2, degrees),
            "external_id": pa.array([1001.0, None], pa.float64()),
        }
    )
    pq.write_table(table, home / "a.parquet")
    run("incidents", "import", home / "a.parquet", "--datum", "wgs84", "--commit")
    last, first, *_ = imported(store)
    assert [(row.external_id, row.base_code) for row in (first, last)] == [("1001", CODE), (None, CODE)]
    pq.write_table(table.set_column(4, "external_id", [pa.array([1001.5, None])]), home / "b.parquet")
    assert "external_id: The value is not text." in run(
        "incidents", "import", home / "b.parquet", "--datum", "wgs84", status=1
    )


def test_headers_with_line_breaks_are_read(home):
    header = ["网格\n编码", "职 务", "姓名 ", "生效\n日期", "联系\n电话"]
    file = workbook(home / "a.xlsx", header, [CODE, "网格长", "甲某", DAY, "13800000001"])
    assert "added 新增 1" in run("people", "import", file)


def test_notes_below_a_list_are_left_out_and_named(home):
    file = workbook(
        home / "a.xlsx",
        ["网格员名单"],
        ["填报单位：某街道"],
        ["序号", "网格编码", "职务", "姓名", "生效日期"],
        [1, CODE, "网格长", "甲某", DAY],
        [2],
        ["序号", "网格编码", "职务", "姓名", "生效日期"],
        [None, CODE, "网格员", "乙某", DAY],
        ["备注：以上人员自3月起任职"],
        ["填表人：丁某"],
    )
    answer = run("people", "import", file, "--complete-from", "2026-03-01", "--commit")
    assert "added 新增 2" in answer
    assert "refused 拒绝 0" in answer
    assert "a.xlsx:8: left out, not a record 非记录行，已略过: 备注：以上人员自3月起任职" in answer
    assert [line.split(":")[1] for line in answer.splitlines() if "left out" in line] == ["5", "6", "8", "9"]


@pytest.mark.parametrize("cells", [[CODE], [None, None, "甲某"], [None, "网格员", "甲某", DAY]])
def test_incomplete_row_is_refused_and_no_note(home, cells):
    file = workbook(home / "a.xlsx", ["网格编码", "职务", "姓名", "生效日期"], cells)
    assert "refused 拒绝 1" in run("people", "import", file, status=1)


def test_merged_cells_are_filled_down(home):
    file = workbook(
        home / "a.xlsx",
        ["网格编码", "职务", "姓名", "生效日期"],
        [CODE, "网格长", "甲某", DAY],
        [None, "网格员", "乙某", DAY],
        [None, "网格员", "丙某", DAY],
        [None, "网格员", "丁某", DAY],
        merged=["A2:A4"],
    )
    answer = run("people", "import", file, "--commit", status=1)
    assert "added 新增 3" in answer
    assert "a.xlsx:5: code: The value is missing." in answer
    assert [code for _, code, *_ in posts()] == [CODE] * 3


def test_cells_with_excel_guards_are_read(home):
    text = f'网格编码,职务,姓名,生效日期,电话\n"=""{CODE}""",网格长,甲某,2026-03-01,"=""13800000001"""\n'
    text += f"'{CODE},网格员,乙某,2026-03-01,'13800000002\n"
    answer = run("people", "import", write(home / "a.csv", text), "--commit")
    assert "added 新增 2" in answer
    assert "13800000002" in run("people", "list", "--on", "2026-03-02")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\n"])
def test_separators_are_recognized(home, store, sign, first):
    text = first.format(sign) + f"编码{sign}人口{sign}来源\n{CODE}{sign}7{sign}测试\n"
    run("population", "import", write(home / "a.csv", text, "gbk"), "--commit")
    with store.read() as connection:
        assert connection.execute(select(populations.c.people).where(populations.c.code == CODE)).scalar_one() == 7
    text = first.format(sign) + f"id{sign}lon{sign}lat\n1{sign}113.2988{sign}40.09\n"
    run("assign", write(home / "b.csv", text), home / "out.csv", "--datum", "wgs84")
    assert list(csv.reader(io.StringIO((home / "out.csv").read_text())))[1] == [
        "1",
        "113.2988",
        "40.09",
        CODE,
        "",
        "inside",
    ]


@pytest.mark.parametrize("point", ["113.2988,40.09", "113.2988，40.09", "[113.2988, 40.09]", "POINT (113.2988 40.09)"])
def test_both_coordinates_in_one_column_are_read(home, store, point):
    run("assign", write(home / "a.csv", f'id,location\n1,"{point}"\n'), home / "out.csv", "--datum", "wgs84")
    assert CODE in (home / "out.csv").read_text()
    file = write(home / "b.csv", f'上报时间,类别,位置\n2022-03-01,Z06,"{point}"\n')
    run("incidents", "import", file, "--datum", "wgs84", "--point", "位置", "--commit")
    assert imported(store)[0].base_code == CODE
    file = write(home / "c.csv", f'编码,名称,坐标\nP1,测试点,"{point}"\n')
    days = ("--round", "r", "--from", "2026-03-01", "--to", "2026-03-02")
    assert "outside the district 区外 0" in run("sites", "import", file, "--datum", "wgs84", *days)
    file = write(home / "d.csv", f'名称,坐标\n测试点,"{point}"\n')
    assert "accepted 接受 1 (outside the district 区外 0)" in run("places", "import", file, "--datum", "wgs84")


def test_pairs_that_are_none_are_refused(home):
    file = write(home / "a.csv", 'id,spot\n1,"113.2988,40.09"\n2,here\n3,\n4,"40.09,113.2988"\n')
    answer = run("assign", file, home / "out.csv", "--datum", "wgs84", "--point", "spot", status=1)
    assert "row 2: The value is not a pair of coordinates. Write longitude and latitude" in answer
    codes = [line.split(",")[1] for line in (home / "out.csv.refused.csv").read_text().splitlines()[1:]]
    assert codes == ["not_a_pair", "missing", "coordinates_swapped"]


def test_missing_columns_of_points_name_the_option(home, capsys):
    error = fail(capsys, "assign", write(home / "a.csv", "id,spot\n1,2\n"), home / "out.csv", "--datum", "wgs84")
    assert (
        "the columns are: id, spot. Give the column with --lon, or one column of both coordinates with --point."
        in error
    )
    file = write(home / "b.csv", f'{HEADER}\n2022-03-01,Z06,"113.2988,40.09",,,1\n')
    assert "lon: Two numbers stand in one column. Read both from it: --point COLUMN" in run(
        "incidents", "import", file, "--datum", "wgs84", status=1
    )


SURVEY = ("4439757.88", "440200.26", "easting and northing are the wrong way round")
DEGREES = ("113.2988", "40.09", "they are degrees")
ZONED = ("38440200.26", "4439757.88", "begin")


@pytest.mark.parametrize(("x", "y", "words"), [SURVEY, DEGREES, ZONED])
def test_coordinates_that_do_not_fit_the_datum_are_refused_everywhere(home, capsys, x, y, words):
    datum = ("--datum", "EPSG:4547")
    file = write(home / "a.csv", f"id,X,Y\n1,{x},{y}\n")
    assert words in run("assign", file, home / "out.csv", *datum, status=1)
    file = write(home / "b.csv", f"上报时间,类别,X,Y\n2022-03-01,Z06,{x},{y}\n")
    assert words in run("incidents", "import", file, *datum, status=1)
    file = write(home / "c.csv", f"编码,名称,X,Y\nP1,测试点,{x},{y}\n")
    days = ("--round", "r", "--from", "2026-03-01", "--to", "2026-03-02")
    assert words in run("sites", "import", file, *datum, *days, status=1)
    file = write(home / "d.csv", f"名称,X,Y\n测试点,{x},{y}\n")
    with pytest.raises(SystemExit):
        main(["places", "import", str(file), *datum])
    assert words in capsys.readouterr().err
    assert words in fail(capsys, "locate", x, y, *datum)


def test_metres_under_a_geographic_datum_are_refused(home, capsys):
    file = write(home / "a.csv", "id,x,y\n1,440200.26,4439757.88\n")
    assert "they are metres" in run("assign", file, home / "out.csv", "--datum", "gcj02", status=1)
    assert "they are metres; the eastings have no zone number" in fail(
        capsys, "locate", "440200.26", "4439757.88", "--datum", "gcj02"
    )


@pytest.mark.parametrize("place", ["before", "after"])
def test_crs_member_that_contradicts_the_datum_is_refused(home, capsys, place):
    crs = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4546"}}}
    properties = {"reported_at": "2022-03-01", "category": "Z06", "code": "P1", "name": "测试点"}
    geometry = {"type": "Point", "coordinates": [440200.26, 4439757.88]}
    features = {"features": [{"type": "Feature", "properties": properties, "geometry": geometry}]}
    parts = crs | features if place == "before" else features | crs
    file = write(home / "a.geojson", json.dumps({"type": "FeatureCollection", **parts}))
    days = ("--round", "r", "--from", "2026-03-01", "--to", "2026-03-02")
    for command in (
        ("assign", file, home / "out.csv"),
        ("incidents", "import", file),
        ("sites", "import", file, *days),
    ):
        error = fail(capsys, *command, "--datum", "EPSG:4547")
        assert "The file names EPSG:4546, but the given datum is EPSG:4547." in error
    assert "accepted 接受 1" in run("incidents", "import", file, "--datum", "EPSG:4546")


MAPPING = """
reported_at = "发现时刻"
category = "案由"
point = "位置"
[values.category]
"占道" = "Z01"
[values.source]
"12345" = "hotline"
"""


def test_mapping_is_saved_by_source_and_used_again(home, store, capsys):
    mapping = write(home / "m.toml", MAPPING)
    file = write(home / "a.csv", '发现时刻,案由,位置,来源\n2022/3/1 8:05,占道,"113.2988,40.09",12345\n')
    command = ("incidents", "import", file, "--datum", "wgs84")
    assert "The columns 上报时间 (reported_at), 类别 (category)" in fail(capsys, *command)
    run(*command, "--mapping", mapping, "--save-mapping", "12345热线")
    assert run("mappings", "list") == ""
    run(*command, "--mapping", mapping, "--save-mapping", "12345热线", "--commit")
    row = imported(store)[0]
    assert (row.category, row.source, row.base_code) == ("Z01", "hotline", CODE)
    mapping.unlink()
    assert "accepted 接受 1" in run(*command, "--use-mapping", "12345热线")
    assert run("mappings", "list").split()[0::3] == ["incidents", "12345热线"]
    assert run("mappings", "show", "incidents", "12345热线").strip() == MAPPING.strip()
    assert "saved are: 12345热线" in fail(capsys, *command, "--use-mapping", "other")
    run("mappings", "remove", "incidents", "12345热线")
    assert "saved are: none" in fail(capsys, "mappings", "remove", "incidents", "12345热线")


def test_mapping_of_people_translates_duties(home):
    mapping = write(home / "m.toml", 'code = "所在网格"\nvalid_from = "上岗"\n[values.duty]\n"片警" = "派驻人员"\n')
    file = write(home / "a.csv", f"所在网格,职务,姓名,上岗\n{CODE},片警,甲某,2026-03-01\n")
    run("people", "import", file, "--mapping", mapping, "--commit")
    assert posts() == [["urban", CODE, "dispatched", "甲某"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("categry = 'x'\n", "categry: m.toml: The mapping file has a key"),
        ("category = 7\n", "written as text"),
        ("category = 'x'\n[values.lon]\na = 'b'\n", "values.lon"),
        ("category = \n", "not valid TOML"),
        ("values = 'x'\n", "[values.category]"),
        ("category = '没有'\n", "The file has no column 没有, which the mapping names; its columns are: 上报时间"),
    ],
)
def test_wrong_mapping_is_an_error_with_a_remedy(home, capsys, text, words):
    file = write(home / "a.csv", f"{HEADER}\n2022-03-01,Z06,113.2988,40.09,,1\n")
    assert words in fail(
        capsys, "incidents", "import", file, "--datum", "wgs84", "--mapping", write(home / "m.toml", text)
    )


def test_dates_are_plain_dates_in_parquet_lists(home):
    table = {"code": [int(CODE)], "duty": ["网格长"], "name": ["甲某"], "valid_from": pa.array([date(2026, 3, 1)])}
    pq.write_table(pa.table(table), home / "a.parquet")
    assert "added 新增 1" in run("people", "import", home / "a.parquet")
