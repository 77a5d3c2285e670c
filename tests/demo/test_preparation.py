"""Tests of the demo incidents: the published figures, and their statistical properties."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select

from geogrid.demo.incidents import make_reports
from geogrid.demo.store_preparation import prepare_demo
from geogrid.incidents.query import IncidentQuery
from geogrid.local_time import day_span, local_zone
from geogrid.model import GRID_LAYERS, Layer
from geogrid.rules.categories import load_categories
from geogrid.services.key_figures import read_density, read_kpi
from geogrid.store.tables import incidents as table

HALF_YEAR = day_span(date(2022, 1, 1), date(2022, 6, 30))


@pytest.fixture(scope="module")
def rows(demo):
    with demo.read() as connection:
        return connection.execute(select(table)).all()


def test_half_year_has_published_figures(demo):
    found = read_kpi(demo, IncidentQuery(since=HALF_YEAR[0], until=HALF_YEAR[1]))
    assert (found.received, found.handled, found.handled_rate.value) == (59_369, 58_621, 0.9874)
    assert found.synthetic == 59_369
    assert read_kpi(demo, IncidentQuery()).received == 59_369


def test_every_incident_is_marked_synthetic(rows):
    assert all(row.synthetic and "synthetic" in row.description for row in rows)


def test_every_incident_has_grid(rows):
    assert all(row.base_code and row.base_code.startswith(row.community_code) for row in rows)
    assert {row.locate_status for row in rows} == {"inside", "border"}


def test_layer_counts_add_up(demo):
    by_layer = {layer: read_kpi(demo, IncidentQuery(layer=layer)).received for layer in GRID_LAYERS}
    assert by_layer[Layer.URBAN] + by_layer[Layer.RURAL] == 59_369
    assert 3_000 < by_layer[Layer.DEDICATED] < 20_000


def test_category_mix_is_plausible(rows):
    hours = Counter(row.reported_at.astimezone(local_zone()).hour for row in rows)
    weekdays = Counter(row.reported_at.astimezone(local_zone()).weekday() for row in rows)
    assert hours[10] > 5 * hours[3]
    assert weekdays[0] > weekdays[6]
    assert set(Counter(row.category for row in rows)) == set(load_categories()) - {"J01"}
    assert set(Counter(row.datum for row in rows)) == {"gcj02", "bd09", "wgs84", "cgcs2000"}


def test_many_incidents_lie_near_borders(rows):
    assert 80 < sum(row.locate_status == "border" for row in rows) < 1_000


def test_hot_spots_exist(demo):
    counts = sorted(read_density(demo, IncidentQuery()).by_grid.values())
    assert counts[-1] > 8 * counts[len(counts) // 2]


def test_times_are_in_order(rows):
    assert all(HALF_YEAR[0] <= row.reported_at < HALF_YEAR[1] for row in rows)
    assert all(row.handled_at is None or row.handled_at >= row.reported_at for row in rows)


def test_handled_incidents_have_full_progress(rows):
    names = ("reported_at", "verified_at", "filed_at", "dispatched_at", "handled_at", "checked_at", "closed_at")
    for row in rows:
        ways = [getattr(row, name) for name in names if getattr(row, name)]
        assert ways == sorted(ways)
    closed = sum(row.status == "closed" for row in rows)
    assert 0.99 < closed / 58_621 < 1
    assert all((row.closed_at is not None) == (row.status == "closed") for row in rows)


def test_open_incidents_have_every_state(rows):
    statuses = Counter(row.status for row in rows if row.handled_at is None)
    assert set(statuses) == {
        "reported", "verified", "filed", "dispatched", "handling", "suspended", "void", "merged",
    }  # fmt: skip
    for row in rows:
        waits = row.handled_at is None and row.status not in {"suspended", "void", "merged"}
        assert (row.stage_due_at is not None) == (row.warn_at is not None) == waits
        assert (row.suspended_at is not None) == (row.status == "suspended")
        assert (row.merged_into is not None) == (row.status == "merged")
        assert (row.due_at is None) == (row.dispatched_at is None)


def test_some_incidents_are_extended_reworked_or_raised(rows):
    assert 0.02 < sum(row.extensions for row in rows) / len(rows) < 0.04
    assert 0.03 < sum(row.reworks for row in rows) / len(rows) < 0.05
    levels = Counter(row.level for row in rows)
    assert levels["grid"] > 10 * levels["leader"] > 10 * levels["street"] > 0


def test_duplicate_refers_to_earlier_incident_in_same_grid(rows):
    by_number = {row.id: row for row in rows}
    for row in rows:
        if row.merged_into:
            target = by_number[row.merged_into]
            assert (target.base_code, target.category) == (row.base_code, row.category)
            assert target.id < row.id


def test_equal_seeds_give_equal_reports(layers):
    categories = load_categories()
    first, again = make_reports(layers, categories), make_reports(layers, categories)
    assert first == again
    assert make_reports(layers, categories, seed=1) != first


def test_second_preparation_changes_nothing(store, received):
    assert prepare_demo(store) is None
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar() == received
