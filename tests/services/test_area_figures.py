"""Tests of figures by area: consistency, bounds, restatements and disclosure control."""

from collections import defaultdict
from datetime import UTC, date, datetime

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf
from sqlalchemy import select

from geogrid.errors import ConflictError, QueryError
from geogrid.incidents.query import HourRange, IncidentQuery, Standing
from geogrid.local_time import local_zone
from geogrid.model import Bounds, IncidentStatus, Layer
from geogrid.rules.formulas import load_formulas
from geogrid.services.area_figures import build_area_table
from geogrid.services.area_hot_spots import of_whole_district
from geogrid.services.figure_tables import TableGrouping, build_figure_table
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.layer_generations import load_generation
from geogrid.services.restatement import restate_incidents
from geogrid.stats.area_table_model import AreaQuery
from geogrid.stats.class_breaks import ClassMethod
from geogrid.stats.generation_areas import AreaLevel, GenerationAreas
from geogrid.stats.measures import CLOSED_SHARES, MEASURE_LABELS, MEASURE_RULES, SMOOTHED_MEASURES, Measure
from geogrid.store.tables import incidents

FORMULAS = load_formulas()
HALF_YEAR = (date(2022, 1, 1), date(2022, 6, 30))
LATER = datetime(2026, 1, 1, tzinfo=UTC)
STREET, COMMUNITY = "140213051", "140213051003"
VENDORS = IncidentQuery(category="Z02", weekday=5, hours=HourRange(18, 22))


@pytest.fixture(scope="module")
def areas(demo):
    return GenerationAreas(*load_generation(demo, 1))


def table(store, areas, by=AreaLevel.STREET, measure=Measure.COUNT, filters=None, days=HALF_YEAR, **more):
    how = {name: more.pop(name) for name in ("coarse", "cache") if name in more}
    asked = AreaQuery(by, measure, **more)
    return build_area_table(store, FORMULAS, areas, filters or IncidentQuery(), days, asked, now=LATER, **how)


@pytest.fixture(scope="module")
def cache(demo):
    return IncidentCache(demo)


@pytest.mark.both_databases
@pytest.mark.parametrize("by", list(AreaLevel))
def test_counts_and_shares_equal_the_figure_table(demo, areas, by):
    names = {AreaLevel.GRID: TableGrouping.GRID, AreaLevel.DEDICATED: TableGrouping.GRID}
    known = build_figure_table(
        demo, FORMULAS, IncidentQuery(), HALF_YEAR, by=names.get(by) or TableGrouping(by), now=LATER
    )
    rows = {row.key: row for row in known.rows}
    for measure, rule in MEASURE_RULES.items():
        if rule.base is None:
            continue
        found = table(demo, areas, by, measure)
        assert [row.n for row in found.rows] == [rows[row.code].counts[rule.base] for row in found.rows]
        if rule.part:
            assert [row.part for row in found.rows] == [rows[row.code].counts[rule.part] for row in found.rows]
        assert sum(found.classes.counts) == sum(row.value is not None for row in found.rows)
        assert found.synthetic
    rates = {row.code: row.value for row in table(demo, areas, by, Measure.HANDLED_RATE).rows}
    assert all(rates[code] == rows[code].figures[0].rate.value for code in rates)


@pytest.mark.both_databases
@pytest.mark.parametrize("measure", list(CLOSED_SHARES))
def test_times_to_closing_equal_those_of_scipy(demo, areas, measure):
    with demo.read() as connection:
        asked = (incidents.c.street_code, incidents.c.reported_at, incidents.c.closed_at)
        counted = incidents.c.status.not_in((IncidentStatus.VOID, IncidentStatus.MERGED))
        rows = connection.execute(select(*asked).where(counted)).all()
    closed, still_open = defaultdict(list), defaultdict(list)
    for code, reported_at, closed_at in rows:
        hours = ((closed_at or LATER) - reported_at).total_seconds() / 3600
        (closed if closed_at else still_open)[code].append(round(hours, 1))
    found = table(demo, areas, measure=measure)
    assert found.n == len(rows)
    assert any(still_open.values())
    for row in found.rows:
        curve = ecdf(CensoredData(uncensored=closed[row.code], right=still_open[row.code])).sf
        reached = curve.quantiles[np.argmax(curve.probabilities <= 1 - CLOSED_SHARES[measure])]
        assert (row.n, row.part) == (len(closed[row.code]) + len(still_open[row.code]), len(closed[row.code]))
        assert row.value == pytest.approx(reached, abs=0.0501)
        assert row.low <= row.value <= row.high


