"""The condition for incidents on which an actor can take a step now."""

import pytest

from geogrid.incidents.actionable_filter import FORWARD_ACTIONS, ActionableSteps, find_actionable_steps
from geogrid.model import SYSTEM, Actor, Bounds, IncidentStatus, Role
from geogrid.rules.incident_workflow import load_workflow

WORKFLOW = load_workflow()
STATUS = IncidentStatus
ACTOR = "user:7"


def condition_for(*roles, workflow=WORKFLOW, mine=True, **bounds):
    return find_actionable_steps(Actor(ACTOR, "test", frozenset(roles), Bounds(**bounds)), workflow, mine=mine)


def changed(action, **values):
    """Return the workflow with one transition changed."""
    transition = WORKFLOW.transitions[action].model_copy(update=values)
    return WORKFLOW.model_copy(update={"transitions": {**WORKFLOW.transitions, action: transition}})


@pytest.mark.parametrize(
    ("roles", "statuses", "other_user", "claimed"),
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
def test_statuses_depend_on_roles(roles, statuses, other_user, claimed):
    condition = condition_for(*roles)
    assert {status.value for status in condition.statuses} == set(statuses.split())
    assert {status.value for status in condition.other_user_statuses} == set(other_user.split())
    assert {status.value for status in condition.claimed_statuses} == set(claimed.split())


def test_system_verifies_files_and_dispatches():
    assert find_actionable_steps(SYSTEM, WORKFLOW, mine=True).statuses == {
        STATUS.REPORTED,
        STATUS.VERIFIED,
        STATUS.FILED,
    }


@pytest.mark.parametrize("mine", [True, False])
def test_condition_contains_actor_and_departments(mine):
    condition = condition_for(Role.HANDLER, mine=mine, departments=("城管局", "环卫中心"))
    assert condition == ActionableSteps(
        mine=mine,
        actor_id=ACTOR,
        statuses=frozenset({STATUS.DISPATCHED, STATUS.HANDLING, STATUS.SUSPENDED}),
        other_user_statuses=frozenset(),
        claimed_statuses=frozenset({STATUS.HANDLING}),
        claim_actions=frozenset({"accept"}),
        departments=("城管局", "环卫中心"),
    )
    assert condition_for(Role.HANDLER, mine=mine).departments == ()


@pytest.mark.parametrize("action", ["extend", "escalate", "rework", "void", "merge", "note", "prompt", "reopen"])
def test_step_aside_or_back_makes_no_status_actionable(action):
    assert action not in FORWARD_ACTIONS
    # The handler may take it in every status.
    everywhere = changed(action, from_=tuple(STATUS), roles=frozenset({Role.HANDLER}))
    assert condition_for(Role.HANDLER, workflow=everywhere).statuses == condition_for(Role.HANDLER).statuses


def test_step_open_to_handler_removes_status_from_other_user_statuses():
    workflow = changed("feed_back", from_=(STATUS.FED_BACK,))
    condition = condition_for(Role.GRID_WORKER, workflow=workflow)
    # `check` requires another user, `feed_back` does not.
    assert STATUS.FED_BACK in condition.statuses
    assert STATUS.FED_BACK not in condition.other_user_statuses


@pytest.mark.parametrize(
    ("action", "values", "claims"),
    [
        ("accept", {}, {"accept"}),
        ("accept", {"in_charge": False}, set()),
        ("resume", {"in_charge": True}, {"accept", "resume"}),  # to `handling`, where handling is due
        ("check", {"in_charge": True}, {"accept"}),  # to `checked`, where closing is due
        ("suspend", {"in_charge": True}, {"accept"}),  # to `suspended`, where nothing is due
        ("mediate", {"in_charge": True}, {"accept"}),  # does not change the status
    ],
)
def test_actions_into_handling_claim_the_incident(action, values, claims):
    assert condition_for(Role.HANDLER, workflow=changed(action, **values)).claim_actions == claims


def test_status_that_is_not_actionable_is_not_claimed():
    # `accept` leads to `handling`, where a dispatcher has no forward step.
    condition = condition_for(Role.DISPATCHER)
    assert (condition.claimed_statuses, condition.claim_actions) == (frozenset(), frozenset({"accept"}))


def test_forward_actions_exist_in_the_workflow():
    assert set(FORWARD_ACTIONS) <= set(WORKFLOW.transitions)
