"""Posts of an area with everything in it, by the parents of a generation."""

import pytest
import small_district as district

from geogrid.incidents.rule_set import load_rules
from geogrid.model import CONSOLE
from geogrid.services.people import import_posts, list_posts
from geogrid.store.people import GenerationArea, PostFilter
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases


@pytest.fixture
def own_store(new_store, tmp_path):
    district.activate(new_store, tmp_path / "layers", district.mixed())
    codes = ["DQ-W", "DQ-E", "C.1", district.grid_code(0, 0), district.grid_code(3, 0)]
    rows = [
        TableRow(number, {"code": code, "duty": "网格长", "name": "甲某", "valid_from": "2020-01-01"})
        for number, code in enumerate(codes, start=2)
    ]
    assert import_posts(new_store, rows, CONSOLE, load_rules().profile, commit=True).added == len(codes)
    return new_store


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DQ-W", {"DQ-W", "C.1", district.grid_code(0, 0)}),
        ("DQ-E", {"DQ-E", district.grid_code(3, 0)}),
        ("C.1", {"C.1", district.grid_code(0, 0)}),
        ("DQ", {"DQ-W", "DQ-E", "C.1", district.grid_code(0, 0), district.grid_code(3, 0)}),
        ("DQ-", set()),
    ],
)
def test_posts_within_an_area(own_store, code, expected):
    page = list_posts(own_store, PostFilter(within=GenerationArea(1, code)))
    assert {post.code for post in page.items} == expected
