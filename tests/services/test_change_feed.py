"""Tests of the change feed: changes within bounds, incidents that leave them, and imports."""

from datetime import UTC, datetime

import pytest

from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import EVERY_ROLE, Actor, Bounds, Change, ChangeKind, Point, Report, Role
from geogrid.services.change_feed import get_newest_change_id, read_changes
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.tabular.row_model import TableRow

RULES = load_rules()
ACTOR = Actor("key:0", "tests", EVERY_ROLE)
STREET, GRID = "140213051", "140213051003008"
OTHER_STREET = "140213050"
HERE = Point(113.2988, 40.0901)


def bounded(**bounds):
    return Actor("user:1", "bounded", frozenset({Role.DISPATCHER}), Bounds(**bounds))


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


@pytest.fixture
def reported(context):
    return report_incident(*context, Report(datetime.now(UTC), "Z06", "resident", HERE, "wgs84"), ACTOR).id


def kinds(store, actor, after):
    return [(change.kind, change.incident) for change in read_changes(store, actor, after).changes]


@pytest.mark.both_databases
def test_incident_moved_to_another_street_leaves_the_old_bounds(context, reported):
    store, locator, _ = context
    before = get_newest_change_id(store)
    there = next(code for code in sorted(locator.owners) if code.startswith(OTHER_STREET))
    take_step(*context, ACTOR, reported, StepRequest("place", note="x", grid=there))
    take_step(*context, ACTOR, reported, StepRequest("note", note="not visible to the street"))
    assert kinds(store, bounded(areas=(STREET,)), before) == [(ChangeKind.GONE, reported)]
    assert kinds(store, bounded(areas=(GRID, STREET)), before) == [(ChangeKind.GONE, reported)]
    assert kinds(store, bounded(areas=(OTHER_STREET,)), before) == [(ChangeKind.CHANGE, reported)] * 2
    assert kinds(store, bounded(), before) == [(ChangeKind.CHANGE, reported)] * 2
    # Users who never saw the incident get no change.
    assert kinds(store, bounded(areas=("140213999",)), before) == []
    assert kinds(store, bounded(areas=(STREET,), categories=("Z01",)), before) == []
    # After its return, only changes are reported.
    take_step(*context, ACTOR, reported, StepRequest("place", note="x", grid=GRID))
    assert {kind for kind, _ in kinds(store, bounded(areas=(STREET,)), before)} == {ChangeKind.CHANGE}


@pytest.mark.both_databases
def test_incident_rerouted_to_another_department_leaves_the_old_bounds(context, reported):
    store = context[0]
    take_step(*context, ACTOR, reported, StepRequest("file"))
    before = get_newest_change_id(store)
    take_step(*context, ACTOR, reported, StepRequest("reroute", note="x", department="园林绿化"))
    found = read_changes(store, bounded(departments=("交通运输",)), before).changes
    assert found == [Change(before + 1, ChangeKind.GONE, reported)]
    assert kinds(store, bounded(departments=("园林绿化",)), before) == [(ChangeKind.CHANGE, reported)]
    assert kinds(store, bounded(departments=("环境卫生",)), before) == []


@pytest.mark.both_databases
def test_import_is_one_change_for_users_who_see_any_row(context):
    store, locator, _ = context
    before = get_newest_change_id(store)
    rows = [
        TableRow(number, {"reported_at": "2026-01-02", "category": "Z01", "lon": str(HERE.lon), "lat": str(HERE.lat)})
        for number in range(2, 6)
    ]
    for commit in (False, True):
        import_incidents(store, locator, RULES, rows, ACTOR, datum="wgs84", commit=commit)
    for actor in (bounded(), bounded(areas=(STREET,)), bounded(areas=(STREET,), categories=("Z01",))):
        assert read_changes(store, actor, before).changes == [Change(before + 1, ChangeKind.IMPORT)]
    for actor in (bounded(areas=(OTHER_STREET,)), bounded(categories=("Z02",))):
        batch = read_changes(store, actor, before)
        assert (batch.changes, batch.last_id) == ([], before + 1)
