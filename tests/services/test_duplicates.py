"""What may be the same incident, and what becomes of those that are merged: against the real database."""

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
from geogrid.model import Actor, Bounds, IncidentSource, IncidentStatus, Layer, Point, Report, Role
from geogrid.services.duplicates import final_incident, find_duplicates
from geogrid.services.incident_steps import read_timeline, take_step
from geogrid.services.incidents import read_incident, receive_report
from geogrid.services.layers import load_locator
from geogrid.store import incidents as table

RULES = load_rules()
DESK = Actor("key:1", "测试员", frozenset({Role.DISPATCHER}))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Point(113.2988, 40.09)
REACH = load_duplicate_rules().range_of("Z06")


@pytest.fixture(scope="module")
def grids(demo):
    return load_locator(demo)


def moved(metres, bearing=90.0):
    lon, lat, _ = Geod(ellps="WGS84").fwd(HERE.lon, HERE.lat, bearing, metres)
    return Point(lon, lat)


@pytest.fixture
def bring(store, grids):
    """A function that reports something and gives the receipt."""

    def bring(point=HERE, *, moment=NOON, category="Z06", text="路口堆放共享单车", actor=DESK):
        report = Report(moment, category, IncidentSource.HOTLINE, point, "wgs84", description=text)
        return receive_report(store, grids, RULES, report, actor)

    return bring


@pytest.fixture
def step(store, grids):
    """A function that takes a step with an incident."""

    def step(number, action, **wish):
        return take_step(store, grids, RULES, DESK, number, StepRequest(action, **wish))

    return step


def test_a_report_is_told_what_it_may_be_the_same_as(bring):
    first = bring().incident.id
    again = bring(moved(20), moment=NOON + timedelta(hours=6))
    (found,) = again.duplicates
    assert (found.id, found.distance_m, found.hours, found.status) == (first, 20.0, 6.0, IncidentStatus.REPORTED)
    assert found.score == pytest.approx((0.5 * (1 - 20 / 60) + 0.3 * 0.75 + 0.2) / 1.0, abs=1e-3)


def test_nearer_sooner_and_alike_come_first(store, bring):
    far = bring(moved(50), text="路口堆放共享单车").incident.id
    near = bring(moved(5), text="路口堆放共享单车").incident.id
    other = bring(moved(5), text="井盖旁有异味").incident.id
    late = bring(moved(5), moment=NOON - timedelta(hours=20), text="路口堆放共享单车").incident.id
    found = find_duplicates(store, RULES, DESK, HERE, "wgs84", "Z06", NOON, "路口堆放共享单车")
    assert [one.id for one in found] == [near, other, late, far]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.parametrize("bearing", [0.0, 45.0, 90.0, 180.0, 270.0])
def test_the_reach_is_a_circle_on_the_ellipsoid(bring, bearing):
    bring(moved(REACH.radius_m - 0.1, bearing))
    bring(moved(REACH.radius_m + 0.1, bearing))
    assert [one.distance_m for one in bring().duplicates] == [REACH.radius_m - 0.1]


def test_other_categories_and_times_are_no_duplicates(bring):
    bring(category="Z01")
    bring(moment=NOON - timedelta(hours=REACH.hours, minutes=1))
    kept = bring(moment=NOON - timedelta(hours=REACH.hours)).incident.id
    assert [one.id for one in bring().duplicates] == [kept]


def across_a_border(layers):
    """Return two points, 30 m apart, in two streets, with the codes of the streets."""
    streets = layers[Layer.STREET].to_crs(4547).set_index("code").geometry
    first, second = "140213050", "140213053"
    border = shapely.line_merge(streets[first].intersection(streets[second]))
    middle = max(shapely.get_parts(border), key=shapely.length).interpolate(0.5, normalized=True)
    sides = [shapely.shortest_line(middle, streets[code].buffer(-15)) for code in (first, second)]
    there = shapely.get_point(sides, 1)
    lon, lat = Transformer.from_crs(4547, 4326, always_xy=True).transform(shapely.get_x(there), shapely.get_y(there))
    return {first: Point(lon[0], lat[0]), second: Point(lon[1], lat[1])}


