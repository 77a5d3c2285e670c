"""Lists of people: headers, encodings, cells, refused rows and the template."""

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest

from geogrid.errors import FileError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.people.list_template import build_template
from geogrid.people.people_columns import PEOPLE_COLUMNS
from geogrid.people.validation import parse_posts
from geogrid.tabular.row_model import TableRow
from geogrid.tabular.table_reader import ReadOptions, TabularFormat, read_table
from geogrid.tabular.xlsx_reader import TableLimits

COLUMNS = PEOPLE_COLUMNS.names
CODE = "140213051003008"
DUTIES = load_rules().profile.duties
NAMES = [(name, code) for code, duty in DUTIES.items() for name in duty.names]
AREAS = {
    "street": {"140213051"},
    "community": {"140213051003"},
    "urban": {CODE, "140213051003009"},
    "lanes": {"L-01", "twice"},
    "areas_of_wardens": {"twice"},
}
GOOD = {"code": CODE, "duty": "网格长", "name": "甲某", "valid_from": "2026-03-01"}


def read_rows(content, file_format, **options):
    return list(read_table(content, file_format, PEOPLE_COLUMNS, ReadOptions(**options)).rows)


def xlsx(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def delimited(*rows, encoding="utf-8"):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def parse_one(row, *options):
    (post,) = parse_posts(row, AREAS, DUTIES, *options)
    return post


def parsed(**changes):
    return parse_one(TableRow(2, {**GOOD, **changes}))


def refusal(**changes):
    with pytest.raises(InputError) as caught:
        parsed(**changes)
    return caught.value.field, caught.value.code


@pytest.mark.parametrize(("field", "name"), [(field, name) for field, names in COLUMNS.items() for name in names])
@pytest.mark.parametrize("shape", ["{}", " {} ", "*{}", "{}（必填）"])
def test_every_column_name_is_recognized(field, name, shape):
    header = {one: names[0] for one, names in COLUMNS.items()} | {field: shape.format(name.upper())}
    for content, file_format in (
        (delimited(header.values(), header), TabularFormat.CSV),
        (xlsx(list(header.values()), list(header)), TabularFormat.XLSX),
    ):
        assert read_rows(content, file_format)[0].values[field] == field


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_is_read_in_each_encoding(encoding):
    content = delimited(["编码", "岗位", "姓名", "起", "止"], [CODE, "楼长", "乙某", "2026/3/1", ""], encoding=encoding)
    (row,) = read_rows(content, TabularFormat.CSV)
    assert parse_one(row).duty == "building_leader"
    assert (row.number, row.values["name"]) == (2, "乙某")


def test_sheet_saved_by_excel_is_read():
    content = xlsx(
        ["某街道网格人员名单"],
        [],
        ["序号", "网格编码", "职务", "姓名", "电话", "生效日期", "截止日期", "备注"],
        [1, int(CODE), "网格员", "甲某", 13800000000, datetime(2026, 3, 1), date(2026, 12, 31), "x"],  # noqa: DTZ001
        [None, None, " "],
        [2, float(CODE), "派驻人员", "乙某", None, "2026年3月1日", None, None],
    )
    rows = read_rows(content, TabularFormat.XLSX)
    assert [row.number for row in rows] == [4, 6]
    first, second = (parse_one(row) for row in rows)
    assert (first.code, first.phone, first.valid_from, first.valid_to) == (
        CODE,
        "13800000000",
        date(2026, 3, 1),
        date(2026, 12, 31),
    )
    assert (second.code, second.duty, second.valid_from, second.valid_to) == (
        CODE,
        "dispatched",
        date(2026, 3, 1),
        None,
    )


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (delimited(["编码", "姓名", "起"], [CODE, "甲某", "2026-03-01"]), "column_missing", "duty"),
        (b"", "column_missing", "code"),
        (delimited(*[["x"]] * 10, list(GOOD), list(GOOD.values())), "column_missing", "code"),
        (delimited(["编码", "网格编码", *list(GOOD)[1:]], []), "column_twice", "code"),
    ],
)
def test_list_without_required_columns_is_refused(content, code, field):
    with pytest.raises(FileError) as caught:
        read_rows(content, TabularFormat.CSV)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_list_with_only_a_header_has_no_rows():
    assert read_rows(delimited(list(GOOD)), TabularFormat.CSV) == []


