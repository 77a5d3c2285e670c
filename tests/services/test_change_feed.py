"""Who is told of what: what happens within one's bounds, what leaves them, what is imported, and nothing else."""

from datetime import UTC, datetime

import pytest

from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import EVERY_ROLE, Actor, Bounds, Change, ChangeKind, IncidentSource, Point, Report, Role
from geogrid.services.change_feed import changes_since, newest_change
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import import_incidents, report_incident
from geogrid.services.layers import load_locator
from geogrid.tabular.table_rows import TableRow

RULES = load_rules()
SOMEBODY = Actor("key:0", "tests", EVERY_ROLE)
STREET, GRID = "140213051", "140213051003008"
OTHER_STREET = "140213050"
HERE = Point(113.2988, 40.0901)


def bounded(**bounds):
    return Actor("user:1", "bounded", frozenset({Role.DISPATCHER}), Bounds(**bounds))


@pytest.fixture
def house(store):
    return store, load_locator(store), RULES


@pytest.fixture
def reported(house):
    return report_incident(
        *house, Report(datetime.now(UTC), "Z06", IncidentSource.RESIDENT, HERE, "wgs84"), SOMEBODY
    ).id


def kinds(store, actor, after):
    return [(change.kind, change.incident) for change in changes_since(store, actor, after).found]


@pytest.mark.both_databases
def test_what_is_handed_to_another_street_is_gone_for_this_one_and_new_for_that(house, reported):
    store, locator, _ = house
    before = newest_change(store)
    there = next(code for code in sorted(locator.owners) if code.startswith(OTHER_STREET))
    take_step(*house, SOMEBODY, reported, StepRequest("place", note="x", grid=there))
    take_step(*house, SOMEBODY, reported, StepRequest("note", note="nobody of the street is to know"))
    assert kinds(store, bounded(areas=(STREET,)), before) == [(ChangeKind.GONE, reported)]
    assert kinds(store, bounded(areas=(GRID, STREET)), before) == [(ChangeKind.GONE, reported)]
    assert kinds(store, bounded(areas=(OTHER_STREET,)), before) == [(ChangeKind.CHANGE, reported)] * 2
    assert kinds(store, bounded(), before) == [(ChangeKind.CHANGE, reported)] * 2
    # Who could never see it is told nothing.
    assert kinds(store, bounded(areas=("140213999",)), before) == []
    assert kinds(store, bounded(areas=(STREET,), categories=("Z01",)), before) == []
    # Once it is back there is nothing to be told but that.
    take_step(*house, SOMEBODY, reported, StepRequest("place", note="x", grid=GRID))
    assert {kind for kind, _ in kinds(store, bounded(areas=(STREET,)), before)} == {ChangeKind.CHANGE}


@pytest.mark.both_databases
def test_what_is_routed_to_another_department_is_gone_for_this_one(house, reported):
    store = house[0]
    take_step(*house, SOMEBODY, reported, StepRequest("file"))
    before = newest_change(store)
    take_step(*house, SOMEBODY, reported, StepRequest("reroute", note="x", department="园林绿化"))
    found = changes_since(store, bounded(departments=("交通运输",)), before).found
    assert found == [Change(before + 1, ChangeKind.GONE, reported)]
    assert kinds(store, bounded(departments=("园林绿化",)), before) == [(ChangeKind.CHANGE, reported)]
    assert kinds(store, bounded(departments=("环境卫生",)), before) == []


@pytest.mark.both_databases
def test_an_import_is_one_change_for_those_who_see_some_of_it(house):
    store, locator, _ = house
    before = newest_change(store)
    rows = [
        TableRow(number, {"reported_at": "2026-01-02", "category": "Z01", "lon": str(HERE.lon), "lat": str(HERE.lat)})
        for number in range(2, 6)
    ]
    for commit in (False, True):
        import_incidents(store, locator, RULES, rows, SOMEBODY, datum="wgs84", commit=commit)
    for who in (bounded(), bounded(areas=(STREET,)), bounded(areas=(STREET,), categories=("Z01",))):
        assert changes_since(store, who, before).found == [Change(before + 1, ChangeKind.IMPORT)]
    for who in (bounded(areas=(OTHER_STREET,)), bounded(categories=("Z02",))):
        told = changes_since(store, who, before)
        assert (told.found, told.last) == ([], before + 1)