def test_what_is_out_of_reach_is_not_told(bring, store, layers):
    places = across_a_border(layers)
    numbers = {street: bring(point).incident.id for street, point in places.items()}
    placed = {street: read_incident(store, DESK, number).placement.street_code for street, number in numbers.items()}
    assert placed == {street: street for street in places}
    for street, point in places.items():
        inside = replace(DESK, bounds=Bounds(areas=(street,)))
        assert [one.id for one in find_duplicates(store, RULES, inside, point, "wgs84", "Z06", NOON)] == [
            numbers[street]
        ]
        assert [one.id for one in bring(point, actor=inside).duplicates] == [numbers[street]]
    assert {one.id for one in find_duplicates(store, RULES, DESK, point, "wgs84", "Z06", NOON)} > set(numbers.values())


def test_void_and_merged_ones_are_not_suggested(bring, step):
    first, second, third = (bring().incident.id for _ in range(3))
    step(first, "void", note="误报")
    step(second, "merge", incident=third)
    assert [one.id for one in bring().duplicates] == [third]


def test_only_rows_of_the_category_and_the_days_are_read(demo):
    with demo.read() as connection:
        asked = []
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        box, since = BoundingBox(113.2, 39.9, 113.4, 40.2), datetime(2022, 3, 1, tzinfo=UTC)
        found = table.incidents_near(connection, "Z06", box, since, since + timedelta(days=2), limit=500)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1]).all()
    assert found
    assert [row[-1].split(" (")[0] for row in plan] == [
        "SEARCH incidents USING INDEX ix_incidents_category_reported_at"
    ]


def test_a_merge_keeps_both_histories(store, bring, step):
    target, twin = bring().incident.id, bring().incident.id
    step(target, "verify")
    step(twin, "merge", incident=target, note="同一处")
    merged, kept = read_timeline(store, DESK, twin), read_timeline(store, DESK, target)
    assert [one.action for one in merged.steps] == ["report", "merge"]
    assert (merged.incident.progress.status, merged.incident.progress.merged_into) == (IncidentStatus.MERGED, target)
    assert [one.action for one in kept.steps] == ["report", "verify", "absorb"]
    last = kept.steps[-1]
    assert (last.number, last.details, last.note, last.actor) == (3, {"incident": twin}, "同一处", DESK.name)
    assert (last.from_status, last.to_status) == (IncidentStatus.VERIFIED, IncidentStatus.VERIFIED)
    assert kept.incident.progress.version == 3


def test_a_merged_one_that_is_reopened_is_released(store, bring, step):
    target, twin = bring().incident.id, bring().incident.id
    step(twin, "merge", incident=target)
    step(twin, "reopen", note="是另一处")
    told = read_timeline(store, DESK, target).steps
    assert [(one.action, one.details) for one in told[1:]] == [
        ("absorb", {"incident": twin}),
        ("release", {"incident": twin}),
    ]
    assert read_incident(store, DESK, twin).progress.merged_into is None


def test_a_chain_leads_to_its_end_and_keeps_its_links(store, bring, step):
    first, second, third = (bring().incident.id for _ in range(3))
    step(first, "merge", incident=second)
    step(second, "merge", incident=third)
    incident = read_incident(store, DESK, first)
    assert incident.progress.merged_into == second
    assert final_incident(store, incident) == third
    assert final_incident(store, read_incident(store, DESK, third)) is None
    with pytest.raises(InputError, match="merged into another"):
        step(third, "merge", incident=first)
    # Taken out of the chain's middle: told to the one it was merged into, though that is merged itself.
    step(first, "reopen", note="是另一处")
    assert read_timeline(store, DESK, second).steps[-1].action == "release"


def test_what_fails_leaves_no_trace_on_the_target(store, bring, step):
    target, twin = bring().incident.id, bring().incident.id
    step(twin, "void", note="误报")
    with pytest.raises(ConflictError):
        step(twin, "merge", incident=target)
    assert [one.action for one in read_timeline(store, DESK, target).steps] == ["report"]


def test_of_two_that_merge_each_other_at_once_one_fails(store, bring, step):
    one, other = bring().incident.id, bring().incident.id
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
    actions = [[step.action for step in read_timeline(store, DESK, number).steps] for number in (one, other)]
    assert sorted(actions) == [["report", "absorb"], ["report", "merge"]]