@pytest.mark.parametrize(("make", "file_format"), [(xlsx, TabularFormat.XLSX), (delimited, TabularFormat.CSV)])
def test_positions_of_unknown_columns_are_returned(make, file_format):
    content = make(["序号", *GOOD, "", "到期日期"], ["1", *GOOD.values(), "", "2026-12-31"])
    assert read_table(content, file_format, PEOPLE_COLUMNS).unknown_columns == [1, 7]


def test_sheet_of_a_csv_is_refused():
    with pytest.raises(FileError, match="no sheets"):
        read_rows(delimited(list(GOOD)), TabularFormat.CSV, sheet="名单")


def test_csv_with_too_many_rows_is_refused():
    limits = TableLimits(sheet_rows=3, unpacked_bytes=2**20, text_rows=3)
    lines = [list(GOOD), list(GOOD.values()), list(GOOD.values())]
    assert len(read_rows(delimited(*lines), TabularFormat.CSV, limits=limits)) == 2
    with pytest.raises(FileError) as caught:
        read_rows(delimited(*lines, lines[1]), TabularFormat.CSV, limits=limits)
    assert caught.value.code == "too_large"


def test_row_with_extra_cells_is_refused():
    (row,) = read_rows(delimited(list(GOOD), [*GOOD.values(), "", "x"]), TabularFormat.CSV)
    with pytest.raises(InputError) as caught:
        parse_one(row)
    assert caught.value.code == "fields"


@pytest.mark.parametrize("file_format", [TabularFormat.CSV, TabularFormat.XLSX])
def test_filled_in_template_is_read(file_format):
    empty = build_template(file_format)
    assert read_rows(empty, file_format) == []
    values = ["", CODE, "网格长", "甲某", "", "某单位, 某科", "13800000000", "2026-03-01", "2026-12-31"]
    if file_format is TabularFormat.CSV:
        content = empty + delimited(values)
    else:
        book = openpyxl.load_workbook(io.BytesIO(empty))
        assert book.active.column_dimensions["B"].number_format == "@"
        book.active.append(values)
        filled = io.BytesIO()
        book.save(filled)
        content = filled.getvalue()
    post = parse_one(read_rows(content, file_format)[0])
    assert (post.layer, post.code, post.name, post.organisation) == ("urban", CODE, "甲某", "某单位, 某科")
    assert (post.phone, post.valid_from, post.valid_to) == ("13800000000", date(2026, 3, 1), date(2026, 12, 31))


@pytest.mark.parametrize(("name", "duty"), NAMES)
def test_every_duty_name_is_recognized(name, duty):
    assert parsed(duty=f" {name} ").duty == duty


@pytest.mark.parametrize(
    ("duty", "title", "kept"),
    [
        ("路长", "", "路长"),
        ("片长", None, "片长"),
        ("巷长", "一级巷长", "一级巷长"),
        ("warden", "", ""),
        ("网格长", "", ""),
    ],
)
def test_title_of_a_warden_is_kept(duty, title, kept):
    assert parsed(duty=duty, title=title).title == kept


@pytest.mark.parametrize(
    ("layer", "code", "found"),
    [
        (None, CODE, "urban"),
        ("", "140213051", "street"),
        ("城市网格", CODE, "urban"),
        ("URBAN", CODE, "urban"),
        ("lanes", "L-01", "lanes"),
        (None, "L-01", "lanes"),
        ("areas_of_wardens", "twice", "areas_of_wardens"),
    ],
)
def test_layer_is_determined_by_the_code(layer, code, found):
    assert parsed(layer=layer, code=code).layer == found


def test_default_layer_applies_to_rows_without_one():
    row = {**GOOD, "code": "twice"}
    assert parse_one(TableRow(2, row), "lanes").layer == "lanes"
    assert parse_one(TableRow(2, {**row, "layer": "areas_of_wardens"}), "lanes").layer == "areas_of_wardens"


