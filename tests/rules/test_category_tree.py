"""Categories as a tree: inheritance, inner categories in rules, limits by condition, and the national scheme."""

import json

import pytest

from geogrid.errors import FileError
from geogrid.incidents.category_faults import find_category_faults
from geogrid.incidents.rule_set import parse_rules
from geogrid.model import CategoryKind, Limit, LimitUnit
from geogrid.rules.categories import CategoryFile, load_categories
from geogrid.rules.routing import RoutingCase
from geogrid.rules.rule_texts import read_included
from geogrid.rules.time_limits import Limits

NATIONAL = parse_rules(read_included("national"))
TREE = NATIONAL.categories


def tree_of(*rows):
    named = [{"name": "甲", "name_en": "a", **row} for row in rows]
    content = {"scheme": "s", "version": "1", "title": "t", "source": "", "categories": named}
    return CategoryFile.parse(content, name="categories.json").tree()


def case(category, **changes):
    values = {"source": "hotline", "layer": "urban", "street": "140213051", "weekday": 1, "minute": 600}
    return RoutingCase(category=category, **{**values, **changes})


def test_three_levels_pass_department_and_kind_on():
    tree = tree_of(
        {"code": "01", "department": "甲局", "kind": "event"},
        {"code": "01-02", "parent": "01", "department": "乙局"},
        {"code": "01-02-03", "parent": "01-02"},
        {"code": "01-01", "parent": "01"},
        {"code": "02", "department": "丙局"},
    )
    assert list(tree) == ["01-02-03", "01-01", "02"]
    assert [tree[code].department for code in tree] == ["乙局", "甲局", "丙局"]
    assert [tree[code].kind for code in tree] == [CategoryKind.EVENT, CategoryKind.EVENT, CategoryKind.FIELD]
    assert (tree.path("01-02-03"), tree.root("01-02-03")) == (("01-02-03", "01-02", "01"), "01")
    assert tree.expand(["01-02", "02", "old"]) == ("01-02", "01-02-03", "02", "old")
    assert not tree.is_flat


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"code": "A", "department": "d"}, {"code": "B", "parent": "C", "department": "d"}], "categories.1.parent"),
        ([{"code": "A", "parent": "B", "department": "d"}, {"code": "B", "parent": "A"}], "categories.0.parent"),
        ([{"code": "A"}, {"code": "B", "parent": "A"}], "categories.1.department"),
        ([{"code": "A-", "department": "d"}], "categories.0.code"),
        ([{"code": "A" * 21, "department": "d"}], "categories.0.code"),
        ([{"code": "A", "department": "d"}, {"code": "A", "department": "d"}], "categories"),
    ],
)
def test_broken_tree_is_refused_with_the_field(rows, field):
    with pytest.raises(FileError) as caught:
        tree_of(*rows)
    assert caught.value.field == field


def test_the_most_specific_entry_decides():
    tree = tree_of({"code": "A", "department": "d"}, {"code": "A1", "parent": "A"}, {"code": "A2", "parent": "A"})
    entries = {"A": 1, "A2": 2}
    assert [tree.find_nearest(entries, code) for code in ("A1", "A2", "A", "Z")] == [1, 2, 1, None]


def test_inner_category_in_a_routing_rule_matches_the_categories_below_it():
    assert [NATIONAL.route(case(code)).rule for code in ("SJ0401", "SJ0101", "BJ0305", "SJ0201")] == [
        "emergencies",
        "unauthorised_building",
        "components",
        "rest",
    ]


def test_inner_category_in_duplicates_ledger_terms_and_on_spot():
    ranges = [NATIONAL.duplicates.range_of(code, TREE).radius_m for code in ("SJ0101", "SJ0102", "SJ0301")]
    assert ranges == [100, 80, 200]
    assert [NATIONAL.ledger.term(code, TREE).days for code in ("BJ0401", "SJ0101", "SJ0102")] == [30, 60, 15]
    on_spot = NATIONAL.workflow.on_spot.model_copy(update={"categories": frozenset({"SJ05", "SJ0102"})})
    assert [on_spot.permits(TREE[code], TREE) for code in ("SJ0501", "SJ0102", "SJ0103")] == [True, True, False]


def test_level_users_of_a_category_precede_those_of_its_kind():
    content = json.loads(read_included()["workflow.json"])
    users = {"street": {"roles": ["leader"]}}
    content["level_users"] |= {"event": {"grid": {"roles": ["supervisor"]}}, "SJ05": users}
    workflow = type(NATIONAL.workflow).parse(content, name="workflow.json")
    assert list(workflow.find_level_users(TREE["SJ0501"], TREE)) == ["street"]
    assert list(workflow.find_level_users(TREE["SJ0401"], TREE)) == ["grid"]


@pytest.mark.parametrize(
    ("routing_case", "title", "code", "limit"),
    [
        (case("BJ0101"), "井盖、雨水箅子 · manhole covers and gratings", "BJ01", (2, LimitUnit.CONTINUOUS_HOURS)),
        (case("BJ0101", layer="rural"), "井盖、雨水箅子，农村", "BJ01", (4, LimitUnit.CONTINUOUS_HOURS)),
        (case("BJ0118"), "", "BJ01", (1, LimitUnit.WORKING_DAYS)),
        (case("SJ0102"), "", "SJ01", (4, LimitUnit.WORKING_HOURS)),
        (case("SJ0102", layer="rural"), "农村 · rural", "SJ01", (1, LimitUnit.WORKING_DAYS)),
        # The row of the category itself has no condition, and hides those of the row above.
        (case("SJ0101", layer="rural"), "", "SJ0101", (3, LimitUnit.WORKING_DAYS)),
        (case("SJ0501", minute=23 * 60), "夜间 · at night", "SJ05", (4, LimitUnit.WORKING_HOURS)),
    ],
)
def test_first_matching_condition_gives_the_limits(routing_case, title, code, limit):
    chosen = NATIONAL.due_times.limits.choose(routing_case, TREE)
    assert chosen.title.startswith(title)
    assert bool(chosen.title) is bool(title)
    assert (chosen.code, chosen.handle["grid"]) == (code, Limit(*limit))


def test_a_condition_without_close_has_that_of_its_row():
    limits = NATIONAL.due_times.limits
    assert limits.choose(case("SJ0102", layer="rural"), TREE).close == limits.find("SJ01", TREE).close


def test_national_scheme_is_a_tree_with_limits_and_departments():
    texts = read_included("national")
    assert find_category_faults(texts) == []
    rows = json.loads(texts["categories.json"])["categories"]
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes)
    assert {row["parent"] for row in rows if "parent" in row} <= set(codes)
    assert {category.kind for category in TREE.values()} == {CategoryKind.EVENT, CategoryKind.COMPONENT}
    assert all(TREE.root(code) != code for code in TREE)
    limits = Limits.parse_text(texts["limits.json"], name="limits.json")
    for code, category in TREE.items():
        assert set(limits.find(code, TREE).handle) == set(NATIONAL.profile.levels)
        assert category.department in NATIONAL.departments
        kind = {"BJ": CategoryKind.COMPONENT, "SJ": CategoryKind.EVENT}[code[:2]]
        assert category.kind is kind
    assert "司法行政" in NATIONAL.departments, "the common workflow calls it"
    assert "chosen by this project" in limits.source


def test_the_demo_keeps_its_flat_scheme():
    categories = load_categories()
    assert categories.is_flat
    assert list(categories) == list(categories.nodes)
