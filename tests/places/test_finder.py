"""Place search over the layers of the demo and a synthetic gazetteer."""

import pytest

from geogrid.model import Address, Point
from geogrid.places.coordinate_parser import parse_coordinates
from geogrid.places.finder import PlaceFinder
from geogrid.places.query_normalization import query_variants
from geogrid.services.places import build_named_places

SPOT = Point(113.2988, 40.09)
NAMES = ["示例重阳小区", "示例银行大楼", "示例长城路口", "示例文化中心", "示例第三小学"]


@pytest.fixture(scope="module")
def finder(layers, locator):
    rows = [
        Address(name, f"平城区示例路{n}号", "", SPOT, SPOT, "wgs84", "示例", synthetic=True)
        for n, name in enumerate(NAMES)
    ]
    return PlaceFinder(build_named_places(layers, locator, rows))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("古城街道", "古城街道"),
        ("gcjd", "古城街道"),
        ("GuCheng JieDao", "古城街道"),
        ("guchengjied", "古城街道"),
        ("古城jd", "古城街道"),
        ("gucjd", "古城街道"),
        ("古诚街道", "古城街道"),
        ("谷城街到", "古城街道"),
        ("guchegnjiedao", "古城街道"),
        ("gucengjiedao", "古城街道"),
        ("古城街", "古城街道"),
        ("大同市平城区古城街道", "古城街道"),
        ("古城街道12号楼3单元附近", "古城街道"),
        ("古城街道斜对面", "古城街道"),
        ("cyxq", "示例重阳小区"),
        ("chongyang", "示例重阳小区"),
        ("zhongyangxiaoqu", "示例重阳小区"),
        ("slyhdl", "示例银行大楼"),
        ("shiliyinxing", "示例银行大楼"),
        ("示例changcheng", "示例长城路口"),
        ("示例文化钟心", "示例文化中心"),
        ("示例路4号", "示例第三小学"),
        ("140213051003008", "仁和美社区第08网格"),
    ],
)
def test_best_result_matches_the_query(finder, query, name):
    results = finder.find(query)
    assert results[0].place.name == name, [(one.place.name, one.score) for one in results]
    assert 0 < results[0].score <= 1
    assert [one.score for one in results] == sorted((one.score for one in results), reverse=True)


def test_query_without_a_name_has_no_results(finder):
    for query in ("", " ", "？！", "zzzqqq", "x" * 10_000, "<script>alert(1)</script>", "\ud800", "%_"):
        assert finder.find(query) == [], query


def test_area_result_has_its_divisions(finder, locator):
    for query in ("古城街道", "140213051003008"):
        place = finder.find(query)[0].place
        owner = locator.locate(place.point, "wgs84")
        assert place.code in {owner.street.code, owner.responsible.code}
    assert place.street.code == owner.street.code
    assert place.community.code == owner.community.code
    assert place.synthetic
    assert finder.find("古城街道")[0].place.street is None


def test_query_variants_are_ordered_by_length():
    assert query_variants("永泰小区３号楼２单元 对面") == ["永泰小区3号楼2单元对面", "永泰小区3号楼2单元", "永泰小区"]
    assert query_variants("12号") == ["12号"]


@pytest.mark.parametrize(
    ("text", "lat_first"),
    [
        ("113.30, 40.09", False),
        ("40.09,113.30", True),
        ("(113.30；40.09)", False),
        ("113.30 40.09", False),
        ("113°18′00″E 40°05′24″N", False),
        ("北纬40度5分24秒，东经113度18分", True),
        ("N40°5.4' E113°18'", True),
        ("40°05'24\"N, 113°18'00\"E", True),
    ],
)
def test_coordinate_formats_are_parsed(text, lat_first):
    results = parse_coordinates(text)
    assert (round(results.point.lon, 6), round(results.point.lat, 6)) == (113.3, 40.09)
    assert results.lat_first is lat_first


@pytest.mark.parametrize(
    "text", ["113.30", "40.09, 40.10", "113°61′ 40°5′", "东经40° 北纬113°", "3, 4, 5", "12号楼 40", "9" * 999]
)
def test_text_without_coordinates_in_china_is_not_parsed(text):
    assert parse_coordinates(text) is None
