"""Cards: before something is due, after it, on order; once each, with an answer of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import SYSTEM, Actor, CardKind, IncidentSource, Point, Report, Role
from geogrid.services.cards import answer_card, issue_due_cards, list_cards, order_card, read_card
from geogrid.services.incident_steps import read_timeline, take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layers import load_locator

RULES = load_rules()
#: A Tuesday, 10:00 in the district.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
REPORT = Report(NOW, "Z06", IncidentSource.RESIDENT, Point(113.2988, 40.09), "wgs84")
DISPATCHER = Actor("user:1", "dispatcher", frozenset({Role.DISPATCHER}))
HANDLER = Actor("user:2", "handler", frozenset({Role.HANDLER}))
SUPERVISOR = Actor("user:3", "supervisor", frozenset({Role.SUPERVISOR}))


@pytest.fixture
def house(store):
    return store, load_locator(store), RULES


@pytest.fixture
def dispatched(house):
    """The number of an incident that is to be handled by 16:00."""
    number = report_incident(*house, REPORT, DISPATCHER).id
    take_step(*house, DISPATCHER, number, StepRequest("file"), now=NOW)
    take_step(*house, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
    return number


def at(hours, minutes=0):
    return NOW + timedelta(hours=hours, minutes=minutes)


def mine(cards, number):
    return [card for card in cards if card.incident == number]


@pytest.mark.both_databases
def test_a_prompt_goes_out_before_and_a_supervision_after_each_once(house, dispatched):
    # Four working hours from 10:00 are over at 16:00, and nearly so an hour before.
    assert mine(issue_due_cards(*house, now=at(4, 59)), dispatched) == []
    [prompt] = mine(issue_due_cards(*house, now=at(5)), dispatched)
    assert (prompt.kind, prompt.year, prompt.serial) == (CardKind.PROMPT, 2026, 1)
    assert mine(issue_due_cards(*house, now=at(5, 1)), dispatched) == []
    [supervision] = mine(issue_due_cards(*house, now=at(6, 1)), dispatched)
    assert supervision.kind is CardKind.SUPERVISION
    assert supervision.due_at == at(6)
    # One working day after 16:01.
    assert supervision.answer_due_at == at(30, 1)
    assert mine(issue_due_cards(*house, now=at(7)), dispatched) == []
    steps = read_timeline(house[0], SYSTEM, dispatched).steps
    assert [step.action for step in steps] == ["report", "file", "dispatch", "prompt", "supervise"]
    assert steps[-1].details["card"] == "督办-2026-0001"


def test_an_extension_is_a_new_due_time_with_cards_of_its_own(house, dispatched):
    issue_due_cards(*house, now=at(5))
    take_step(*house, SUPERVISOR, dispatched, StepRequest("extend", note="parts are on their way"), now=at(5, 30))
    assert mine(issue_due_cards(*house, now=at(6, 1)), dispatched) == []
    [again] = mine(issue_due_cards(*house, now=at(23, 30)), dispatched)
    assert (again.kind, again.serial) == (CardKind.PROMPT, 2)


def test_a_suspended_incident_gets_no_card(house, dispatched):
    take_step(*house, SUPERVISOR, dispatched, StepRequest("suspend", note="frost"), now=at(1))
    assert mine(issue_due_cards(*house, now=at(7)), dispatched) == []


def test_what_fell_due_long_ago_is_left_alone(house):
    assert issue_due_cards(*house, now=at(0)) == []
    with house[0].read() as connection:
        overdue = connection.exec_driver_sql("SELECT count(*) FROM incidents WHERE stage_due_at < '2022-12-01'")
        assert overdue.scalar() > 500


@pytest.mark.both_databases
def test_workers_at_once_issue_each_card_once(house):
    numbers = []
    for _ in range(5):
        number = report_incident(*house, REPORT, DISPATCHER).id
        take_step(*house, DISPATCHER, number, StepRequest("file"), now=NOW)
        take_step(*house, DISPATCHER, number, StepRequest("dispatch", department="交通运输"), now=NOW)
        numbers.append(number)
    with ThreadPoolExecutor(4) as pool:
        issued = [card for found in pool.map(lambda _: issue_due_cards(*house, now=at(7)), range(4)) for card in found]
    assert sorted(card.incident for card in issued) == numbers
    assert sorted(card.serial for card in issued) == [1, 2, 3, 4, 5]


def test_a_card_is_answered_once_by_whom_it_went_to(house, dispatched):
    with pytest.raises(InputError):
        order_card(*house, SUPERVISOR, dispatched, reason=" ")
    with pytest.raises(ForbiddenError):
        order_card(*house, HANDLER, dispatched, reason="late")
    card = order_card(*house, SUPERVISOR, dispatched, reason="the third call about it")
    with pytest.raises(ForbiddenError):
        answer_card(*house, SUPERVISOR, card.id, answer="soon")
    answered = answer_card(*house, HANDLER, card.id, answer="a lorry was blocked; done by noon")
    assert (answered.answered_by, answered.answer) == ("handler", "a lorry was blocked; done by noon")
    with pytest.raises(ConflictError):
        answer_card(*house, HANDLER, card.id, answer="again")
    kept, incident = read_card(house[0], SYSTEM, card.id)
    assert kept == answered
    assert incident.progress.version == 5
    assert [found.id for found in list_cards(house[0], SYSTEM, answered=True, incident=dispatched).items] == [card.id]


def test_a_card_that_comes_with_a_step_is_not_taken_as_a_step_alone(house, dispatched):
    for action in ("prompt", "supervise", "answer"):
        with pytest.raises(InputError) as caught:
            take_step(*house, replace(SUPERVISOR, roles=frozenset(Role)), dispatched, StepRequest(action, note="x"))
        assert caught.value.code == "action_elsewhere"
