"""Tests of XLSX reading, with damaged and malicious workbooks."""

import io
import random
import time
import zipfile
from datetime import datetime

import openpyxl
import pytest

from geogrid.errors import FileError
from geogrid.tabular import xlsx_reader
from geogrid.tabular.xlsx_reader import LIST_LIMITS, TableLimits, read_sheet_rows

DAY = datetime(2026, 3, 1)  # noqa: DTZ001 - a sheet has no zones
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def saved(*rows, change=None):
    """Return the bytes of a workbook with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def replaced(content, parts):
    """Return the workbook with replaced or additional parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return target.getvalue()


def sheet_xml(inside, head=""):
    return f'<?xml version="1.0"?>{head}<worksheet {NAMESPACE}>{inside}</worksheet>'


def code_of(content, sheet=None):
    with pytest.raises(FileError) as caught:
        read_sheet_rows(content, sheet)
    return caught.value.code


def test_cells_keep_their_types_and_empty_rows_are_skipped():
    content = saved(["a", 140213051003008, 1.5, DAY], [None, " "], [], ["b"])
    lines = [(number, cells[:4]) for number, cells in read_sheet_rows(content)]
    assert lines == [
        (1, ("a", 140213051003008, 1.5, DAY)),
        (4, ("b", None, None, None)),
    ]


def test_formula_is_read_as_saved_value():
    row = '<row r="1"><c r="A1"><f>WEBSERVICE("http://127.0.0.1:1/")</f><v>7</v></c><c r="B1"><f>1+1</f></c></row>'
    content = replaced(saved(["x"]), {SHEET: sheet_xml(f"<sheetData>{row}</sheetData>")})
    assert read_sheet_rows(content)[0][1][:2] == (7, None)


def test_default_is_first_visible_sheet():
    def change(book):
        book.active.sheet_state = "hidden"
        book.create_sheet("名单").append(["second"])
        book.create_sheet("其他").append(["third"])

    content = saved(["first"], change=change)
    assert [read_sheet_rows(content, name)[0][1][0] for name in (None, "其他", "Sheet")] == ["second", "third", "first"]
    assert code_of(content, "none") == "sheet_unknown"


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1", "B7:C9"])
def test_declared_dimension_is_ignored(dimension):
    inside = f'<dimension ref="{dimension}"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    started = time.monotonic()
    assert [number for number, _ in read_sheet_rows(replaced(saved(["x"]), {SHEET: sheet_xml(inside)}))] == [1]
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("number", [LIST_LIMITS.sheet_rows + 2, 10**30])
def test_high_row_number_is_refused_quickly(number):
    inside = f'<sheetData><row r="1"><c><v>1</v></c></row><row r="{number}"><c><v>2</v></c></row></sheetData>'
    started = time.process_time()
    assert [number for number, _ in read_sheet_rows(replaced(saved(["x"]), {SHEET: sheet_xml(inside)}))] == [1]
    assert time.process_time() - started < 60


def test_too_many_rows_are_refused():
    limits = TableLimits(sheet_rows=3, unpacked_bytes=2**20, text_rows=None)
    assert len(read_sheet_rows(saved(*[["x"]] * 3), limits=limits)) == 3
    with pytest.raises(FileError) as caught:
        read_sheet_rows(saved(*[["x"]] * 4), limits=limits)
    assert caught.value.code == "too_large"


def test_zip_bomb_is_refused():
    bomb = replaced(saved(["x"]), {"xl/media/zeros.bin": bytes(200 * 2**20)})
    assert len(bomb) < 10**6
    started = time.monotonic()
    assert code_of(bomb) == "too_large"
    assert time.monotonic() - started < 60


def test_false_sizes_in_zip_directory_are_ignored():
    content = bytearray(replaced(saved(["x"]), {"xl/media/zeros.bin": bytes(50 * 2**20)}))
    real = (50 * 2**20).to_bytes(4, "little")
    assert real in content
    assert code_of(bytes(content).replace(real, (10).to_bytes(4, "little"))) in {"too_large", "zip_damaged"}


def test_large_style_part_is_refused():
    styles = f"<styleSheet {NAMESPACE}><cellXfs>{'<xf/>' * 500_000}</cellXfs></styleSheet>"
    padding = random.Random(1).randbytes(10**6)
    assert code_of(replaced(saved(["x"]), {"xl/styles.xml": styles, "xl/media/a.bin": padding})) == "too_large"


@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml", "docProps/core.xml"]
)
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + "]>",
        '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_xml_entities_are_refused(part, doctype):
    original = zipfile.ZipFile(io.BytesIO(saved(["x"]))).read(part).decode()
    body = original[original.index("?>") + 2 :] if original.startswith("<?xml") else original
    started = time.monotonic()
    assert code_of(replaced(saved(["x"]), {part: doctype + body})) == "xlsx_damaged"
    assert time.monotonic() - started < 60


def test_entity_bomb_in_cell_is_refused():
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    inside = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row></sheetData>'
    content = replaced(saved(["x"]), {SHEET: sheet_xml(inside, f"<!DOCTYPE worksheet [{entities}]>")})
    assert code_of(content) == "xlsx_damaged"


def test_too_many_sheets_are_refused():
    def change(book):
        for number in range(xlsx_reader.MAX_SHEETS):
            book.create_sheet(str(number))

    assert code_of(saved(["x"], change=change)) == "too_large"


def test_too_many_zip_entries_are_refused():
    assert code_of(replaced(saved(["x"]), {f"xl/{number}": b"" for number in range(1_001)})) == "zip_entries"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "C:\\evil"])
def test_unsafe_path_is_refused(name):
    assert code_of(replaced(saved(["x"]), {name: b"x"})) == "zip_path"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "xlsx"),
        (b"code,name\n1,2\n", "xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "xls"),
        (b"PK\x03\x04" + bytes(64), "zip_damaged"),
        (replaced(saved(["x"]), {"[Content_Types].xml": "<Types/>"}), "xlsx_damaged"),
        (replaced(saved(["x"]), {"xl/workbook.xml": "no XML"}), "xlsx_damaged"),
    ],
)
def test_other_file_types_are_refused(content, code):
    assert code_of(content) == code


def test_other_zip_archive_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", "x")
    assert code_of(content.getvalue()) == "xlsx_damaged"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_workbook_is_refused(share):
    content = saved(*[["x", number] for number in range(100)])
    assert code_of(content[: int(len(content) * share)]) == "zip_damaged"


def test_random_damage_gives_error_or_rows():
    chance = random.Random(7)
    content = saved(*[["甲某", 140213051003008 + number, DAY] for number in range(20)])
    parts = {name: zipfile.ZipFile(io.BytesIO(content)).read(name) for name in (SHEET, "xl/workbook.xml")}
    refused = 0
    for _ in range(150):
        name = chance.choice(list(parts))
        broken = bytearray(parts[name])
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read_sheet_rows(replaced(content, {name: bytes(broken)}))
        except FileError as error:
            refused += error.code in {"xlsx_damaged", "sheet_unknown"}
    assert refused > 20
