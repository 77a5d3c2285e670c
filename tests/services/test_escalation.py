"""Tests of escalation: shares of the limit, suspension, concurrency."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import Actor, Point, Report, Role
from geogrid.services.escalation import DueWork, escalate_due, run_due_work
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.store.bookkeeping import end_shift, take_shift

RULES = load_rules()
#: A Tuesday, 10:00 local time; shared bikes are due at 16:00.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
DISPATCHER = Actor("user:1", "dispatcher", frozenset({Role.DISPATCHER}))


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


@pytest.fixture
def dispatched(context):
    report = Report(NOW, "Z06", "resident", Point(113.2988, 40.09), "wgs84")
    number = report_incident(*context, report, DISPATCHER).id
    take_step(*context, DISPATCHER, number, StepRequest("file"), now=NOW)
    take_step(*context, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
    return number


def at(hour, minute=0):
    return NOW + timedelta(hours=hour - 10, minutes=minute)


def progress(context, number):
    return read_incident(context[0], DISPATCHER, number).progress


@pytest.mark.both_databases
def test_escalation_after_half_and_three_quarters_of_the_limit(context, dispatched):
    due = progress(context, dispatched).due_at
    assert (due, progress(context, dispatched).escalate_at) == (at(16), at(12))
    assert escalate_due(*context, now=at(11, 59)) == []
    assert escalate_due(*context, now=at(12)) == [dispatched]
    raised = progress(context, dispatched)
    # Escalation does not extend the due time, although the limit of the leader is longer.
    assert (raised.level, raised.escalate_at, raised.due_at) == ("leader", at(15), due)
    assert escalate_due(*context, now=at(14, 30)) == []
    assert escalate_due(*context, now=at(15)) == [dispatched]
    assert (progress(context, dispatched).level, progress(context, dispatched).escalate_at) == ("street", None)
    assert escalate_due(*context, now=at(23)) == []
    last = read_history(context[0], DISPATCHER, dispatched).steps[-1]
    assert (last.action, last.actor_id, last.details["level"]) == ("escalate", "system", ["leader", "street"])


def test_suspension_stops_escalation(context, dispatched):
    take_step(*context, DISPATCHER, dispatched, StepRequest("suspend", note="等材料"), now=at(11))
    assert progress(context, dispatched).escalate_at is None
    assert escalate_due(*context, now=at(17)) == []
    take_step(*context, DISPATCHER, dispatched, StepRequest("resume"), now=at(17))
    # One of the two hours of the worker is left; it ends at 18:00.
    assert progress(context, dispatched).escalate_at == at(18)


def test_rerouted_incident_is_not_escalated(context, dispatched):
    take_step(*context, DISPATCHER, dispatched, StepRequest("reroute", note="转办", department="城市管理"), now=at(11))
    assert escalate_due(*context, now=at(20)) == []


@pytest.mark.both_databases
def test_concurrent_workers_escalate_an_incident_once(context, dispatched):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: escalate_due(*context, now=at(14)), range(4)))
    assert sorted(done) == [[], [], [], [dispatched]]
    assert progress(context, dispatched).level == "leader"


@pytest.mark.both_databases
def test_lease_allows_one_worker_and_expires(context, dispatched):
    store = context[0]
    with store.write() as connection:
        assert take_shift(connection, "tick", at(14), at(14) + timedelta(seconds=30))
    assert run_due_work(*context, now=at(14)) is None
    assert dispatched in run_due_work(*context, now=at(14, 1)).escalated
    with store.write() as connection:
        assert take_shift(connection, "tick", at(14, 1), at(14, 2))
        end_shift(connection, "tick")
        assert take_shift(connection, "tick", at(14, 1), at(14, 2))


def test_rules_without_these_steps_escalate_nothing(context, dispatched):
    ways = RULES.workflow.transitions
    prompt = ways["prompt"].model_copy(update={"roles": frozenset({Role.DISPATCHER})})
    kept = {action: way for action, way in ways.items() if action not in ("escalate", "supervise")} | {"prompt": prompt}
    reduced = replace(RULES, workflow=RULES.workflow.model_copy(update={"transitions": kept}))
    for moment in (at(15, 30), at(16, 30)):
        assert run_due_work(*context[:2], reduced, now=moment) == DueWork([], 0)
    assert run_due_work(*context, now=at(16, 30)) == DueWork([dispatched], 1)