def test_density_and_rate_per_1000_people(demo, areas):
    density, rate = (table(demo, areas, measure=measure) for measure in (Measure.PER_KM2, Measure.PER_1000))
    for row in density.rows:
        assert row.value == pytest.approx(row.n / row.km2, abs=1e-4)
    for row in rate.rows:
        assert row.value == pytest.approx(1000 * row.n / row.people, abs=1e-4)
        assert row.smoothed == pytest.approx(row.value, rel=0.02), "smoothing changes little for a street"
    assert rate.people_sources == ("合成示意 synthetic",)
    dedicated = table(demo, areas, AreaLevel.DEDICATED, Measure.PER_1000)
    assert {(row.people, row.value, row.smoothed, row.in_class) for row in dedicated.rows} == {(None,) * 4}


def test_small_areas_are_marked_and_smoothed_towards_the_mean(demo, areas):
    found = table(demo, areas, AreaLevel.GRID, Measure.OVERDUE_SHARE, days=(date(2022, 3, 1), date(2022, 3, 31)))
    mean = sum(row.part for row in found.rows) / sum(row.n for row in found.rows)
    assert all(row.small == (row.n < 20) for row in found.rows)
    assert all(abs(row.smoothed - mean) <= abs(row.value - mean) + 1e-4 for row in found.rows if row.n)
    classes = table(demo, areas, AreaLevel.GRID, Measure.OVERDUE_SHARE, smoothed=True).classes
    assert len(classes.bounds) == 5
    with pytest.raises(QueryError):
        table(demo, areas, measure=Measure.COUNT, smoothed=True)


def test_hot_spots_exist_only_for_base_grids(demo, areas):
    found = table(demo, areas, AreaLevel.GRID, Measure.PER_KM2)
    hot = {row.code: row for row in found.rows if row.hot_spot}
    assert set(found.ranking) == set(hot)
    scores = [abs(hot[code].z) for code in found.ranking]
    assert scores == sorted(scores, reverse=True)
    assert all((row.hot_spot > 0) == (row.z > 0) for row in hot.values())
    assert all(row.p <= 0.1 for row in hot.values())
    assert {row.hot_spot for row in table(demo, areas).rows} == {None}
    shuffled = table(demo, areas, AreaLevel.GRID, Measure.PER_KM2, method=ClassMethod.NATURAL, k=7)
    assert shuffled.ranking == found.ranking
    assert len(shuffled.classes.bounds) == 7


@pytest.mark.both_databases
def test_filter_by_weekday_and_hours(demo, areas):
    found = table(demo, areas, AreaLevel.COMMUNITY, filters=VENDORS, days=(None, None))
    with demo.read() as connection:
        asked = (incidents.c.community_code, incidents.c.reported_at)
        rows = connection.execute(select(*asked).where(incidents.c.category == "Z02")).all()
    local = [(code, moment.astimezone(local_zone())) for code, moment in rows]
    codes = [code for code, moment in local if moment.isoweekday() == 5 and 18 <= moment.hour <= 22]
    assert found.n == len(codes) > 0
    assert {row.code: row.n for row in found.rows if row.n} == {code: codes.count(code) for code in set(codes)}


@pytest.mark.both_databases
@pytest.mark.parametrize("measure", list(Measure))
@pytest.mark.parametrize(
    "filters",
    [
        VENDORS,
        IncidentQuery(within=Bounds(areas=(STREET, "140213050010005"))),
        IncidentQuery(street=STREET, status=Standing.OPEN),
        IncidentQuery(department="城市管理"),
    ],
)
def test_cache_and_database_give_equal_tables(demo, areas, cache, measure, filters):
    for by in AreaLevel:
        found = table(demo, areas, by, measure, filters, cache=cache)
        known = table(demo, areas, by, measure, filters)
        assert (found.rows, found.n, found.elsewhere, found.synthetic) == (
            known.rows,
            known.n,
            known.elsewhere,
            known.synthetic,
        )


def test_area_filter_excludes_other_areas(demo, areas):
    for filters in (IncidentQuery(street=STREET), IncidentQuery(within=Bounds(areas=(STREET,)))):
        found = table(demo, areas, AreaLevel.COMMUNITY, filters=filters)
        assert {row.code[:9] for row in found.rows} == {STREET}
        assert found.n == sum(row.n for row in found.rows) > 0
    partly = table(demo, areas, filters=IncidentQuery(within=Bounds(areas=(COMMUNITY,))))
    assert partly.rows == (), "no street lies entirely within the bounds"
    assert partly.n > 0
    rural = table(demo, areas, AreaLevel.GRID, filters=IncidentQuery(layer=Layer.RURAL))
    assert {row.layer for row in rural.rows} == {Layer.RURAL}


@pytest.mark.parametrize("measure", list(Measure))
def test_disclosure_control_suppresses_small_counts(demo, areas, measure):
    day = (date(2022, 6, 30), date(2022, 6, 30))
    fine = table(demo, areas, AreaLevel.GRID, measure, days=day)
    coarse = table(demo, areas, AreaLevel.GRID, measure, days=day, coarse=True)
    assert coarse.n == fine.n
    assert coarse.hidden == sum(row.n < 3 for row in fine.rows) > 0
    for known, published in zip(fine.rows, coarse.rows, strict=True):
        if known.n < 3:
            assert (published.n, published.part, published.value, published.smoothed, published.in_class) == (None,) * 5
        else:
            assert (published.n, published.value) == (known.n, known.value)
    assert [row.hot_spot for row in coarse.rows] == [row.hot_spot for row in fine.rows], "every reader gets the same"
    near = areas.adjacency.sparse @ np.array([row.n < 3 for row in fine.rows], dtype=float) > 0
    assert all(row.z is None for row, hidden in zip(coarse.rows, near.tolist(), strict=True) if hidden)


