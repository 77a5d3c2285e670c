"""What a level does not handle in its share of the limit goes to the next: once, whoever else is at it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import Actor, IncidentSource, Level, Point, Report, Role
from geogrid.services.escalation import Ticked, escalate_due, tick
from geogrid.services.incident_steps import read_timeline, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layers import load_locator
from geogrid.store.bookkeeping import end_shift, take_shift

RULES = load_rules()
#: A Tuesday, 10:00 in the district; a grid worker has until 16:00 for shared bikes.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
DISPATCHER = Actor("user:1", "dispatcher", frozenset({Role.DISPATCHER}))


@pytest.fixture
def house(store):
    return store, load_locator(store), RULES


@pytest.fixture
def dispatched(house):
    report = Report(NOW, "Z06", IncidentSource.RESIDENT, Point(113.2988, 40.09), "wgs84")
    number = report_incident(*house, report, DISPATCHER).id
    take_step(*house, DISPATCHER, number, StepRequest("file"), now=NOW)
    take_step(*house, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
    return number


def at(hour, minute=0):
    return NOW + timedelta(hours=hour - 10, minutes=minute)


def progress(house, number):
    return read_incident(house[0], DISPATCHER, number).progress


@pytest.mark.both_databases
def test_half_of_the_limit_is_the_worker_s_and_three_quarters_the_leader_s(house, dispatched):
    due = progress(house, dispatched).due_at
    assert (due, progress(house, dispatched).escalate_at) == (at(16), at(12))
    assert escalate_due(*house, now=at(11, 59)) == []
    assert escalate_due(*house, now=at(12)) == [dispatched]
    raised = progress(house, dispatched)
    # The leader's own limit would be longer; being raised gives no more time.
    assert (raised.level, raised.escalate_at, raised.due_at) == (Level.LEADER, at(15), due)
    assert escalate_due(*house, now=at(14, 30)) == []
    assert escalate_due(*house, now=at(15)) == [dispatched]
    assert (progress(house, dispatched).level, progress(house, dispatched).escalate_at) == (Level.STREET, None)
    assert escalate_due(*house, now=at(23)) == []
    last = read_timeline(house[0], DISPATCHER, dispatched).steps[-1]
    assert (last.action, last.actor_id, last.details["level"]) == ("escalate", "system", ["leader", "street"])


def test_the_clock_stands_still_for_levels_too(house, dispatched):
    take_step(*house, DISPATCHER, dispatched, StepRequest("suspend", note="等材料"), now=at(11))
    assert progress(house, dispatched).escalate_at is None
    assert escalate_due(*house, now=at(17)) == []
    take_step(*house, DISPATCHER, dispatched, StepRequest("resume"), now=at(17))
    # One hour of the worker's two is left; it is over at 18:00.
    assert progress(house, dispatched).escalate_at == at(18)


def test_what_is_handled_is_not_raised(house, dispatched):
    take_step(*house, DISPATCHER, dispatched, StepRequest("reroute", note="转办", department="城市管理"), now=at(11))
    assert escalate_due(*house, now=at(20)) == []


@pytest.mark.both_databases
def test_several_workers_raise_an_incident_once(house, dispatched):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: escalate_due(*house, now=at(14)), range(4)))
    assert sorted(done) == [[], [], [], [dispatched]]
    assert progress(house, dispatched).level is Level.LEADER


@pytest.mark.both_databases
def test_one_worker_ticks_at_a_time_and_a_dead_one_holds_nobody_up(house, dispatched):
    store = house[0]
    with store.write() as connection:
        assert take_shift(connection, "tick", at(14), at(14) + timedelta(seconds=30))
    assert tick(*house, now=at(14)) is None
    assert dispatched in tick(*house, now=at(14, 1)).escalated
    with store.write() as connection:
        assert take_shift(connection, "tick", at(14, 1), at(14, 2))
        end_shift(connection, "tick")
        assert take_shift(connection, "tick", at(14, 1), at(14, 2))


def test_a_house_that_knows_no_such_steps_goes_on_all_the_same(house, dispatched):
    ways = RULES.workflow.transitions
    prompt = ways["prompt"].model_copy(update={"roles": frozenset({Role.DISPATCHER})})
    kept = {action: way for action, way in ways.items() if action not in ("escalate", "supervise")} | {"prompt": prompt}
    theirs = replace(RULES, workflow=RULES.workflow.model_copy(update={"transitions": kept}))
    for moment in (at(15, 30), at(16, 30)):
        assert tick(*house[:2], theirs, now=moment) == Ticked([], 0)
    assert tick(*house, now=at(16, 30)) == Ticked([dispatched], 1)
