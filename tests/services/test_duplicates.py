"""Tests of duplicates and merges, on a real database."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from pyproj import Geod, Transformer
from sqlalchemy import event

from geogrid.errors import ConflictError, GeogridError, InputError
from geogrid.incidents.duplicates import load_duplicate_rules
from geogrid.incidents.query import BoundingBox
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM, Actor, Bounds, IncidentStatus, Layer, Point, Report, Role
from geogrid.services.duplicates import find_duplicates, find_final_incident_id
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import read_incident, receive_report
from geogrid.services.layer_generations import load_locator
from geogrid.store import incidents as table

RULES = load_rules()
DESK = Actor("key:1", "测试员", frozenset({Role.DISPATCHER}))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Point(113.2988, 40.09)
REACH = load_duplicate_rules().range_of("Z06", load_rules().categories)


@pytest.fixture(scope="module")
def grids(demo):
    return load_locator(demo)


def moved(metres, bearing=90.0):
    lon, lat, _ = Geod(ellps="WGS84").fwd(HERE.lon, HERE.lat, bearing, metres)
    return Point(lon, lat)


@pytest.fixture
def submit(store, grids):
    """A function that submits a report and returns the receipt."""

    def submit(point=HERE, *, moment=NOON, category="Z06", text="路口堆放共享单车", actor=DESK):
        report = Report(moment, category, "hotline", point, "wgs84", description=text)
        return receive_report(store, grids, RULES, report, actor)

    return submit


@pytest.fixture
def step(store, grids):
    """A function that takes a step on an incident."""

    def step(number, action, **wish):
        return take_step(store, grids, RULES, DESK, number, StepRequest(action, **wish))

    return step


def test_report_returns_possible_duplicates(submit):
    first = submit().incident.id
    again = submit(moved(20), moment=NOON + timedelta(hours=6))
    (found,) = again.duplicates
    assert (found.id, found.distance_m, found.hours, found.status) == (first, 20.0, 6.0, IncidentStatus.REPORTED)
    assert found.score == pytest.approx((0.5 * (1 - 20 / 60) + 0.3 * 0.75 + 0.2) / 1.0, abs=1e-3)


def test_near_recent_and_similar_incidents_rank_first(store, submit):
    far = submit(moved(50), text="路口堆放共享单车").incident.id
    near = submit(moved(5), text="路口堆放共享单车").incident.id
    other = submit(moved(5), text="井盖旁有异味").incident.id
    late = submit(moved(5), moment=NOON - timedelta(hours=20), text="路口堆放共享单车").incident.id
    found = find_duplicates(store, RULES, DESK, HERE, "wgs84", "Z06", NOON, "路口堆放共享单车")
    assert [one.id for one in found] == [near, other, late, far]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.parametrize("bearing", [0.0, 45.0, 90.0, 180.0, 270.0])
def test_search_radius_is_a_geodesic_circle(submit, bearing):
    submit(moved(REACH.radius_m - 0.1, bearing))
    submit(moved(REACH.radius_m + 0.1, bearing))
    assert [one.distance_m for one in submit().duplicates] == [REACH.radius_m - 0.1]


def test_other_categories_and_times_are_excluded(submit):
    submit(category="Z01")
    submit(moment=NOON - timedelta(hours=REACH.hours, minutes=1))
    kept = submit(moment=NOON - timedelta(hours=REACH.hours)).incident.id
    assert [one.id for one in submit().duplicates] == [kept]


def across_a_border(layers):
    """Return two points, 30 m apart, in two streets, by street code."""
    streets = layers[Layer.STREET].to_crs(4547).set_index("code").geometry
    first, second = "140213050", "140213053"
    border = shapely.line_merge(streets[first].intersection(streets[second]))
    middle = max(shapely.get_parts(border), key=shapely.length).interpolate(0.5, normalized=True)
    sides = [shapely.shortest_line(middle, streets[code].buffer(-15)) for code in (first, second)]
    there = shapely.get_point(sides, 1)
    lon, lat = Transformer.from_crs(4547, 4326, always_xy=True).transform(shapely.get_x(there), shapely.get_y(there))
    return {first: Point(lon[0], lat[0]), second: Point(lon[1], lat[1])}


def test_incidents_outside_bounds_are_excluded(submit, store, layers):
    places = across_a_border(layers)
    numbers = {street: submit(point).incident.id for street, point in places.items()}
    placed = {street: read_incident(store, DESK, number).placement.street_code for street, number in numbers.items()}
    assert placed == {street: street for street in places}
    for street, point in places.items():
        inside = replace(DESK, bounds=Bounds(areas=(street,)))
        assert [one.id for one in find_duplicates(store, RULES, inside, point, "wgs84", "Z06", NOON)] == [
            numbers[street]
        ]
        assert [one.id for one in submit(point, actor=inside).duplicates] == [numbers[street]]
    assert {one.id for one in find_duplicates(store, RULES, DESK, point, "wgs84", "Z06", NOON)} > set(numbers.values())


def test_void_and_merged_incidents_are_excluded(submit, step):
    first, second, third = (submit().incident.id for _ in range(3))
    step(first, "void", note="误报")
    step(second, "merge", incident=third)
    assert [one.id for one in submit().duplicates] == [third]


def test_query_uses_the_category_and_time_index(demo):
    with demo.read() as connection:
        asked = []
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        box, since = BoundingBox(113.2, 39.9, 113.4, 40.2), datetime(2022, 3, 1, tzinfo=UTC)
        found = table.find_nearby_incidents(connection, "Z06", box, since, since + timedelta(days=2), limit=500)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1]).all()
    assert found
    assert [row[-1].split(" (")[0] for row in plan] == [
        "SEARCH incidents USING INDEX ix_incidents_category_reported_at"
    ]


def test_merge_is_recorded_in_both_histories(store, submit, step):
    target, twin = submit().incident.id, submit().incident.id
    step(target, "verify")
    step(twin, "merge", incident=target, note="同一处")
    merged, kept = read_history(store, DESK, twin), read_history(store, DESK, target)
    assert [one.action for one in merged.steps] == ["report", "merge"]
    assert (merged.incident.progress.status, merged.incident.progress.merged_into) == (IncidentStatus.MERGED, target)
    assert [one.action for one in kept.steps] == ["report", "verify", "absorb"]
    last = kept.steps[-1]
    assert (last.number, last.details, last.note, last.actor) == (3, {"incident": twin}, "同一处", DESK.name)
    assert (last.from_status, last.to_status) == (IncidentStatus.VERIFIED, IncidentStatus.VERIFIED)
    assert kept.incident.progress.version == 3


def test_reopened_duplicate_is_released_by_its_target(store, submit, step):
    target, twin = submit().incident.id, submit().incident.id
    step(twin, "merge", incident=target)
    step(twin, "reopen", note="是另一处")
    told = read_history(store, DESK, target).steps
    assert [(one.action, one.details) for one in told[1:]] == [
        ("absorb", {"incident": twin}),
        ("release", {"incident": twin}),
    ]
    assert read_incident(store, DESK, twin).progress.merged_into is None


@pytest.mark.both_databases
@pytest.mark.parametrize("before", ["reported", "verified", "dispatched"])
def test_duplicate_is_restored_when_its_target_becomes_void(store, submit, step, before):
    target, twin, triplet = (submit().incident.id for _ in range(3))
    if before == "verified":
        step(twin, "verify")
    if before == "dispatched":
        step(twin, "file")
        step(twin, "dispatch", department="城市管理")
    waiting = read_incident(store, DESK, twin).progress
    step(twin, "merge", incident=target, note="同一处")
    step(triplet, "merge", incident=target)
    step(target, "void", note="误报")
    restored = read_history(store, DESK, twin)
    progress, last = restored.incident.progress, restored.steps[-1]
    assert (progress.status, progress.merged_into) == (IncidentStatus(before), None)
    assert (last.action, last.actor_id, last.details) == ("restore", SYSTEM.id, {"incident": target})
    assert last.number == progress.version == len(restored.steps)
    assert "作废" in last.note
    assert (progress.due_at, progress.department) == (waiting.due_at, waiting.department)
    assert progress.stage_due_at
    assert progress.reopened == 0
    if before == "dispatched":
        assert (progress.stage_due_at, progress.escalate_at) == (waiting.stage_due_at, waiting.escalate_at)
    voided = read_history(store, DESK, target).steps[-1]
    assert (voided.action, voided.details) == ("void", {"restored": [twin, triplet]})
    # The restored incident goes on like any other.
    step(twin, "merge", incident=triplet)
    with pytest.raises(InputError, match="merge target"):
        step(triplet, "merge", incident=target)
    # Reopening the target does not merge the restored incidents again.
    step(target, "reopen", note="不是误报")
    assert read_incident(store, DESK, triplet).progress.status is IncidentStatus.REPORTED


def test_void_end_of_a_chain_restores_only_its_direct_duplicates(store, submit, step):
    first, second, third = (submit().incident.id for _ in range(3))
    step(first, "merge", incident=second)
    step(second, "merge", incident=third)
    step(third, "void", note="误报")
    restored = read_incident(store, DESK, second)
    assert (restored.progress.status, restored.progress.merged_into) == (IncidentStatus.REPORTED, None)
    incident = read_incident(store, DESK, first)
    assert (incident.progress.status, incident.progress.merged_into) == (IncidentStatus.MERGED, second)
    assert find_final_incident_id(store, incident) == second
    step(second, "void", note="误报")
    assert read_incident(store, DESK, first).progress.status is IncidentStatus.REPORTED


def test_merge_back_into_a_duplicate_is_refused(store, submit, step):
    first, second = (submit().incident.id for _ in range(2))
    step(first, "merge", incident=second)
    for target in (first, second):
        with pytest.raises(InputError) as caught:
            step(second, "merge", incident=target)
        assert caught.value.code == "merge_target"
    step(first, "reopen", note="是另一处")
    step(second, "merge", incident=first)
    assert read_incident(store, DESK, second).progress.merged_into == first


def test_void_incident_without_duplicates_restores_none(store, submit, step):
    number, twin = (submit().incident.id for _ in range(2))
    step(twin, "merge", incident=number)
    step(twin, "reopen", note="是另一处")
    version = read_incident(store, DESK, twin).progress.version
    step(number, "void", note="误报")
    assert read_history(store, DESK, number).steps[-1].details == {}
    assert read_incident(store, DESK, twin).progress.version == version


def test_chain_of_merges_leads_to_the_final_incident(store, submit, step):
    first, second, third = (submit().incident.id for _ in range(3))
    step(first, "merge", incident=second)
    step(second, "merge", incident=third)
    incident = read_incident(store, DESK, first)
    assert incident.progress.merged_into == second
    assert find_final_incident_id(store, incident) == third
    assert find_final_incident_id(store, read_incident(store, DESK, third)) is None
    with pytest.raises(InputError, match="merge target"):
        step(third, "merge", incident=first)
    # Leaving a chain is recorded in its direct target, although that is merged itself.
    step(first, "reopen", note="是另一处")
    assert read_history(store, DESK, second).steps[-1].action == "release"


def test_failed_merge_does_not_change_the_target(store, submit, step):
    target, twin = submit().incident.id, submit().incident.id
    step(twin, "void", note="误报")
    with pytest.raises(ConflictError):
        step(twin, "merge", incident=target)
    assert [one.action for one in read_history(store, DESK, target).steps] == ["report"]


def test_concurrent_mutual_merges_do_not_both_succeed(store, submit, step):
    one, other = submit().incident.id, submit().incident.id
    failed, ready = [], threading.Barrier(2)

    def merge(number, target):
        ready.wait()
        try:
            step(number, "merge", incident=target)
        except GeogridError as error:
            failed.append(error.code)

    threads = [threading.Thread(target=merge, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed in (["transition_not_allowed"], ["merge_target"])
    states = [read_incident(store, DESK, number).progress.status for number in (one, other)]
    assert sorted(states) == [IncidentStatus.MERGED, IncidentStatus.REPORTED]
    actions = [[step.action for step in read_history(store, DESK, number).steps] for number in (one, other)]
    assert sorted(actions) == [["report", "absorb"], ["report", "merge"]]
