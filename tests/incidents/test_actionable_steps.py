"""The incidents that an actor can act on now, as the rules of a workflow say."""

from dataclasses import replace

import pytest

from geogrid.incidents.actionable_steps import FORWARD_ACTIONS, ActionableSteps, find_actionable_steps
from geogrid.model import SYSTEM, Actor, Bounds, IncidentStatus, Role
from geogrid.rules.workflow import load_workflow

WORKFLOW = load_workflow()
STATUS = IncidentStatus
ACTOR = "user:7"


def turn(*roles, workflow=WORKFLOW, mine=True, **bounds):
    return find_actionable_steps(Actor(ACTOR, "test", frozenset(roles), Bounds(**bounds)), workflow, mine=mine)


def changed(action, **values):
    """Return the workflow with one transition changed."""
    transition = WORKFLOW.transitions[action].model_copy(update=values)
    return replace(WORKFLOW, transitions={**WORKFLOW.transitions, action: transition})


@pytest.mark.parametrize(
    ("roles", "statuses", "another_hand", "taken"),
    [
        ([Role.GRID_WORKER], "reported dispatched handling fed_back", "fed_back", "handling"),
        ([Role.HANDLER], "dispatched handling suspended", "", "handling"),
        ([Role.DISPATCHER], "reported verified filed suspended fed_back checked", "fed_back checked", ""),
        (
            [Role.LEADER],
            "reported verified filed dispatched handling fed_back checked",
            "fed_back checked",
            "handling",
        ),
        (
            [Role.SUPERVISOR],
            "reported verified filed dispatched handling suspended fed_back checked",
            "fed_back checked",
            "handling",
        ),
        (
            [Role.DISPATCHER, Role.HANDLER],
            "reported verified filed dispatched handling suspended fed_back checked",
            "fed_back checked",
            "handling",
        ),
        ([Role.DATA_STEWARD], "", "", ""),
        ([], "", "", ""),
    ],
)
def test_the_statuses_follow_the_roles(roles, statuses, another_hand, taken):
    found = turn(*roles)
    assert {status.value for status in found.statuses} == set(statuses.split())
    assert {status.value for status in found.another_hand} == set(another_hand.split())
    assert {status.value for status in found.taken} == set(taken.split())


def test_the_system_files_and_dispatches():
    assert find_actionable_steps(SYSTEM, WORKFLOW, mine=True).statuses == {
        STATUS.REPORTED,
        STATUS.VERIFIED,
        STATUS.FILED,
    }


@pytest.mark.parametrize("mine", [True, False])
def test_the_question_the_actor_and_the_departments_are_kept(mine):
    found = turn(Role.HANDLER, mine=mine, departments=("城管局", "环卫中心"))
    assert found == ActionableSteps(
        mine=mine,
        actor_id=ACTOR,
        statuses=frozenset({STATUS.DISPATCHED, STATUS.HANDLING, STATUS.SUSPENDED}),
        another_hand=frozenset(),
        taken=frozenset({STATUS.HANDLING}),
        taking=frozenset({"accept"}),
        departments=("城管局", "环卫中心"),
    )
    assert turn(Role.HANDLER, mine=mine).departments == ()


@pytest.mark.parametrize("action", ["extend", "escalate", "rework", "void", "merge", "note", "prompt", "reopen"])
def test_a_step_aside_or_back_is_no_turn(action):
    assert action not in FORWARD_ACTIONS
    # Even if it were the handler's in every status.
    everywhere = changed(action, from_=tuple(STATUS), roles=frozenset({Role.HANDLER}))
    assert turn(Role.HANDLER, workflow=everywhere).statuses == turn(Role.HANDLER).statuses


def test_a_step_for_everyone_makes_a_status_open_to_the_one_who_handled_it():
    workflow = changed("feed_back", from_=(STATUS.FED_BACK,))
    found = turn(Role.GRID_WORKER, workflow=workflow)
    # `check` is for another hand, `feed_back` is not.
    assert STATUS.FED_BACK in found.statuses
    assert STATUS.FED_BACK not in found.another_hand


@pytest.mark.parametrize(
    ("action", "values", "taking"),
    [
        ("accept", {}, {"accept"}),
        ("accept", {"in_charge": False}, set()),
        ("resume", {"in_charge": True}, {"accept", "resume"}),  # to `handling`, where the handling is due
        ("check", {"in_charge": True}, {"accept"}),  # to `checked`, where the closing is due
        ("suspend", {"in_charge": True}, {"accept"}),  # to `suspended`, where nothing is due
        ("mediate", {"in_charge": True}, {"accept"}),  # leaves the incident where it is
    ],
)
def test_an_incident_is_taken_in_hand_by_who_is_in_charge_and_has_to_handle_it(action, values, taking):
    assert turn(Role.HANDLER, workflow=changed(action, **values)).taking == taking


def test_a_status_that_is_not_the_actors_turn_is_not_taken_either():
    # `accept` leads to `handling`, where a dispatcher has no step that leads on.
    found = turn(Role.DISPATCHER)
    assert (found.taken, found.taking) == (frozenset(), frozenset({"accept"}))


def test_every_step_that_leads_on_is_in_the_workflow():
    assert set(FORWARD_ACTIONS) <= set(WORKFLOW.transitions)
