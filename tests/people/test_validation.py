"""Validation of rows of a list of people."""

from datetime import date

import pytest

from geogrid.errors import InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.model import Layer, Post
from geogrid.people.validation import LAYERS, check_layer_name, parse_posts
from geogrid.tabular.row_model import TableRow
from geogrid.tabular.table_reader import EXTRA_CELLS

GRID = "140213051003008"
DUTIES = load_rules().profile.duties
NAMES = [(name, code) for code, duty in DUTIES.items() for name in duty.names]
AREAS = {"street": {"140213051"}, "urban": {GRID}, "lanes": {"L-01", "shared"}, "roads": {"shared"}}
COMPLETE = {"code": GRID, "duty": "网格长", "name": "甲某", "valid_from": "2026-03-01"}


def parse_all(default_layer=None, **values):
    return parse_posts(TableRow(2, {**COMPLETE, **values}), AREAS, DUTIES, default_layer)


def parse(default_layer=None, **values):
    (post,) = parse_all(default_layer, **values)
    return post


def test_complete_row_is_a_post():
    assert parse(
        layer="城市网格",
        title="网格长兼楼长",
        organisation="某街道办事处",
        phone="0352-1234567",
        valid_to="2026-12-31",
    ) == Post(
        layer="urban",
        code=GRID,
        duty="leader",
        name="甲某",
        title="网格长兼楼长",
        organisation="某街道办事处",
        phone="0352-1234567",
        valid_from=date(2026, 3, 1),
        valid_to=date(2026, 12, 31),
    )


def test_optional_cells_can_be_missing():
    post = parse()
    assert (post.layer, post.title, post.organisation, post.phone, post.valid_to) == ("urban", "", "", "", None)


@pytest.mark.parametrize(("name", "duty"), NAMES)
def test_every_duty_name_is_accepted(name, duty):
    assert parse(duty=name).duty == duty


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("网格长、楼长", [("leader", ""), ("building_leader", "")]),
        ("网格长，楼长", [("leader", ""), ("building_leader", "")]),
        ("Grid leader; Building leader", [("leader", ""), ("building_leader", "")]),
        ("网格员、网格员", [("worker", "")]),
        ("路长、街长", [("warden", "路长、街长")]),
        ("网格长、片长", [("leader", ""), ("warden", "片长")]),
        ("路长、街长、巷长、片长", [("warden", "")]),
    ],
)
def test_cell_with_several_duties_is_several_posts(cell, found):
    assert [(post.duty, post.title) for post in parse_all(duty=cell)] == found


@pytest.mark.parametrize(("cell", "code"), [("网格长、总管", "duty_unknown"), ("、", "missing")])
def test_cell_with_an_unknown_duty_is_refused_with_all_names(cell, code):
    with pytest.raises(InputError) as caught:
        parse_all(duty=cell)
    assert (caught.value.field, caught.value.code) == ("duty", code)
    assert code == "missing" or "专职网格员" in caught.value.remedy


@pytest.mark.parametrize(
    ("duty", "given", "title"),
    [
        ("路长", "", "路长"),
        ("巷长", None, "巷长"),
        ("片长", "总片长", "总片长"),
        ("warden", "", ""),
        ("网格员", "", ""),
        ("网格员", "组长", "组长"),
    ],
)
def test_warden_without_title_gets_the_name_of_the_duty(duty, given, title):
    assert parse(duty=duty, title=given).title == title


@pytest.mark.parametrize(("name", "layer"), LAYERS.items())
def test_every_chinese_layer_name_is_accepted(name, layer):
    row = TableRow(2, {**COMPLETE, "layer": name})
    assert parse_posts(row, {layer.value: {GRID}}, DUTIES)[0].layer == layer


def test_every_layer_has_a_chinese_name():
    assert set(LAYERS.values()) == set(Layer)


@pytest.mark.parametrize(
    ("code", "layer", "default_layer", "found"),
    [
        (GRID, None, None, "urban"),  # determined by the code
        ("L-01", None, None, "lanes"),
        ("shared", "roads", None, "roads"),  # from the row
        ("shared", "roads", "lanes", "roads"),  # the row overrides the default
        ("shared", None, "lanes", "lanes"),
        ("shared", " ", "lanes", "lanes"),
    ],
)
def test_layer_comes_from_row_default_or_code(code, layer, default_layer, found):
    assert parse(default_layer, code=code, layer=layer).layer == found


@pytest.mark.parametrize(
    ("values", "default_layer", "code", "field"),
    [
        ({EXTRA_CELLS: ["more"]}, None, "fields", None),
        ({"code": ""}, None, "missing", "code"),
        ({"code": None, "layer": "urban"}, None, "missing", "code"),
        ({"code": "140213051003009"}, None, "code_unknown", "code"),
        ({"code": "140213051"}, "urban", "code_unknown", "code"),
        ({"code": "shared"}, None, "layer_ambiguous", "layer"),
        ({"layer": "parks"}, None, "layer_unknown", "layer"),
        ({"layer": "专属网格"}, None, "layer_unknown", "layer"),  # a known name, not in the generation
        ({"layer": "no layer; --"}, None, "layer_unknown", "layer"),
        ({}, "parks", "layer_unknown", "layer"),
        ({"duty": ""}, None, "missing", "duty"),
        ({"duty": None}, None, "missing", "duty"),
        ({"duty": "园长"}, None, "duty_unknown", "duty"),
        ({"name": ""}, None, "missing", "name"),
        ({"name": " "}, None, "missing", "name"),
        ({"valid_from": ""}, None, "missing", "valid_from"),
        ({"valid_from": "长期"}, None, "missing", "valid_from"),
        ({"valid_from": "2026-13-01"}, None, "day", "valid_from"),
        ({"valid_to": "2026-02-28"}, None, "period", "valid_to"),
        ({"phone": "none"}, None, "phone", "phone"),
    ],
)
def test_invalid_row_is_refused(values, default_layer, code, field):
    with pytest.raises(InputError) as caught:
        parse(default_layer, **values)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_post_can_end_on_its_first_day():
    assert parse(valid_to="2026-03-01").valid_to == date(2026, 3, 1)


def test_unknown_duty_error_lists_the_names():
    with pytest.raises(InputError) as caught:
        parse(duty="园长")
    assert all(name in caught.value.remedy for name in DUTIES)


@pytest.mark.parametrize("name", ["lanes", "urban", "areas_of_wardens"])
def test_valid_layer_name_is_returned(name):
    assert check_layer_name(name) == name


@pytest.mark.parametrize("name", ["", "Lanes", "lanes\n", "../lanes", "巷", "lanes;drop"])
def test_invalid_layer_name_is_refused(name):
    with pytest.raises(InputError) as caught:
        check_layer_name(name)
    assert (caught.value.code, caught.value.field) == ("layer_unknown", "layer")
