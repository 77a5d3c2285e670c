"""Steps of a ledger entry: permitted steps, required inputs and results."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.ledger.transitions import MAX_NOTE, LedgerStepRequest, allowed_transitions, apply_step, open_entry
from geogrid.model import Actor, EntryProgress, EntryState, Role, SiteProblem
from geogrid.rules.ledger import load_ledger_rules

RULES = load_ledger_rules()
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
DEPARTMENTS = {"城管局", "环卫中心"}
HANDLER = Actor("user:1", "处置员", frozenset({Role.HANDLER}))
DISPATCHER = Actor("user:2", "派遣员", frozenset({Role.DISPATCHER}))
#: May rectify and strike off, so that only `another_hand` can refuse the step.
LEADER = Actor("user:3", "网格长", frozenset({Role.LEADER}))
STEWARD = Actor("user:4", "数据管理员", frozenset({Role.DATA_STEWARD}))

OPEN = EntryProgress(1, EntryState.OPEN, "城管局")
RECTIFIED = EntryProgress(2, EntryState.RECTIFIED, "城管局", "已清理", BEFORE, HANDLER.id)
RETURNED = EntryProgress(3, EntryState.RETURNED, "城管局", "已清理", returned_at=BEFORE)
STRUCK_OFF = EntryProgress(4, EntryState.STRUCK_OFF, "城管局", "已清理", BEFORE, HANDLER.id, struck_off_at=BEFORE)


def go(progress, step_input, actor, evidence=(), rules=RULES):
    return apply_step(progress, step_input, evidence, actor, rules, DEPARTMENTS, NOW)


def with_needs(action, *needs):
    """Return the rules with other required inputs of one transition."""
    transition = RULES.transitions[action].model_copy(update={"needs": needs})
    return RULES.model_copy(update={"transitions": {**RULES.transitions, action: transition}})


def test_new_entry_is_open_and_has_the_department_of_its_problem():
    problem = SiteProblem(
        site=1,
        round="2026",
        category="Z06",
        found_at=NOW,
        description="垃圾堆积",
        department="环卫中心",
        duty=None,
        due_at=NOW,
        incident=None,
        synthetic=True,
    )
    progress, step = open_entry(problem, HANDLER, NOW)
    assert progress == EntryProgress(1, EntryState.OPEN, "环卫中心")
    assert (step.number, step.action, step.from_state, step.to_state) == (1, "record", None, EntryState.OPEN)
    assert (step.at, step.actor_id, step.actor, step.role) == (NOW, "user:1", "处置员", Role.HANDLER)


@pytest.mark.parametrize(
    ("progress", "actor", "actions"),
    [
        (OPEN, HANDLER, {"rectify", "note"}),
        (OPEN, DISPATCHER, {"assign", "note"}),
        (OPEN, STEWARD, set()),
        (RECTIFIED, HANDLER, {"note"}),
        (RECTIFIED, DISPATCHER, {"return", "strike_off", "note"}),
        (RECTIFIED, LEADER, {"return", "strike_off", "note"}),
        (replace(RECTIFIED, rectified_by=LEADER.id), LEADER, {"note"}),
        (RETURNED, HANDLER, {"rectify", "note"}),
        (RETURNED, DISPATCHER, {"assign", "note"}),
        (STRUCK_OFF, DISPATCHER, {"reopen", "note"}),
        (STRUCK_OFF, LEADER, {"note"}),
    ],
)
def test_allowed_transitions_depend_on_state_role_and_user(progress, actor, actions):
    assert {step.action for step in allowed_transitions(progress, actor, RULES)} == actions


@pytest.mark.parametrize(
    ("progress", "step_input", "actor", "evidence", "changes"),
    [
        (
            OPEN,
            LedgerStepRequest("rectify", "已清理完毕"),
            HANDLER,
            [],
            {
                "state": EntryState.RECTIFIED,
                "rectification": "已清理完毕",
                "rectified_at": NOW,
                "rectified_by": HANDLER.id,
            },
        ),
        (
            RECTIFIED,
            LedgerStepRequest("return", "未清理干净"),
            DISPATCHER,
            [],
            {"state": EntryState.RETURNED, "returned_at": NOW, "rectified_at": None, "rectified_by": None},
        ),
        (
            RECTIFIED,
            LedgerStepRequest("strike_off", evidence=(5,)),
            DISPATCHER,
            [BEFORE],
            {"state": EntryState.STRUCK_OFF, "struck_off_at": NOW},
        ),
        (
            STRUCK_OFF,
            LedgerStepRequest("reopen", "又出现"),
            DISPATCHER,
            [],
            {
                "state": EntryState.RETURNED,
                "returned_at": NOW,
                "rectified_at": None,
                "rectified_by": None,
                "struck_off_at": None,
            },
        ),
        (OPEN, LedgerStepRequest("assign", "转办", department="环卫中心"), DISPATCHER, [], {"department": "环卫中心"}),
        (RETURNED, LedgerStepRequest("note", "已联系"), HANDLER, [], {}),
    ],
)
def test_step_changes_the_progress(progress, step_input, actor, evidence, changes):
    after, step = go(progress, step_input, actor, evidence)
    assert after == replace(progress, version=progress.version + 1, **changes)
    assert (step.number, step.action, step.note) == (after.version, step_input.action, step_input.note)
    assert (step.from_state, step.to_state) == (progress.state, after.state)
    assert (step.at, step.actor_id, step.actor) == (NOW, actor.id, actor.name)
    assert step.role in RULES.transitions[step_input.action].roles & actor.roles


def test_step_records_a_permitted_role():
    both = Actor("user:5", "两岗", frozenset({Role.GRID_WORKER, Role.DISPATCHER}))
    _, step = go(OPEN, LedgerStepRequest("assign", "转办", department="环卫中心"), both)
    assert step.role is Role.DISPATCHER


@pytest.mark.parametrize(
    ("step_input", "actor", "error", "code"),
    [
        (LedgerStepRequest("burn", "x"), HANDLER, InputError, "action_unknown"),
        (LedgerStepRequest("assign", "x", department="环卫中心"), HANDLER, ForbiddenError, "role"),
        (LedgerStepRequest("reopen", "x"), DISPATCHER, ConflictError, "transition_not_allowed"),
        (LedgerStepRequest("return", "x"), LEADER, ConflictError, "transition_not_allowed"),
    ],
)
def test_step_in_another_state_is_refused(step_input, actor, error, code):
    with pytest.raises(error) as caught:
        go(OPEN, step_input, actor)
    assert (caught.value.code, caught.value.field) == (code, "action")


def test_conflict_lists_the_allowed_actions():
    with pytest.raises(ConflictError) as caught:
        go(OPEN, LedgerStepRequest("reopen", "x"), DISPATCHER)
    assert list(caught.value.allowed) == ["assign", "note"]


@pytest.mark.parametrize("action", ["return", "strike_off"])
def test_strike_off_by_the_rectifying_user_is_refused(action):
    mine = replace(RECTIFIED, rectified_by=LEADER.id)
    with pytest.raises(ConflictError) as caught:
        go(mine, LedgerStepRequest(action, "x", evidence=(5,)), LEADER, [BEFORE])
    assert caught.value.code == "same_hand"
    assert list(caught.value.allowed) == ["note"]
    after, _ = go(RECTIFIED, LedgerStepRequest(action, "x", evidence=(5,)), LEADER, [BEFORE])
    assert after.version == RECTIFIED.version + 1


@pytest.mark.parametrize(
    ("progress", "step_input", "actor", "evidence", "code"),
    [
        (OPEN, LedgerStepRequest("rectify"), HANDLER, [], "note_missing"),
        (OPEN, LedgerStepRequest("rectify", " \n"), HANDLER, [], "note_missing"),
        (RECTIFIED, LedgerStepRequest("strike_off", "x"), DISPATCHER, [], "evidence_missing"),
        (OPEN, LedgerStepRequest("assign", "x"), DISPATCHER, [], "department_missing"),
        (OPEN, LedgerStepRequest("assign", "x", department="无此部门"), DISPATCHER, [], "department_unknown"),
        (OPEN, LedgerStepRequest("rectify", "x", department="环卫中心"), HANDLER, [], "department_unused"),
    ],
)
def test_step_without_required_input_is_refused(progress, step_input, actor, evidence, code):
    with pytest.raises(InputError) as caught:
        go(progress, step_input, actor, evidence)
    assert caught.value.code == code


@pytest.mark.parametrize("note", ["x" * (MAX_NOTE + 1), "x\x00"])
def test_invalid_note_is_refused(note):
    with pytest.raises(InputError) as caught:
        go(OPEN, LedgerStepRequest("note", note), HANDLER)
    assert caught.value.field == "note"


@pytest.mark.parametrize(
    ("returned_at", "evidence", "stale"),
    [
        (None, [BEFORE], False),
        (BEFORE, [BEFORE], True),  # uploaded at the time of the return
        (BEFORE, [BEFORE - timedelta(seconds=1), BEFORE], True),
        (BEFORE, [BEFORE - timedelta(seconds=1), BEFORE + timedelta(seconds=1)], False),
    ],
)
def test_evidence_must_be_newer_than_the_return(returned_at, evidence, stale):
    progress, step_input = replace(RECTIFIED, returned_at=returned_at), LedgerStepRequest("strike_off", evidence=(5,))
    if not stale:
        assert go(progress, step_input, DISPATCHER, evidence)[0].state is EntryState.STRUCK_OFF
        return
    with pytest.raises(InputError) as caught:
        go(progress, step_input, DISPATCHER, evidence)
    assert (caught.value.code, caught.value.field) == ("evidence_stale", "evidence")


def test_old_evidence_is_accepted_if_evidence_is_optional():
    after, _ = go(RETURNED, LedgerStepRequest("rectify", "x", evidence=(5,)), HANDLER, [BEFORE])
    assert after.state is EntryState.RECTIFIED


@pytest.mark.parametrize(
    ("step_input", "details"),
    [
        (LedgerStepRequest("assign", "x", department="环卫中心"), {"department": ["城管局", "环卫中心"]}),
        (LedgerStepRequest("assign", "x", department="城管局"), {}),
        (
            LedgerStepRequest("assign", "x", department="环卫中心", evidence=(7, 5, 7)),
            {"department": ["城管局", "环卫中心"], "evidence": [7, 5]},
        ),
        (LedgerStepRequest("note", "x", evidence=(5, 5)), {"evidence": [5]}),
        (LedgerStepRequest("note", "x"), {}),
    ],
)
def test_details_contain_department_change_and_evidence(step_input, details):
    _, step = go(OPEN, step_input, DISPATCHER, [NOW] * len(step_input.evidence))
    assert step.details == details


def test_required_inputs_come_from_the_rules():
    after, _ = go(RECTIFIED, LedgerStepRequest("strike_off"), DISPATCHER, rules=with_needs("strike_off"))
    assert after.state is EntryState.STRUCK_OFF
