"""Tests of the incident cache: equality with the database, and updates."""

import itertools
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geogrid.incidents.part_records import PartRequest
from geogrid.incidents.query import (
    FIELDS,
    BoundingBox,
    Criteria,
    FilterValues,
    HourRange,
    IncidentQuery,
    Standing,
)
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import Actor, Bounds, Point, Report, Role
from geogrid.rules.formulas import load_formulas
from geogrid.services import key_figures
from geogrid.services.incident_animation import build_animation
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incident_parts import split_incident
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import receive_report
from geogrid.services.layer_generations import load_locator
from geogrid.stats.animation_frames import TimeStep
from geogrid.stats.incident_arrays import COLUMN_CONDITIONS
from geogrid.store.durations import count_durations
from geogrid.store.figure_counts import Grouping, count_by_formulas

RULES = load_rules()
FORMULAS = load_formulas()
DESK = Actor("key:1", "测试员", frozenset({Role.DISPATCHER}))


@pytest.fixture(scope="module")
def cache(demo):
    return IncidentCache(demo)


#: Some values of each field that has no fixed list: those of the demo, and values that no incident has.
VALUES = {
    "first": [date(2021, 12, 25), date(2022, 1, 31), date(2022, 3, 1)],
    "last": [date(2022, 3, 1), date(2022, 4, 30), date(2022, 7, 5)],
    "category": ["Z02", "Z06", "none"],
    "street": ["140213050", "140213999"],
    "community": ["140213050006"],
    "grid": ["140213051003501", "140213051003008"],
    "hours": [HourRange(18, 22), HourRange(22, 5), HourRange(8, 8)],
    "box": [BoundingBox(113.28, 40.05, 113.3, 40.1)],
    "department": ["城市管理", "none"],
    "source": ["patrol", "hotline", "none"],
}
SEVERAL = {name for name, field in FIELDS.items() if field.several}
FIXED = {
    name: [field.parse(text) for text in field.schema["enum"]]
    for name, field in FIELDS.items()
    if "enum" in field.schema
}
BOUNDS = [
    Bounds(),
    Bounds(areas=("140213050", "140213051003501", "140213052001")),
    Bounds(categories=("Z02", "Z06"), areas=("140213051",)),
]
#: The fields that only the database answers.
DATABASE_ONLY = {"department"}


def test_every_field_has_values_here_and_a_condition_in_memory():
    assert set(VALUES | FIXED) == set(FIELDS)
    attributes = {field.name for field in fields(Criteria)} | {"since", "until", "within"}
    assert set(COLUMN_CONDITIONS) == attributes - DATABASE_ONLY


@st.composite
def filters(draw):
    """Queries with up to four of all fields."""
    values = VALUES | FIXED | {"within": BOUNDS}
    # Of a field with several values, any of them together.
    values |= {name: [*values[name], *itertools.combinations(values[name], 2)] for name in SEVERAL}
    chosen = draw(st.sets(st.sampled_from(sorted(values)), max_size=4))
    asked = {name: draw(st.sampled_from(values[name])) for name in sorted(chosen)}
    within = asked.pop("within", None)
    return replace(FilterValues(**asked).filter(), within=within)


def same(density, other) -> None:
    assert (density.kpi, density.by_grid) == (other.kpi, other.by_grid)
    for name in ("lon", "lat", "count"):
        assert getattr(density.cells, name).tolist() == getattr(other.cells, name).tolist()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters())
def test_memory_counts_as_the_database_does(demo, cache, chosen):
    assert cache.refresh().can_answer(chosen) is (chosen.department is None)
    same(cache.read_density(chosen), key_figures.read_density(demo, chosen))


