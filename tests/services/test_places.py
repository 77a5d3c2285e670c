"""Tests of gazetteers: dry run, refused rows, replacement, search."""

import io

import openpyxl
import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.errors import ConflictError, FileError, QueryError
from geogrid.locate.locator import Locator
from geogrid.model import CONSOLE, Point
from geogrid.places.gazetteer_reader import read_gazetteer
from geogrid.services.layer_generations import load_layers
from geogrid.services.places import find_places, get_gazetteer_version, import_places, load_finder
from geogrid.store.places import list_places
from geogrid.tabular.table_reader import TabularFormat

CSV = "标准名称,标准地址,类别,经度,纬度\n"
SHOP = "示例超市,示例路1号,商业,113.3058,40.0912\n"
SCHOOL = "示例小学,示例路2号,学校,113.3059,40.0913\n"


def gazetteer(*lines, source="示例"):
    return read_gazetteer((CSV + "".join(lines)).encode("gb18030"), TabularFormat.CSV, "gcj02", source, synthetic=True)


@pytest.mark.both_databases
def test_new_list_replaces_the_places_of_its_source(new_store, locator):
    def take(*lines, source="示例", commit=True):
        return import_places(new_store, locator, gazetteer(*lines, source=source), source, CONSOLE, commit=commit)

    def names():
        with new_store.read() as connection:
            return [(one.source, one.name) for one in list_places(connection)]

    dry = take(SHOP, commit=False)
    assert (dry.accepted, dry.replaced, dry.committed, names(), get_gazetteer_version(new_store)) == (
        1,
        0,
        False,
        [],
        0,
    )
    take(SHOP, SCHOOL)
    take(SHOP, source="another")
    assert get_gazetteer_version(new_store) == 2
    again = take(SCHOOL)
    assert (again.rows, again.accepted, again.replaced, again.outside) == (1, 1, 2, 0)
    assert names() == [("another", "示例超市"), ("示例", "示例小学")]
    assert get_gazetteer_version(new_store) == 3
    with pytest.raises(ConflictError, match="remain"):
        take()
    with new_store.read() as connection:
        kept = list_places(connection)[1]
    assert (kept.point, kept.datum, kept.kind, kept.synthetic) == (Point(113.3059, 40.0913), "gcj02", "学校", True)
    assert abs(kept.wgs84.lon - 113.2989) < 1e-4


def test_refused_rows_have_field_and_remedy():
    rows = [
        "示例,,,40.09,113.3\n",
        ",,,113.3,40.09\n",
        "示例,,,东,40.09\n",
        SHOP,
        SHOP,
        f"示例,,{'长' * 41},113.3,40.09\n",
    ]
    found = gazetteer(*rows)
    assert [(one.row, one.field, one.code) for one in found.refused] == [
        (2, "lat", "coordinates_swapped"),
        (3, "name", "missing"),
        (4, "lon", "type"),
        (6, "name", "row_twice"),
        (7, "kind", "text_too_long"),
    ]
    assert all(one.reason.count(".") >= 2 for one in found.refused), "each reason has a problem and a remedy"
    assert [one.name for one in found.places] == ["示例超市"]


def test_workbook_rows_may_have_their_own_datum():
    book = openpyxl.Workbook()
    for row in (
        ["地址", "坐标系", "lon", "lat"],
        ["示例路3号", "wgs84", 113.2988, 40.09],
        ["示例路4号", None, 113.3058, 40.0912],
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    found = read_gazetteer(out.getvalue(), TabularFormat.XLSX, "gcj02", "示例")
    assert [(one.name, one.datum) for one in found.places] == [("示例路3号", "wgs84"), ("示例路4号", "gcj02")]
    assert abs(found.places[0].wgs84.lon - found.places[1].wgs84.lon) < 1e-4


@pytest.mark.parametrize("content", ["名称,经度\n", "名称,经度,纬度,latitude\n", ""])
def test_list_without_required_columns_is_refused(content):
    with pytest.raises(FileError):
        read_gazetteer(content.encode(), TabularFormat.CSV, "wgs84", "示例")


def test_search_finds_places_and_areas(store):
    generation, layers = load_layers(store)
    locator = Locator(generation, layers)
    import_places(store, locator, gazetteer(SHOP, SCHOOL), "示例", CONSOLE, commit=True)
    finder = load_finder(store, layers, locator)

    def find(text, datum=None):
        return find_places(finder, locator, text, datum).found[0].place

    assert find("gcjd").name == "古城街道"
    shop = find("示例cs")
    assert (shop.name, shop.label, shop.source, shop.synthetic) == ("示例超市", "商业", "示例", True)
    assert (shop.street.name, shop.community.code[:9]) == ("古城街道", shop.street.code)
    assert find("示例路2号旁边").name == "示例小学"
    assert find("40.0912, 113.3058", "gcj02").street.name == "古城街道"
    with pytest.raises(QueryError, match="datum"):
        find("40.0912, 113.3058")


def test_command_line_imports_and_finds_places(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    path = tmp_path / "地名.csv"
    path.write_text(CSV + SHOP + ",,,1,2\n", encoding="utf-8")

    def run(*words, status=0):
        answer = CliRunner().invoke(cli, ["places", *map(str, words)])
        assert answer.exit_code == status, answer.output
        return answer.output

    dry = run("import", path, "--datum", "gcj02", status=1)
    assert "地名.csv:3: name: The value is missing. Add a name or an address. [missing]" in dry
    assert "Dry run" in dry
    assert run("find", "示例超市", status=1) == ""
    run("import", path, "--datum", "gcj02", "--synthetic", "--commit", status=1)
    line = run("find", "slcs", "--limit", "1")
    assert all(word in line for word in ("address", "示例超市", "示例路1号", "古城街道", "合成示意"))
    assert '"name": "古城街道"' in run("find", "gcjd", "--json")
    assert "纬度在前" in run("find", "40.0912,113.3058", "--datum", "gcj02")
