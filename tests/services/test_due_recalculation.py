"""Tests of provisional due times and their recalculation by a calendar with more years."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from geogrid.cli.main import cli
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM, Actor, Point, Report, Role
from geogrid.services.due_recalculation import recalculate_due_times
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.tabular.row_model import TableRow

#: The rules with all years of the calendar, and as they were before the holidays of 2026 were known.
FULL = load_rules()
PAST = replace(
    FULL,
    due_times=replace(FULL.due_times, calendar=FULL.due_times.calendar.restrict(date(2022, 1, 1), date(2025, 12, 31))),
)
ZONE = FULL.due_times.calendar.zone
LIMITS = FULL.due_times.limits.find("Z06", FULL.categories)
#: 31 December 2025; the next two days are holidays. By weekdays alone Thursday, 1 January, would be a working day.
EVE = datetime(2025, 12, 31, 17, tzinfo=ZONE)
WORKER = Actor("user:9", "处置员", frozenset({Role.SUPERVISOR, Role.HANDLER, Role.LEADER, Role.DISPATCHER}))


@pytest.fixture
def case(store):
    """Report an incident, and take its first steps by the rules of the past."""
    locator = load_locator(store)

    def step(number, action, now, rules=PAST, **more):
        return take_step(store, locator, rules, WORKER, number, StepRequest(action, **more), now=now)

    def begin(dispatched=EVE):
        report = Report(dispatched - timedelta(hours=1), "Z06", "patrol", Point(113.2988, 40.09), "wgs84")
        number = report_incident(store, locator, PAST, report, WORKER).id
        incident = read_history(store, WORKER, number).incident
        if incident.progress.dispatched_at is None:
            step(number, "file", dispatched)
            incident = step(number, "dispatch", dispatched, department="城市管理", level="grid")
        return incident

    begin.step = step
    return begin


def progress_of(store, number):
    return read_history(store, WORKER, number).incident.progress


@pytest.mark.both_databases
def test_provisional_due_times_are_stored_and_recalculated(store, case):
    number = case().id
    before = progress_of(store, number)
    assert before.due_provisional
    assert before.due_at == datetime(2026, 1, 1, 11, tzinfo=ZONE), "1 January taken as a working day"
    dry = recalculate_due_times(store, FULL, commit=False)
    assert [found.incident.id for found in dry.changed] == [number]
    assert progress_of(store, number) == before
    done = recalculate_due_times(store, FULL, commit=True)
    assert [found.is_past(datetime.now(UTC)) for found in done.changed] == [True]
    after = progress_of(store, number)
    expected = FULL.due_times.handle_due(LIMITS, "grid", EVE)
    assert after.due_at == after.stage_due_at == expected > before.due_at
    assert after.close_due_at == FULL.due_times.close_due(LIMITS, expected)
    assert after.warn_at > before.warn_at
    assert after.escalate_at > before.escalate_at
    assert not after.due_provisional
    step = read_history(store, WORKER, number).steps[-1]
    assert (step.action, step.role, step.number) == ("recalculate", Role.SYSTEM, after.version)
    for name in ("due_at", "close_due_at"):
        moments = [datetime.fromisoformat(moment) for moment in step.details[name]]
        assert moments == [getattr(before, name), getattr(after, name)]
    again = recalculate_due_times(store, FULL, commit=True)
    assert not again.changed
    assert progress_of(store, number) == after


def test_suspensions_and_extensions_count_as_they_were_taken(store, case):
    number = case().id
    moments = [datetime(2026, 1, day, hour, tzinfo=ZONE) for day, hour in ((1, 9), (6, 10))]
    case.step(number, "suspend", moments[0], note="等待配件")
    case.step(number, "resume", moments[1])
    case.step(number, "extend", moments[1], note="配件迟到")
    recalculate_due_times(store, FULL, commit=True)
    due = FULL.due_times.handle_due(LIMITS, "grid", EVE)
    due = FULL.due_times.resume(LIMITS, "grid", due, *moments)
    due = FULL.due_times.extend(LIMITS, "grid", due)
    assert progress_of(store, number).due_at == due
    assert progress_of(store, number).extensions == 1


def test_steps_by_both_calendars_are_explained(store, case):
    """The calendar may arrive between two steps, before the recalculation."""
    number = case().id
    moment = datetime(2026, 1, 1, 9, tzinfo=ZONE)
    case.step(number, "suspend", moment, note="等待配件")
    case.step(number, "resume", moment + timedelta(days=6), rules=FULL)
    done = recalculate_due_times(store, FULL, commit=True)
    assert ([found.incident.id for found in done.changed], done.unexplained) == ([number], [])
    assert not progress_of(store, number).due_provisional


def test_a_reopening_keeps_its_first_due_time_recalculated(store, case):
    number = case().id
    case.step(number, "merge", EVE + timedelta(hours=1), incident=1)
    case.step(number, "reopen", EVE + timedelta(minutes=70), note="不是重复件")
    before = progress_of(store, number)
    recalculate_due_times(store, FULL, commit=True)
    after = progress_of(store, number)
    assert after.due_at == FULL.due_times.handle_due(LIMITS, "grid", EVE)
    assert after.reopened_due_at > before.reopened_due_at
    assert not after.due_provisional


def test_due_times_that_the_calendar_does_not_know_stay_provisional(store, case):
    number = case().id
    done = recalculate_due_times(store, PAST, commit=True)
    assert (done.provisional, done.changed) == ([number], [])
    assert progress_of(store, number).due_provisional


def test_a_change_of_limits_is_not_mixed_in(store, case):
    number = case().id
    limits = FULL.due_times.limits
    row = limits.categories["Z06"]
    handle = {level: replace(limit, amount=limit.amount * 2) for level, limit in row.handle.items()}
    changed = limits.model_copy(update={"categories": {**limits.categories, "Z06": replace(row, handle=handle)}})
    before = progress_of(store, number)
    done = recalculate_due_times(store, replace(FULL, due_times=replace(FULL.due_times, limits=changed)), commit=True)
    assert (done.unexplained, done.changed) == ([number], [])
    assert progress_of(store, number) == before


@pytest.mark.both_databases
def test_imported_due_times_are_calculated_again_but_given_ones_stay(store):
    cells = {"category": "Z06", "lon": "113.2988", "lat": "40.09", "reported_at": "2025-12-31T16:00"}
    begun = {**cells, "dispatched_at": "2025-12-31T17:00"}
    given = {**begun, "due_at": "2026-01-01T12:00"}
    rows = [TableRow(2, begun), TableRow(3, given)]
    import_incidents(store, load_locator(store), PAST, rows, SYSTEM, datum="wgs84", commit=True)
    done = recalculate_due_times(store, FULL, commit=True)
    assert not done.unexplained
    moved, kept = (progress_of(store, found.incident.id) for found in done.changed)
    assert kept.due_at == datetime(2026, 1, 1, 12, tzinfo=ZONE)
    assert moved.due_at == FULL.due_times.handle_due(LIMITS, "grid", EVE)
    assert moved.stage_due_at == moved.due_at
    assert not kept.due_provisional
    assert not moved.due_provisional


def test_command_prints_old_and_new_due_times(store, case, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRID_HOME", str(tmp_path))
    number = case().id
    dry = CliRunner().invoke(cli, ["loop", "recalculate"], catch_exceptions=False).output
    assert f"{number}: 2026-01-01 11:00" in dry
    assert "Dry run" in dry
    assert progress_of(store, number).due_provisional
    done = CliRunner().invoke(cli, ["loop", "recalculate", "--commit"], catch_exceptions=False).output
    assert "moved 时限变动 1, past and judged by figures 其中已到期、计入考核 1" in done
    assert not progress_of(store, number).due_provisional