def test_hot_spots_do_not_depend_on_the_selected_place(demo, areas):
    everywhere = {row.code: row for row in table(demo, areas, AreaLevel.GRID, Measure.PER_KM2).rows}
    for filters in (IncidentQuery(street=STREET), IncidentQuery(within=Bounds(areas=(STREET,)))):
        selected = table(demo, areas, AreaLevel.GRID, Measure.PER_KM2, filters)
        assert 0 < len(selected.rows) < len(everywhere)
        assert {row.code: (row.hot_spot, row.z or 0) for row in selected.rows} == {
            row.code: (everywhere[row.code].hot_spot, everywhere[row.code].z if row.z is not None else 0)
            for row in selected.rows
        }
        assert set(selected.ranking) <= {row.code for row in selected.rows}


def test_filters_without_a_place_are_those_of_the_district():
    for filters in (VENDORS, IncidentQuery(within=Bounds()), IncidentQuery(within=Bounds(categories=("Z02",)))):
        assert of_whole_district(filters) == filters, "the incidents are counted once"
    assert of_whole_district(IncidentQuery(street=STREET, within=Bounds(areas=(STREET,)))) == IncidentQuery(
        within=Bounds()
    )


def test_one_incident_is_too_few_to_tell(demo, areas):
    filters = IncidentQuery(category="Z08", source="resident")
    day = (date(2022, 3, 2), date(2022, 3, 2))
    found = table(demo, areas, AreaLevel.GRID, Measure.PER_KM2, filters, days=day)
    assert (found.n, found.too_few, found.ranking, found.hot_areas) == (1, True, (), ())


def test_day_without_a_pattern_has_no_hot_grid(demo, areas):
    found = table(demo, areas, AreaLevel.GRID, Measure.PER_KM2, days=(date(2022, 6, 5), date(2022, 6, 5)))
    assert found.n > 100
    assert not any((row.hot_spot or 0) > 0 for row in found.rows)


@pytest.mark.parametrize("measure", list(Measure))
def test_hot_areas_are_contiguous_and_ranked_by_excess(demo, areas, measure):
    found = table(demo, areas, AreaLevel.GRID, measure)
    rows = {row.code: row for row in found.rows}
    sign = -1 if measure is Measure.HANDLED_RATE else 1
    hot = {code for code, row in rows.items() if sign * row.hot_spot > 0}
    assert sorted(code for area in found.hot_areas for code in area.codes) == sorted(hot)
    assert all(area.n == sum(rows[code].n for code in area.codes) for area in found.hot_areas)
    if measure in CLOSED_SHARES:
        assert all(area.excess is None for area in found.hot_areas)
        return
    excess = [area.excess for area in found.hot_areas]
    assert excess == sorted(excess, reverse=True)
    if measure is Measure.PER_KM2:
        rate = sum(row.n for row in found.rows) / sum(row.km2 for row in found.rows)
        for area in found.hot_areas:
            expected = rate * sum(rows[code].km2 for code in area.codes)
            assert (area.observed, area.expected) == (area.n, pytest.approx(expected, abs=0.1))


def test_figures_by_another_generation_use_restatements(store, moved, areas):
    newer = GenerationAreas(*load_generation(store, moved))
    filters = IncidentQuery(by_generation=moved)
    with pytest.raises(ConflictError):
        table(store, newer, filters=filters)
    restate_incidents(store, moved, commit=True)
    found, before = table(store, newer, filters=filters), table(store, areas)
    assert (found.generation.id, found.by_generation) == (moved, moved)
    assert found.n == before.n
    changed = [row.code for row, old in zip(found.rows, before.rows, strict=True) if row.n != old.n]
    assert sorted(changed) == ["140213050", "140213053"]
    known = build_figure_table(store, FORMULAS, filters, HALF_YEAR, by=TableGrouping.GRID, now=LATER).rows
    counts = {row.key: row.counts["received"] for row in known}
    grids = table(store, newer, AreaLevel.GRID, filters=filters).rows
    assert all(row.n == counts.get(row.code, 0) for row in grids)


def test_every_measure_has_a_rule_and_a_name():
    assert set(MEASURE_RULES) == set(MEASURE_LABELS) == set(Measure)
    assert all(MEASURE_RULES[measure].base for measure in SMOOTHED_MEASURES)
    counts = {code for rule in MEASURE_RULES.values() for code in (rule.base, rule.part) if code}
    assert counts <= set(FORMULAS.counts)
