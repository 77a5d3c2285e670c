"""Filters, bounds and figures by categories of two levels, in the database and in memory."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from geogrid.constants import Language
from geogrid.errors import ForbiddenError, InputError, QueryError
from geogrid.incidents.export_columns import COLUMNS, ExportNames
from geogrid.incidents.query import FilterValues, IncidentQuery, QueueQuery
from geogrid.incidents.rule_set import parse_rules
from geogrid.model import Actor, Bounds, Point, Report, Role
from geogrid.permissions import check_incident_bounds
from geogrid.rules.formulas import load_formulas
from geogrid.rules.rule_texts import read_included
from geogrid.services import key_figures
from geogrid.services.active_locator import load_locator
from geogrid.services.figure_tables import TableGrouping, build_figure_table
from geogrid.services.filter_value_check import check_values
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incidents import receive_report
from geogrid.services.queue import read_queue
from tests.support.category_groups import GROUPS, followed, grouped_rules

RULES = grouped_rules()
DESK = Actor("user:7", "x", frozenset({Role.DISPATCHER}))


@pytest.fixture(autouse=True)
def tree():
    with followed(RULES.categories):
        yield RULES.categories


@pytest.mark.parametrize("codes", [("G1",), ("G2", "Z01"), ("G1", "J01")])
def test_inner_category_selects_all_below_it_in_sql_and_memory(demo, codes):
    leaves = tuple(leaf for code in codes for leaf in GROUPS.get(code, [code]))
    cache = IncidentCache(demo)
    cache.refresh()
    for inner, flat in (
        (IncidentQuery(category=codes), IncidentQuery(category=leaves)),
        (IncidentQuery(within=Bounds(categories=codes)), IncidentQuery(within=Bounds(categories=leaves))),
    ):
        expected = key_figures.read_density(demo, flat).kpi
        assert expected.received > 0
        assert key_figures.read_density(demo, inner).kpi == expected
        assert cache.read_density(inner).kpi == expected


@pytest.mark.parametrize("days", [(None, None), (date(2022, 3, 1), date(2022, 3, 31))])
def test_main_categories_are_the_sums_of_their_categories(demo, days):
    formulas = load_formulas()
    by_main, by_leaf = (
        build_figure_table(demo, formulas, IncidentQuery(), days, by=by)
        for by in (TableGrouping.MAIN_CATEGORY, TableGrouping.CATEGORY)
    )
    sums = Counter()
    for row in by_leaf.rows:
        sums[RULES.categories.root(row.key)] += row.counts["received"]
    assert {row.key: row.counts["received"] for row in by_main.rows} == sums
    assert {*sums} == {*GROUPS}
    assert by_main.total.counts == by_leaf.total.counts
    for group, below in GROUPS.items():
        total = build_figure_table(demo, formulas, IncidentQuery(category=(group,)), days).total
        assert total.figures == next(row for row in by_main.rows if row.key == group).figures
        assert total.counts["handled"] == sum(row.counts["handled"] for row in by_leaf.rows if row.key in below)


def test_values_of_a_filter_are_inner_categories_and_leaves(demo):
    check_values(demo, RULES, FilterValues(category=("G1", "Z06")))
    with pytest.raises(QueryError) as caught:
        check_values(demo, RULES, FilterValues(category=("G9",)))
    assert {"G1", "Z01"} <= set(caught.value.allowed)


def test_queue_and_bounds_of_one_incident_follow_the_tree(store):
    report = Report(datetime.now(UTC), "Z06", "hotline", Point(113.2988, 40.09), "wgs84")
    incident = receive_report(store, load_locator(store), RULES, report, DESK).incident
    found = {code: read_queue(store, DESK, QueueQuery(category=code), limit=500).page.items for code in ("G1", "G2")}
    assert incident.id in [one.id for one in found["G2"]]
    assert {one.report.category for one in found["G2"]} <= set(GROUPS["G2"])
    assert {one.report.category for one in found["G1"]} <= set(GROUPS["G1"])
    check_incident_bounds(replace(DESK, bounds=Bounds(categories=("G2",))), incident)
    with pytest.raises(ForbiddenError):
        check_incident_bounds(replace(DESK, bounds=Bounds(categories=("G1",))), incident)
    names = ExportNames(Language.EN, RULES, {})
    cells = {column.field: column.value(incident, names) for column in COLUMNS}
    assert (cells["category_code"], cells["main_category"]) == ("Z06", "Group G2")


def test_report_with_an_inner_category_is_refused_with_those_below_it(store):
    report = Report(datetime.now(UTC), "G2", "hotline", Point(113.2988, 40.09), "wgs84")
    with pytest.raises(InputError) as caught:
        receive_report(store, load_locator(store), RULES, report, DESK)
    assert (caught.value.code, caught.value.remedy) == ("category_inner", f"Use one of: {', '.join(GROUPS['G2'])}.")


def test_report_of_the_national_scheme_runs_by_its_condition(store):
    national = parse_rules(read_included("national"))
    report = Report(datetime.now(UTC), "SJ0401", "hotline", Point(113.2988, 40.09), "wgs84")
    incident = receive_report(store, load_locator(store), national, report, DESK).incident
    progress = incident.progress
    assert (progress.department, progress.level) == ("市政设施", "street")
    assert (progress.due_at - progress.dispatched_at).total_seconds() == 8 * 3600