@pytest.mark.parametrize(
    "cell", [int(CODE), float(CODE), CODE, f" {CODE}\t", f"'{CODE}", f"{CODE}.0", "１４０２１３０５１００３００８"]
)
def test_code_formats_are_accepted(cell):
    assert parsed(code=cell).code == CODE


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026/3/1", date(2026, 3, 1)),
        ("2026.3.1", date(2026, 3, 1)),
        ("2026年3月1日", date(2026, 3, 1)),
        ("2026-03-01 00:00:00", date(2026, 3, 1)),
        (20260301, date(2026, 3, 1)),
        ("２０２６-０３-０１", date(2026, 3, 1)),
        (datetime(2026, 3, 1), date(2026, 3, 1)),  # noqa: DTZ001 - a sheet has no time zones
    ],
)
def test_date_formats_are_accepted(cell, day):
    assert parsed(valid_from=cell, valid_to=cell).valid_from == day


@pytest.mark.parametrize("cell", [None, "", " ", "长期", "至今"])
def test_open_end_is_none(cell):
    assert parsed(valid_to=cell).valid_to is None


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"code": None}, "code", "missing"),
        ({"code": "140213051003999"}, "code", "code_unknown"),
        ({"code": "14021305100300"}, "code", "code_unknown"),
        ({"code": "1.40213E+14"}, "code", "code_rounded"),
        ({"code": "1.4e14"}, "code", "code_rounded"),
        ({"code": 1.402130510030081e18}, "code", "code_rounded"),
        ({"code": 140213051003008123}, "code", "code_rounded"),
        ({"code": 1.5}, "code", "type"),
        ({"code": float("inf")}, "code", "code_rounded"),
        ({"code": float("nan")}, "code", "type"),
        ({"code": True}, "code", "type"),
        ({"code": "twice"}, "layer", "layer_ambiguous"),
        ({"layer": "canals"}, "layer", "layer_unknown"),
        ({"layer": "x'; DROP TABLE posts"}, "layer", "layer_unknown"),
        ({"layer": "街道"}, "code", "code_unknown"),
        ({"duty": ""}, "duty", "missing"),
        ({"duty": "队长"}, "duty", "duty_unknown"),
        ({"duty": 5}, "duty", "missing"),
        ({"name": None}, "name", "missing"),
        ({"name": " 　"}, "name", "missing"),
        ({"name": "甲" * 101}, "name", "text_too_long"),
        ({"name": "甲\x1b[2J某"}, "name", "text_control"),
        ({"name": "甲\n某"}, "name", "text_control"),
        ({"name": "甲\u202e某"}, "name", "text_control"),
        ({"name": "甲\ud800"}, "name", "text_control"),
        ({"name": "\0"}, "name", "text_control"),
        ({"organisation": "单位" * 51}, "organisation", "text_too_long"),
        ({"phone": "none"}, "phone", "phone"),
        ({"phone": "13800000000/13800000001"}, "phone", "phone"),
        ({"phone": "1" * 40}, "phone", "phone"),
        ({"phone": "=cmd|' /C calc'!A0"}, "phone", "phone"),
        ({"valid_from": None}, "valid_from", "missing"),
        ({"valid_from": "2026-02-30"}, "valid_from", "day"),
        ({"valid_from": "2026-3/1"}, "valid_from", "day"),
        ({"valid_from": "03/01/2026"}, "valid_from", "day"),
        ({"valid_from": 46082}, "valid_from", "day"),
        ({"valid_from": datetime(2026, 3, 1, 8)}, "valid_from", "day"),  # noqa: DTZ001
        ({"valid_from": "0001-01-01"}, "valid_from", "day"),
        ({"valid_from": "9999-12-31"}, "valid_from", "day"),
        ({"valid_to": "2026-02-28"}, "valid_to", "period"),
        ({"valid_to": "soon"}, "valid_to", "day"),
    ],
)
def test_refused_row_has_field_and_code(changes, field, code):
    assert refusal(**changes) == (field, code)


def test_longest_name_and_single_day_are_accepted():
    post = parsed(name="甲" * 100, valid_to="2026-03-01")
    assert (len(post.name), post.valid_to) == (100, post.valid_from)


@pytest.mark.parametrize(
    "name", ["甲某'; DROP TABLE posts;--", "<script>alert(1)</script>", "=1+1", "{{7*7}}", "阿某·甲某"]
)
def test_texts_are_not_changed(name):
    assert parsed(name=name, organisation=name).name == name
