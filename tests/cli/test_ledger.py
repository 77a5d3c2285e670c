"""`geogrid sites` and `geogrid ledger`, on a copy of the demo."""

import json

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from geogrid.cli.main import cli, main
from geogrid.model import CONSOLE
from geogrid.services.sites import list_sites

ROUND = ["--round", "测试轮次", "--from", "2026-01-01", "--to", "2026-03-31"]
HEADER = ["点位编码", "点位名称", "点位类型", "经度", "纬度"]
ROWS = [["D1", "某市场", "market", 113.3058, 40.0912], ["D2", "某路口", "", 116.4, 39.9]]


@pytest.fixture
def home(store, tmp_path, monkeypatch):
    """A home folder with a copy of the demo."""
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def delimited(path, rows=ROWS, encoding="utf-8"):
    path.write_text("\n".join(",".join(map(str, row)) for row in [HEADER, *rows]), encoding=encoding)
    return path


def test_sites_are_imported_and_imported_again(home, store):
    path = delimited(home / "点位.csv", encoding="gbk")
    dry = run("sites", "import", path, *ROUND, "--datum", "gcj02")
    assert (dry.exit_code, "added 新增 2" in dry.output, "Dry run" in dry.output) == (0, True, True)
    assert "测试轮次" not in run("sites", "rounds").output
    done = run("sites", "import", path, *ROUND, "--datum", "gcj02", "--commit")
    assert (done.exit_code, "outside the district 区外 1" in done.output) == (0, True)
    assert "2 sites 点位  测试轮次" in run("sites", "rounds").output
    first, second = list_sites(store, CONSOLE, round_id=2).items
    assert (first.name, first.place.street_code, first.synthetic) == ("某市场", "140213051", False)
    assert abs(first.place.wgs84.lon - 113.29878) < 1e-5
    assert second.place.grid_code is None
    delimited(path, [["D1", "某菜市场", "market", 113.3058, 40.0912], ROWS[1]])
    again = run("sites", "import", path, *ROUND, "--datum", "gcj02", "--commit")
    assert "added 新增 0, changed 变更 1, unchanged 未变 1" in again.output
    other = run("sites", "import", path, "--round", "下一轮", *ROUND[2:], "--datum", "gcj02", "--commit")
    assert "added 新增 0, changed 变更 0, unchanged 未变 2" in other.output


def test_only_invalid_rows_are_refused(home):
    rows = [*ROWS, ["", "无编码", "", 113.3, 40.1], ["D4", "x", "", "东", 40.1], ["D5", "x", "", 40.1, 113.3]]
    done = run("sites", "import", delimited(home / "a.csv", rows), *ROUND, "--datum", "wgs84", "--commit")
    assert done.exit_code == 1
    for message in ("a.csv:4: code", "a.csv:5: lon", "a.csv:6: ", "[coordinates_swapped]", "added 新增 2"):
        assert message in done.output


def test_workbook_and_area_files_are_imported(home, store):
    book = Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    book.save(home / "a.xlsx")
    assert "added 新增 2" in run("sites", "import", home / "a.xlsx", *ROUND, "--datum", "gcj02").output
    ring = [[113.298, 40.089], [113.299, 40.089], [113.299, 40.09], [113.298, 40.09], [113.298, 40.089]]
    for shape, code in (
        ({"type": "Polygon", "coordinates": [ring]}, "A1"),
        ({"type": "Point", "coordinates": ring[0]}, "P1"),
    ):
        path = home / f"{code}.geojson"
        feature = {"type": "Feature", "properties": {"code": code, "name": "某区域"}, "geometry": shape}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        done = run("sites", "import", path, *ROUND, "--datum", "wgs84", "--commit")
        assert (done.exit_code, "added 新增 1" in done.output) == (0, True), done.output
    codes = {site.code: site.place.street_code for site in list_sites(store, CONSOLE, round_id=2).items}
    assert codes == {"A1": "140213051", "P1": "140213051"}


def test_invalid_area_is_refused(home):
    bow = [[113.298, 40.089], [113.299, 40.09], [113.299, 40.089], [113.298, 40.09], [113.298, 40.089]]
    shape = {"type": "Polygon", "coordinates": [bow]}
    feature = {"type": "Feature", "properties": {"code": "A1", "name": "某区域"}, "geometry": shape}
    path = home / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    done = run("sites", "import", path, *ROUND, "--datum", "wgs84", "--commit")
    assert (done.exit_code, "[ring_invalid]" in done.output, "added 新增 0" in done.output) == (1, True, True)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("点位编码,点位名称,经度\n", ["--datum", "wgs84"], "纬度"),
        ("点位编码,点位名称,经度,纬度\nD1,a,113.3,40.1\n", [], "datum"),
        ("点位编码,点位名称,经度,纬度\nD1,a,113.3,40.1\nD1,b,113.3,40.1\n", ["--datum", "wgs84"], "twice"),
    ],
)
def test_error_of_an_invalid_file_is_one_line(home, capsys, content, options, message):
    (home / "a.csv").write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        main(["sites", "import", str(home / "a.csv"), *ROUND, *options])
    error = capsys.readouterr().err
    assert (caught.value.code, error.count("\n"), message in error) == (2, 1, True)


def test_figures_list_and_export_agree(home):
    figures = run("ledger", "figures", "--from", "2022-01-01", "--to", "2022-12-31").output
    assert figures.startswith("all 全部: found 发现 4,253, rectified 整改 3,853 (90.59%)")
    assert "140213051: found" in figures
    assert "城市管理: found" in figures
    lines = run("ledger", "list", "--area", "140213051003", "--state", "open").output.splitlines()
    assert lines
    assert all(line.startswith("平城-2022-") and "  open  " in line for line in lines)
    out = home / "三清单.xlsx"
    assert run("ledger", "export", out, "--lang", "en", "--area", "140213051").exit_code == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Problems", "Responsibility", "Rectification", "About"]
    assert {book["Problems"].cell(row, 5).value for row in range(8, 12)} == {"古城街道"}
    assert "Area: 古城街道" in {book["Problems"].cell(row, 1).value for row in range(1, 7)}
    assert "past due 逾期未整改 400" in figures
    alone = home / "整改清单.csv"
    assert run("ledger", "export", alone, "--list", "rectification").exit_code == 0
    assert len(alone.read_text(encoding="utf-8-sig").splitlines()) == 3_853 + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.pdf"], "suffix"),
        (["there.csv"], "already exists"),
        (["a.csv", "--round", "无"], "No inspection round"),
        (["a.csv", "--area", "14"], "No area has this code"),
        (["a.csv", "--from", "2022-02-01", "--to", "2022-01-01"], "ends before"),
    ],
)
def test_error_of_export_is_one_line(home, capsys, arguments, message):
    (home / "there.csv").write_text("mine")
    with pytest.raises(SystemExit) as caught:
        main(["ledger", "export", str(home / arguments[0]), *arguments[1:]])
    error = capsys.readouterr().err
    assert (caught.value.code, error.count("\n"), message in error) == (2, 1, True)
    assert (home / "there.csv").read_text() == "mine"
