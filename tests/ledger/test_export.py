"""Export of the three lists to CSV, XLSX, GeoJSON and GeoPackage."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pyogrio
import pytest

from geogrid.constants import Language
from geogrid.errors import QueryError
from geogrid.incidents.rule_set import load_rules
from geogrid.ledger.export import LedgerFormat, write_lists
from geogrid.ledger.three_lists import ListName, Names, make_list
from geogrid.model import EntryProgress, EntryState, LedgerEntry, Point, Site, SitePlace, SiteProblem
from geogrid.model.provenance import Provenance
from geogrid.model.synthetic_share import SyntheticShare

NOON = datetime(2022, 3, 1, 4, tzinfo=UTC)
PLACE = SitePlace(Point(113.3, 40.09), 1, "140213051", "140213051003", "140213051003008")
ENTRY = LedgerEntry(
    7,
    "平城-2022-0001",
    SiteProblem(1, 1, "Z06", NOON, "=HYPERLINK(1)\n来电 13800138000", "交通运输", NOON, "leader", synthetic=True),
    Site(1, "D1", "@某点位", "market", PLACE, synthetic=True),
    "2022年督查",
    EntryProgress(2, EntryState.RECTIFIED, "交通运输", "+已清理", NOON, "user:1"),
    0,
)
AREAS = {"140213051": "古城街道"}
MADE = Provenance(made_at=NOON, synthetic=SyntheticShare(synthetic=1))


def table(name=ListName.PROBLEMS, language=Language.ZH, entries=(ENTRY,)):
    names = Names(language, load_rules(), AREAS)
    return make_list(name, entries, names, ["来源：测试"])


def test_csv_has_no_formulas():
    text = write_lists([table()], LedgerFormat.CSV, MADE)
    assert text.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert row["问题描述"] == "'=HYPERLINK(1)\n来电 138****8000"
    assert row["点位名称"] == "'@某点位"
    assert (row["街道"], row["社区（村）"], row["网格编码"]) == ("古城街道", "140213051003", "140213051003008")
    assert (row["发现时间"], row["状态"], row["数据性质"]) == ("2022-03-01 12:00", "已整改", "合成示意 synthetic")


def test_workbook_has_three_sheets_of_text():
    book = openpyxl.load_workbook(io.BytesIO(write_lists([table(name) for name in ListName], LedgerFormat.XLSX, MADE)))
    assert book.sheetnames == ["问题清单", "责任清单", "整改清单", "说明"]
    sheet = book["问题清单"]
    assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == ["问题清单", "来源：测试", "编号"]
    cells = {sheet.cell(3, column).value: sheet.cell(4, column) for column in range(1, sheet.max_column + 1)}
    assert (cells["问题描述"].data_type, cells["问题描述"].value) == ("s", "=HYPERLINK(1) 来电 138****8000")
    assert (cells["网格编码"].data_type, cells["网格编码"].value) == ("s", "140213051003008")
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_geojson_has_points_and_field_names():
    content = json.loads(write_lists([table(ListName.RESPONSIBILITY, Language.EN)], LedgerFormat.GEOJSON, MADE))
    assert (content["title"], content["notes"]) == ("Responsibility", ["来源：测试"])
    (feature,) = content["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [113.3, 40.09]}
    assert (feature["id"], feature["properties"]["duty"]) == ("平城-2022-0001", "Grid leader")
    assert content["headers"]["due_at"] == "due"


@pytest.mark.parametrize("entries", [(ENTRY,), ()])
def test_geopackage_has_one_table_per_list(tmp_path, entries):
    path = tmp_path / "lists.gpkg"
    path.write_bytes(write_lists([table(name, entries=entries) for name in ListName], LedgerFormat.GPKG, MADE))
    assert pyogrio.list_layers(path)[:, 0].tolist() == list(ListName)
    frame = pyogrio.read_dataframe(path, layer="rectification")
    assert len(frame) == len(entries)
    if entries:
        assert (frame.geometry[0].x, frame["整改情况"][0], frame["佐证材料（份）"][0]) == (113.3, "+已清理", 0)


def test_three_lists_in_a_single_list_format_are_refused():
    with pytest.raises(QueryError):
        write_lists([table(name) for name in ListName], LedgerFormat.CSV, MADE)


def test_real_rows_are_not_marked_synthetic():
    real = replace(ENTRY, problem=replace(ENTRY.problem, synthetic=False))
    assert table(entries=[real]).rows[0][-1] is None