@pytest.mark.parametrize("step", list(TimeStep))
@pytest.mark.parametrize("coarse", [False, True])
def test_cache_and_database_give_equal_animations(demo, cache, step, coarse):
    filters = IncidentQuery(category="Z02", street="140213050")
    found = cache.build_animation(filters, step, coarse=coarse)
    expected = build_animation(demo, filters, step, coarse=coarse)
    assert (found.kpi, found.step, found.cell_deg) == (expected.kpi, expected.step, expected.cell_deg)
    for picture, other in zip(found.pictures, expected.pictures, strict=True):
        assert (picture.key, picture.count) == (other.key, other.count)
        assert sorted(picture.cells.lon.tolist()) == sorted(other.cells.lon.tolist())
        assert picture.cells.count.sum() == other.cells.count.sum()


def test_filters_without_a_column_use_the_database(demo, cache):
    department = IncidentQuery(within=Bounds(departments=("城市管理",)))
    assert not cache.refresh().can_answer(department)
    same(cache.read_density(department), key_figures.read_density(demo, department))
    split = IncidentQuery(since=datetime(2022, 3, 1, 1, 2, 3, 500_000, tzinfo=UTC))
    assert not cache.refresh().can_answer(split)
    same(cache.read_density(split), key_figures.read_density(demo, split))


@pytest.mark.both_databases
def test_new_and_changed_incidents_are_counted_at_once(store):
    cache, grids = IncidentCache(store), load_locator(store)
    before = cache.read_density(IncidentQuery())
    report = Report(datetime.now(UTC) - timedelta(hours=1), "Z06", "hotline", Point(113.2988, 40.09), "wgs84")
    number = receive_report(store, grids, RULES, report, DESK).incident.id
    after = cache.read_density(IncidentQuery())
    assert after.kpi.received == before.kpi.received + 1
    same(after, key_figures.read_density(store, IncidentQuery()))
    open_ones, void = IncidentQuery(status=Standing.OPEN), IncidentQuery(status=Standing.VOID)
    count = cache.read_density(open_ones).kpi.received
    take_step(store, grids, RULES, DESK, number, StepRequest("void", note="误报"))
    assert cache.read_density(open_ones).kpi.received == count - 1
    same(cache.read_density(void), key_figures.read_density(store, void))


@pytest.mark.both_databases
def test_split_report_is_drawn_and_counted_once(store):
    cache, grids, now = IncidentCache(store), load_locator(store), datetime.now(UTC)
    today = IncidentQuery(since=(now - timedelta(hours=2)).replace(microsecond=0))
    report = Report(now - timedelta(hours=1), "Z06", "hotline", Point(113.2988, 40.09), "wgs84")
    number = receive_report(store, grids, RULES, report, DESK).incident.id
    take_step(store, grids, RULES, DESK, number, StepRequest("file"))
    before = cache.read_density(today)
    parts = [PartRequest("交通运输"), PartRequest("环境卫生", category="Z05"), PartRequest("城市管理")]
    split_incident(store, grids, RULES, DESK, number, parts)
    assert before.kpi.received == 1
    for density in (cache.read_density(today), key_figures.read_density(store, today)):
        same(density, before)
    for animation in (cache.build_animation(today, TimeStep.DAY), build_animation(store, today, TimeStep.DAY)):
        assert sum(picture.count for picture in animation.pictures) == 1
    counts = {"received": FORMULAS.counts["received"]}
    formulas = FORMULAS.model_copy(update={"counts": counts, "rates": {}})
    positions = {"140213051": 0}
    with store.read() as connection:
        by_street = count_by_formulas(connection, today, formulas, now, Grouping.STREET)
        by_department = count_by_formulas(connection, today, formulas, now, Grouping.DEPARTMENT)
        durations = count_durations(connection, today, Grouping.STREET, positions, now)
    cached = cache.count_by_formulas(today, counts, Grouping.STREET, now)
    assert {street: count["received"] for street, count in by_street.items()} == {"140213051": 1}
    assert {street: count["received"] for street, count in cached.items() if street} == {"140213051": 1}
    assert {key: count["received"] for key, count in by_department.items()} == dict.fromkeys(
        ("交通运输", "环境卫生", "城市管理"), 1
    )
    for found in (durations, cache.count_durations(today, Grouping.STREET, positions, now)):
        assert int((found.closed + found.still_open).sum()) == 1
