"""Tests of prompt and supervision cards: issue before and after the due time, order, answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM, Actor, CardKind, Point, Report, Role
from geogrid.services.cards import answer_card, issue_due_cards, list_cards, order_card, read_card
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator

RULES = load_rules()
#: A Tuesday, 10:00 local time.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
REPORT = Report(NOW, "Z06", "resident", Point(113.2988, 40.09), "wgs84")
DISPATCHER = Actor("user:1", "dispatcher", frozenset({Role.DISPATCHER}))
HANDLER = Actor("user:2", "handler", frozenset({Role.HANDLER}))
SUPERVISOR = Actor("user:3", "supervisor", frozenset({Role.SUPERVISOR}))


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


@pytest.fixture
def dispatched(context):
    """The id of an incident due at 16:00."""
    number = report_incident(*context, REPORT, DISPATCHER).id
    take_step(*context, DISPATCHER, number, StepRequest("file"), now=NOW)
    take_step(*context, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
    return number


def at(hours, minutes=0):
    return NOW + timedelta(hours=hours, minutes=minutes)


def cards_of(cards, number):
    return [card for card in cards if card.incident == number]


@pytest.mark.both_databases
def test_prompt_card_before_and_supervision_card_after_due_time(context, dispatched):
    # Four working hours from 10:00 end at 16:00; the warning is one hour earlier.
    assert cards_of(issue_due_cards(*context, now=at(4, 59)), dispatched) == []
    [prompt] = cards_of(issue_due_cards(*context, now=at(5)), dispatched)
    assert (prompt.kind, prompt.year, prompt.serial) == (CardKind.PROMPT, 2026, 1)
    assert cards_of(issue_due_cards(*context, now=at(5, 1)), dispatched) == []
    [supervision] = cards_of(issue_due_cards(*context, now=at(6, 1)), dispatched)
    assert supervision.kind is CardKind.SUPERVISION
    assert supervision.due_at == at(6)
    # One working day after 16:01.
    assert supervision.answer_due_at == at(30, 1)
    assert cards_of(issue_due_cards(*context, now=at(7)), dispatched) == []
    steps = read_history(context[0], SYSTEM, dispatched).steps
    assert [step.action for step in steps] == ["report", "file", "dispatch", "prompt", "supervise"]
    assert steps[-1].details["card"] == "督办-2026-0001"


def test_extension_gets_new_cards_for_new_due_time(context, dispatched):
    issue_due_cards(*context, now=at(5))
    take_step(*context, SUPERVISOR, dispatched, StepRequest("extend", note="parts are on their way"), now=at(5, 30))
    assert cards_of(issue_due_cards(*context, now=at(6, 1)), dispatched) == []
    [again] = cards_of(issue_due_cards(*context, now=at(23, 30)), dispatched)
    assert (again.kind, again.serial) == (CardKind.PROMPT, 2)


def test_suspended_incident_gets_no_card(context, dispatched):
    take_step(*context, SUPERVISOR, dispatched, StepRequest("suspend", note="frost"), now=at(1))
    assert cards_of(issue_due_cards(*context, now=at(7)), dispatched) == []


@pytest.mark.full_demo
def test_long_overdue_incidents_get_no_card(context):
    assert issue_due_cards(*context, now=at(0)) == []
    with context[0].read() as connection:
        overdue = connection.exec_driver_sql("SELECT count(*) FROM incidents WHERE stage_due_at < '2022-12-01'")
        assert overdue.scalar() > 500


@pytest.mark.both_databases
def test_concurrent_workers_issue_each_card_once(context):
    numbers = []
    for _ in range(5):
        number = report_incident(*context, REPORT, DISPATCHER).id
        take_step(*context, DISPATCHER, number, StepRequest("file"), now=NOW)
        take_step(*context, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
        numbers.append(number)
    with ThreadPoolExecutor(4) as pool:
        issued = [
            card for found in pool.map(lambda _: issue_due_cards(*context, now=at(7)), range(4)) for card in found
        ]
    assert sorted(card.incident for card in issued) == numbers
    assert sorted(card.serial for card in issued) == [1, 2, 3, 4, 5]


def test_card_is_answered_once_by_its_department(context, dispatched):
    with pytest.raises(InputError):
        order_card(*context, SUPERVISOR, dispatched, reason=" ")
    with pytest.raises(ForbiddenError):
        order_card(*context, HANDLER, dispatched, reason="late")
    card = order_card(*context, SUPERVISOR, dispatched, reason="the third call about it")
    with pytest.raises(ForbiddenError):
        answer_card(*context, SUPERVISOR, card.id, answer="soon")
    answered = answer_card(*context, HANDLER, card.id, answer="a lorry was blocked; done by noon")
    assert (answered.answered_by, answered.answer) == ("handler", "a lorry was blocked; done by noon")
    with pytest.raises(ConflictError):
        answer_card(*context, HANDLER, card.id, answer="again")
    kept, incident = read_card(context[0], SYSTEM, card.id)
    assert kept == answered
    assert incident.progress.version == 5
    assert [found.id for found in list_cards(context[0], SYSTEM, answered=True, incident=dispatched).items] == [card.id]


def test_card_steps_are_refused_without_a_card(context, dispatched):
    for action in ("prompt", "supervise", "answer"):
        with pytest.raises(InputError) as caught:
            take_step(*context, replace(SUPERVISOR, roles=frozenset(Role)), dispatched, StepRequest(action, note="x"))
        assert caught.value.code == "action_elsewhere"
