"""Validation of reports, categories, periods, bounding boxes and masking."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from geogrid.errors import FileError, InputError, QueryError
from geogrid.incidents.query import parse_box
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.validation import check_report
from geogrid.local_time import day_span
from geogrid.model import CategoryKind, Point, Report
from geogrid.privacy import mask_personal
from geogrid.rules.categories import load_categories

SOURCES = load_rules().profile.sources
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = Report(NOW - timedelta(days=1), "Z01", "patrol", Point(113.3, 40.09), "wgs84")


def test_valid_report_is_accepted():
    check_report(GOOD, load_categories(), SOURCES, NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"category": "Z99"}, "category_unknown"),
        ({"category": ""}, "category_unknown"),
        ({"source": "gossip"}, "source_unknown"),
        ({"point": Point(40.09, 113.3)}, "coordinates_swapped"),
        ({"point": Point(float("nan"), 40.0)}, "not_finite"),
        ({"reported_at": NOW + timedelta(minutes=6)}, "time_in_future"),
        ({"reported_at": datetime.min.replace(tzinfo=UTC)}, "time_too_early"),
        ({"handled_at": NOW + timedelta(days=6)}, "time_in_future"),
        ({"handled_at": NOW - timedelta(days=2)}, "time_order"),
        ({"description": "长" * 2_001}, "text_too_long"),
        ({"description": "a\x00b"}, "text_control"),
        ({"description": "half a sign \ud83d"}, "text_control"),
        ({"external_id": "1" * 101}, "text_too_long"),
        ({"external_id": "\udc00"}, "text_control"),
    ],
)
def test_invalid_report_is_refused_with_the_field(changes, code):
    with pytest.raises(InputError) as caught:
        check_report(replace(GOOD, **changes), load_categories(), SOURCES, NOW)
    assert caught.value.code == code


def test_slightly_fast_clock_is_accepted():
    check_report(replace(GOOD, reported_at=NOW + timedelta(minutes=4)), load_categories(), SOURCES, NOW)


def test_categories_are_ten_fields_and_disputes():
    categories = load_categories()
    fields = [code for code, category in categories.items() if category.kind is CategoryKind.FIELD]
    assert fields == [f"Z{number:02d}" for number in range(1, 11)]
    assert [*fields, "J01"] == list(categories)
    assert len({category.name for category in categories.values()}) == 11


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda content: content.pop("version"), "version"),
        (lambda content: content["categories"][3].update(department=""), "categories.3.department"),
        (lambda content: content["categories"][0].update(code="Z 1"), "categories.0.code"),
        (lambda content: content["categories"].append(content["categories"][0]), "categories"),
        (lambda content: content.update(colour="red"), "colour"),
    ],
)
def test_invalid_category_file_is_refused_with_the_field(tmp_path, change, place):
    row = {"code": "A1", "name": "甲", "name_en": "a", "department": "d"}
    content = {"scheme": "s", "version": "1", "title": "t", "source": ""}
    content["categories"] = [{**row, "code": f"A{number}"} for number in range(5)]
    change(content)
    path = tmp_path / "categories.json"
    path.write_text(json.dumps(content))
    with pytest.raises(FileError) as caught:
        load_categories(path)
    assert caught.value.field == place
    assert "categories.json" in str(caught.value)


def test_days_use_the_time_zone_of_the_district():
    since, until = day_span(date(2022, 1, 1), date(2022, 1, 1))
    assert since.astimezone(UTC) == datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert until - since == timedelta(days=1)
    assert day_span(None, None) == (None, None)


@pytest.mark.parametrize(
    "days", [(date(2022, 2, 1), date(2022, 1, 1)), (None, date.max), (date.min, None), (date(1899, 12, 31), None)]
)
def test_invalid_periods_are_refused(days):
    with pytest.raises(QueryError):
        day_span(*days)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "2,0,1,1", "0,2,1,1", "-181,0,1,1"])
def test_invalid_bounding_boxes_are_refused(text):
    with pytest.raises(QueryError):
        parse_box(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打 13800138000 找人", "打 138****8000 找人"),
        ("+86 138-0013-8000", "138****8000"),
        ("008613800138000", "138****8000"),
        ("1380 0138 000，138.0013.8000", "138****8000，138****8000"),
        ("坐标 113.3058, 40.0912", "坐标 113.3058, 40.0912"),
        ("2022-06-30 13:45", "2022-06-30 13:45"),
        ("电话１３８００１３８０００", "电话１３８****８０００"),
        ("证号140202199001011234。", "证号140*************34。"),
        ("14020219900101123X", "140*************3X"),
        ("订单 20220630123456789012", "订单 20220630123456789012"),
        ("网格 140213051002007", "网格 140213051002007"),
        ("", ""),
    ],
)
def test_only_personal_numbers_are_masked(text, masked):
    assert mask_personal(text) == masked
