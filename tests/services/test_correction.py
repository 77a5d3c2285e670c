"""Corrections on a real database: maps, figures, restatements, bounds, and the change feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from geogrid.errors import ForbiddenError, InputError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.locate.locator import Locator
from geogrid.model import EVERY_ROLE, Actor, Bounds, ChangeKind, Point, Report, Role
from geogrid.services import key_figures
from geogrid.services.change_feed import get_newest_change_id, read_changes
from geogrid.services.duplicates import find_duplicates_of_incident
from geogrid.services.incident_cache import IncidentCache
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layer_generations import load_generation, load_locator
from geogrid.services.restatement import restate_incidents
from geogrid.store.tables import incidents, restatements

pytestmark = pytest.mark.both_databases

RULES = load_rules()
ACTOR = Actor("key:0", "tests", EVERY_ROLE)
STREET, OTHER_STREET = "140213051", "140213050"
HERE = Point(113.2988, 40.0901)


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


@pytest.fixture
def reported(context):
    return report(context).id


def report(context, category="Z06", point=HERE):
    return report_incident(
        *context,
        Report(datetime.now(UTC) - timedelta(minutes=5), category, "resident", point, "wgs84"),
        ACTOR,
    )


@pytest.fixture
def there(store):
    """The point of an incident in the other street."""
    query = select(incidents.c.lon, incidents.c.lat).where(incidents.c.street_code == OTHER_STREET).limit(1)
    with store.read() as connection:
        return Point(*connection.execute(query).one())


def correct(context, number, actor=ACTOR, **values):
    return take_step(*context, actor, number, StepRequest("correct", note="填错", correction=Correction(**values)))


def counts(cache, store, **filters):
    """Return the received incidents of a filter and its cells, which memory and database count alike."""
    query = IncidentQuery(**filters)
    density, expected = cache.read_density(query), key_figures.read_density(store, query)
    assert (density.kpi, density.by_grid) == (expected.kpi, expected.by_grid)
    cells = {
        (lon, lat): count
        for lon, lat, count in zip(density.cells.lon, density.cells.lat, density.cells.count, strict=True)
    }
    assert list(cells.values()) == expected.cells.count.tolist()
    return density.kpi.received, density.by_grid, cells


def test_corrected_values_are_counted_on_maps_and_in_figures(context, reported, there):
    store, locator, _ = context
    cache = IncidentCache(store)
    names = ({"category": "Z06"}, {"category": "Z10"}, {"street": STREET}, {"street": OTHER_STREET})
    before = [counts(cache, store, **name) for name in names]
    grids, cells = counts(cache, store)[1:]
    old = read_incident(store, ACTOR, reported)
    found = correct(context, reported, category="Z10", point=there, datum="wgs84")
    assert found.report.category == "Z10"
    assert (found.report.point, found.placement.wgs84) == (there, there)
    assert found.placement.street_code == OTHER_STREET
    assert found.placement.generation == locator.generation.id
    assert found.progress.department == "园林绿化"
    after = [counts(cache, store, **name) for name in names]
    assert [new[0] - earlier[0] for new, earlier in zip(after, before, strict=True)] == [-1, 1, -1, 1]
    new_grids, new_cells = counts(cache, store)[1:]
    for code, change in ((old.placement.base_code, -1), (found.placement.base_code, 1)):
        assert new_grids.get(code, 0) - grids.get(code, 0) == change
    moved = {cell: new_cells.get(cell, 0) - cells.get(cell, 0) for cell in {*cells, *new_cells}}
    assert sorted(change for change in moved.values() if change) == [-1, 1]
    step = read_history(store, ACTOR, reported).steps[-1]
    assert (step.action, step.note) == ("correct", "填错")
    assert step.details["category"] == ["Z06", "Z10"]
    assert step.details["grid"] == [old.placement.responsible_code, found.placement.responsible_code]
    assert step.details["point"] == [{"lon": point.lon, "lat": point.lat, "datum": "wgs84"} for point in (HERE, there)]


def test_grid_replaces_the_point_of_a_correction(context, reported, there):
    locator = context[1]
    code = locator.locate(there, "wgs84").base.code
    found = correct(context, reported, grid=code)
    assert (found.placement.base_code, found.placement.street_code) == (code, OTHER_STREET)
    assert found.placement.wgs84 == HERE
    with pytest.raises(InputError) as caught:
        correct(context, reported, grid="140213999999999")
    assert caught.value.code == "grid_unknown"


def test_old_and_new_place_must_lie_within_the_bounds(context, reported, there):
    store = context[0]
    leader = frozenset({Role.LEADER})
    own, other = (Actor("user:1", "leader", leader, Bounds(areas=(street,))) for street in (STREET, OTHER_STREET))
    for actor, values in (
        (own, {"point": there, "datum": "wgs84"}),
        (other, {"point": there, "datum": "wgs84"}),
        (other, {"category": "Z10"}),
        (replace(own, bounds=Bounds(categories=("Z06",))), {"category": "Z10"}),
        (replace(own, bounds=Bounds(departments=("交通运输",))), {"category": "Z10"}),
    ):
        with pytest.raises(ForbiddenError) as caught:
            correct(context, reported, actor, **values)
        assert caught.value.code == "out_of_bounds"
    assert read_incident(store, ACTOR, reported).progress.version == 1
    assert correct(context, reported, own, category="Z10").report.category == "Z10"
    with pytest.raises(ForbiddenError):
        correct(context, reported, Actor("user:2", "worker", frozenset({Role.GRID_WORKER})), category="Z06")


def test_incident_of_another_category_leaves_the_old_bounds(context, reported):
    store = context[0]
    before = get_newest_change_id(store)
    correct(context, reported, category="Z10")
    seen = {
        category: [change.kind for change in read_changes(store, actor, before).changes]
        for category in ("Z06", "Z10", "Z01")
        for actor in (Actor("user:1", "x", frozenset({Role.DISPATCHER}), Bounds(categories=(category,))),)
    }
    assert seen == {"Z06": [ChangeKind.GONE], "Z10": [ChangeKind.CHANGE], "Z01": []}


def test_duplicates_and_location_review_are_assessed_again(context, reported, there):
    store, _, rules = context
    other = report(context, "Z10", there).id
    assert other not in {found.id for found in find_duplicates_of_incident(store, rules, ACTOR, reported)}
    correct(context, reported, category="Z10", point=there, datum="wgs84", accuracy_m=0.0)
    assert other in {found.id for found in find_duplicates_of_incident(store, rules, ACTOR, reported)}
    outside = correct(context, reported, point=Point(116.4, 39.9), datum="wgs84")
    assert (outside.progress.triage, outside.placement.base_code) == ("outside", None)
    assert correct(context, reported, point=HERE, datum="wgs84").progress.triage is None


def test_restatements_follow_the_new_place(context, reported, there, moved):
    store, _, rules = context
    restate_incidents(store, moved, commit=True)
    by_moved = IncidentQuery(by_generation=moved)
    before = key_figures.read_density(store, by_moved).by_grid
    old = placement_by(store, reported, moved)
    correct(context, reported, point=there, datum="wgs84")
    new = placement_by(store, reported, moved)
    expected = Locator(*load_generation(store, moved)).locate(there, "wgs84").base.code
    assert new == expected != old
    after = key_figures.read_density(store, by_moved).by_grid
    assert (after.get(old, 0) - before.get(old, 0), after[new] - before.get(new, 0)) == (-1, 1)
    # A correction by a newer generation keeps a placement by the earlier one.
    newer = (store, Locator(*load_generation(store, moved)), rules)
    correct(newer, reported, grid=old)
    assert placement_by(store, reported, moved) is None
    assert placement_by(store, reported, context[1].generation.id) == context[1].locate(there, "wgs84").base.code
    assert key_figures.read_density(store, by_moved).kpi.received == sum_received(store)


def placement_by(store, number, generation):
    columns = restatements.c
    query = select(columns.base_code).where(columns.incident == number, columns.generation == generation)
    with store.read() as connection:
        return connection.execute(query).scalar_one_or_none()


def sum_received(store):
    return key_figures.read_density(store, IncidentQuery()).kpi.received
