"""Steps of an incident: permitted steps, required inputs and results."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import ConflictError, FileError, ForbiddenError, InputError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.intake import build_new_incident
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest, allowed_transitions, apply_step
from geogrid.model import (
    Actor,
    Bounds,
    Incident,
    IncidentStatus,
    LocateStatus,
    Placement,
    Point,
    Report,
    Role,
    Triage,
)
from geogrid.reference_files import data_path
from geogrid.rules.incident_workflow import load_workflow

RULES = load_rules()
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
REPORT = Report(NOW, "Z06", "resident", Point(113.3, 40.09), "wgs84")
PLACEMENT = Placement(
    Point(113.3, 40.09), LocateStatus.INSIDE, 1, "140213051001001", None, None, "140213051001", "140213051"
)
DISPATCHER = Actor("user:1", "dispatcher", frozenset({Role.DISPATCHER}))
HANDLER = Actor("user:2", "handler", frozenset({Role.HANDLER}))
#: Has both roles, so that only `another_hand` can refuse the step.
BOTH = Actor("user:3", "both", frozenset({Role.DISPATCHER, Role.GRID_WORKER}))
SUPERVISOR = Actor("user:4", "supervisor", frozenset({Role.SUPERVISOR}))
DEPARTMENT = RULES.categories["Z06"].department


@pytest.fixture
def reported():
    arrival = build_new_incident(REPORT, PLACEMENT, RULES, DISPATCHER, NOW)
    return Incident(1, arrival.report, arrival.placement, NOW, arrival.progress)


def go(incident, *steps, minutes=1):
    """Take steps, given as (action, actor), at an interval in minutes."""
    for number, (step_input, actor) in enumerate(steps, start=1):
        moment = NOW + timedelta(minutes=minutes * number)
        progress, _ = apply_step(
            incident,
            step_input if isinstance(step_input, StepRequest) else StepRequest(step_input),
            actor,
            RULES,
            moment,
        )
        incident = replace(incident, progress=progress)
    return incident


DISPATCHED = (("file", DISPATCHER), (StepRequest("dispatch", department=DEPARTMENT), DISPATCHER))
FED_BACK = (*DISPATCHED, ("accept", HANDLER), (StepRequest("feed_back", note="done", photos=(1,)), HANDLER))


def test_regular_steps_lead_from_report_to_close(reported):
    incident = go(reported, *FED_BACK, ("check", DISPATCHER), ("close", DISPATCHER))
    progress = incident.progress
    assert progress.status is IncidentStatus.CLOSED
    assert progress.version == 7
    assert progress.filed_at < progress.dispatched_at < progress.handled_at < progress.checked_at < progress.closed_at
    assert progress.handled_by == HANDLER.id
    assert progress.stage_due_at is progress.warn_at is None
    # Four working hours from Tuesday 10:02.
    assert progress.due_at == datetime(2026, 9, 15, 8, 2, tzinfo=UTC)


def test_check_by_the_handling_user_is_refused(reported):
    incident = go(reported, *DISPATCHED, ("accept", BOTH), (StepRequest("feed_back", note="done", photos=(1,)), BOTH))
    for action in ("check", "rework"):
        with pytest.raises(ConflictError) as caught:
            apply_step(incident, StepRequest(action, note="mine"), BOTH, RULES, NOW)
        assert caught.value.code == "same_hand"
        assert action not in caught.value.allowed
    assert go(incident, ("check", DISPATCHER)).progress.status is IncidentStatus.CHECKED


def test_conflict_lists_the_allowed_actions(reported):
    with pytest.raises(ConflictError) as caught:
        apply_step(reported, StepRequest("close"), DISPATCHER, RULES, NOW)
    assert caught.value.code == "transition_not_allowed"
    assert set(caught.value.allowed) == {"verify", "file", "escalate", "void", "merge", "place", "correct", "note"}
    with pytest.raises(ForbiddenError):
        apply_step(reported, StepRequest("close"), HANDLER, RULES, NOW)
    with pytest.raises(InputError):
        apply_step(reported, StepRequest("nonsense"), HANDLER, RULES, NOW)


@pytest.mark.parametrize(
    ("steps", "step_input", "actor", "code"),
    [
        ((), StepRequest("void"), DISPATCHER, "note_missing"),
        ((), StepRequest("void", note=" \n "), DISPATCHER, "note_missing"),
        ((("file", DISPATCHER),), StepRequest("dispatch"), DISPATCHER, "department_missing"),
        ((("file", DISPATCHER),), StepRequest("dispatch", department="nobody"), DISPATCHER, "department_unknown"),
        ((*DISPATCHED, ("accept", HANDLER)), StepRequest("feed_back", note="done"), HANDLER, "photo_missing"),
        ((), StepRequest("merge"), DISPATCHER, "incident_missing"),
        ((), StepRequest("place", note="there"), DISPATCHER, "grid_missing"),
        ((), StepRequest("void", note="x" * 2001), DISPATCHER, "text_too_long"),
        ((), StepRequest("void", note="\ud800"), DISPATCHER, "text_control"),
        # Otherwise the role of `note` could change the grid.
        ((), StepRequest("note", note="there", grid="140213051001001"), DISPATCHER, "grid_not_taken"),
        ((), StepRequest("note", note="twice", incident=2), DISPATCHER, "incident_not_taken"),
        ((), StepRequest("note", note="all well", outcome="settled"), DISPATCHER, "outcome_not_taken"),
        ((), StepRequest("note", note="all well", mediation="people"), DISPATCHER, "mediation_not_taken"),
        ((), StepRequest("correct", note="wrong category"), DISPATCHER, "correction_missing"),
        ((), StepRequest("correct", correction=Correction(category="Z01")), DISPATCHER, "note_missing"),
        ((), StepRequest("note", note="x", correction=Correction(category="Z01")), DISPATCHER, "correction_not_taken"),
    ],
)
def test_step_without_required_input_is_refused(reported, steps, step_input, actor, code):
    incident = go(reported, *steps)
    with pytest.raises(InputError) as caught:
        apply_step(incident, step_input, actor, RULES, NOW)
    assert caught.value.code == code


def test_called_department_cannot_take_handling_steps(reported):
    incident = go(reported, *DISPATCHED)
    called = replace(incident, progress=replace(incident.progress, called=("生态环境",)))
    there = replace(HANDLER, bounds=Bounds(departments=("生态环境",)))
    assert {"accept", "return"}.isdisjoint(step.action for step in allowed_transitions(called, there, RULES, NOW))
    for action in ("accept", "return"):
        with pytest.raises(ConflictError) as caught:
            apply_step(called, StepRequest(action, note="not ours"), there, RULES, NOW)
        assert caught.value.code == "other_department"
    own = replace(HANDLER, bounds=Bounds(departments=("生态环境", DEPARTMENT)))
    assert go(called, ("accept", own)).progress.status is IncidentStatus.HANDLING


def test_incident_outside_all_grids_is_not_filed_before_the_review(reported):
    lost = replace(reported, progress=replace(reported.progress, triage=Triage.OUTSIDE, triage_blocks=True))
    with pytest.raises(ConflictError) as caught:
        apply_step(lost, StepRequest("file"), DISPATCHER, RULES, NOW)
    assert caught.value.code == "triage_open"
    found = go(
        lost, (StepRequest("place", note="seen on the photo", grid="140213051001001"), DISPATCHER), ("file", DISPATCHER)
    )
    assert found.progress.status is IncidentStatus.FILED


def test_hint_within_a_street_blocks_nothing_and_is_settled_after_the_dispatch(reported):
    doubtful = replace(reported, progress=replace(reported.progress, triage=Triage.BORDER))
    incident = go(doubtful, *FED_BACK)
    before = incident.progress
    assert before.triage is Triage.BORDER
    after = go(incident, (StepRequest("place", grid="140213051001001"), DISPATCHER)).progress
    assert after == replace(before, version=before.version + 1, triage=None)


def test_suspension_and_extension_move_the_due_time(reported):
    incident = go(reported, *DISPATCHED)
    due = incident.progress.due_at
    incident = replace(
        incident,
        progress=apply_step(
            incident, StepRequest("suspend", note="frost"), SUPERVISOR, RULES, NOW + timedelta(hours=1)
        )[0],
    )
    assert incident.progress.stage_due_at is None
    # Suspended at 11:00; the noon break is not working time.
    progress, step = apply_step(incident, StepRequest("resume"), SUPERVISOR, RULES, NOW + timedelta(hours=5))
    assert progress.due_at == due + timedelta(hours=16)
    assert step.details["due_at"] == [due.isoformat(), progress.due_at.isoformat()]
    incident = replace(incident, progress=progress)
    for count in (1, 2):
        incident = replace(
            incident, progress=apply_step(incident, StepRequest("extend", note="far"), SUPERVISOR, RULES, NOW)[0]
        )
        assert incident.progress.extensions == count
    with pytest.raises(ConflictError) as caught:
        apply_step(incident, StepRequest("extend", note="again"), SUPERVISOR, RULES, NOW)
    assert caught.value.code == "most_reached"


def take(incident, action, actor, at, **inputs):
    """Return the incident after a step at a time."""
    progress, _ = apply_step(incident, StepRequest(action, note="why", **inputs), actor, RULES, at)
    return replace(incident, progress=progress)


def test_extension_is_granted_only_before_the_due_time(reported):
    incident = go(reported, *DISPATCHED)
    due = incident.progress.due_at
    assert "extend" in [step.action for step in allowed_transitions(incident, SUPERVISOR, RULES, due)]
    assert take(incident, "extend", SUPERVISOR, due).progress.due_at > due
    late = due + timedelta(seconds=1)
    assert "extend" not in [step.action for step in allowed_transitions(incident, SUPERVISOR, RULES, late)]
    with pytest.raises(ConflictError) as caught:
        take(incident, "extend", SUPERVISOR, late)
    assert caught.value.code == "extension_late"


def test_suspension_after_the_due_time_makes_nothing_punctual(reported):
    incident = go(reported, *DISPATCHED)
    due = incident.progress.due_at
    suspended = take(incident, "suspend", SUPERVISOR, due + timedelta(hours=1))
    resumed = take(suspended, "resume", SUPERVISOR, due + timedelta(days=30))
    assert resumed.progress.due_at == resumed.progress.stage_due_at == due


def test_reopened_incident_keeps_its_first_due_time_and_has_a_new_one_to_work_to(reported):
    incident = go(reported, *DISPATCHED)
    due, close_due = incident.progress.due_at, incident.progress.close_due_at
    late = due + timedelta(days=20)
    for action, actor, inputs in (
        ("accept", HANDLER, {}),
        ("feed_back", HANDLER, {"photos": (1,)}),
        ("check", DISPATCHER, {}),
        ("close", DISPATCHER, {}),
    ):
        incident = take(incident, action, actor, late, **inputs)
    reopened = take(incident, "reopen", DISPATCHER, late)
    progress = reopened.progress
    assert (progress.reopened, progress.handled_at) == (1, None)
    assert (progress.due_at, progress.close_due_at) == (due, close_due)
    assert progress.reopened_due_at > late
    again = take(reopened, "dispatch", DISPATCHER, late + timedelta(days=1), department=DEPARTMENT)
    assert again.progress.stage_due_at == again.progress.current_due_at == progress.reopened_due_at
    extended = take(again, "extend", SUPERVISOR, late).progress
    assert extended.reopened_due_at > progress.reopened_due_at
    assert (extended.due_at, extended.close_due_at) == (due, close_due)


def test_reopening_an_incident_that_had_no_limit_begins_none(reported):
    voided = take(go(reported, *DISPATCHED[:1]), "void", DISPATCHER, NOW)
    reopened = take(voided, "reopen", DISPATCHER, NOW)
    assert reopened.progress.due_at is reopened.progress.reopened_due_at is None
    filed = take(reopened, "dispatch", DISPATCHER, NOW, department=DEPARTMENT)
    assert filed.progress.due_at
    assert filed.progress.reopened_due_at is None


def test_escalation_keeps_the_due_time(reported):
    """Z01 has continuous hours at level grid, and working days at level street."""
    report = replace(reported.report, category="Z01")
    incident = go(replace(reported, report=report), *DISPATCHED)
    due = incident.progress.due_at
    for _ in range(2):
        incident = go(incident, (StepRequest("escalate", note="too much for us"), DISPATCHER))
    assert incident.progress.level == "street"
    stopped = apply_step(incident, StepRequest("suspend", note="frost"), SUPERVISOR, RULES, NOW + timedelta(hours=1))[0]
    suspended = replace(incident, progress=stopped)
    resumed = apply_step(suspended, StepRequest("resume"), SUPERVISOR, RULES, NOW + timedelta(hours=4))[0]
    assert resumed.due_at == due + timedelta(hours=3)


def test_second_dispatch_keeps_the_due_time(reported):
    first = go(reported, *DISPATCHED)
    again = go(
        first,
        (StepRequest("return", note="not ours"), HANDLER),
        (StepRequest("dispatch", department=DEPARTMENT), DISPATCHER),
    )
    assert again.progress.due_at == first.progress.due_at


def test_rework_clears_the_handling(reported):
    incident = go(reported, *FED_BACK, (StepRequest("rework", note="still there"), DISPATCHER))
    progress = incident.progress
    assert progress.status is IncidentStatus.HANDLING
    assert progress.handled_at is None
    assert progress.reworks == 1
    assert progress.stage_due_at == progress.due_at


def test_raise_moves_one_level_up(reported):
    incident = reported
    for level in ("leader", "street", "district"):
        incident = go(incident, (StepRequest("escalate", note="too much for us"), DISPATCHER))
        assert incident.progress.level == level
    assert "escalate" not in [step.action for step in allowed_transitions(incident, DISPATCHER, RULES, NOW)]


def test_named_level_must_be_higher(reported):
    raised = go(reported, (StepRequest("escalate", note="for the street", level="street"), DISPATCHER))
    assert raised.progress.level == "street"
    for level in ("grid", "street"):
        with pytest.raises(InputError) as caught:
            apply_step(raised, StepRequest("escalate", note="again", level=level), DISPATCHER, RULES, NOW)
        assert (caught.value.code, caught.value.field) == ("level_not_higher", "level")


def test_user_with_two_roles_settles_a_dispute_in_the_role_of_the_level(reported):
    street = replace(reported, report=replace(REPORT, category="J01"))
    street = go(street, *DISPATCHED, (StepRequest("escalate", note="hard", level="street"), DISPATCHER))
    street = go(street, ("accept", HANDLER))
    two = Actor("user:5", "two", frozenset({Role.GRID_WORKER, Role.SUPERVISOR}))
    wish = StepRequest("mediate", note="agreed", outcome="settled", mediation="people")
    assert apply_step(street, wish, two, RULES, NOW)[1].role is Role.SUPERVISOR
    # A supervisor cannot feed back, and a grid worker is no user of the street.
    with pytest.raises(ConflictError) as caught:
        apply_step(street, StepRequest("feed_back", note="done", photos=(1,)), two, RULES, NOW)
    assert caught.value.code == "other_level"


ACTORS = [Actor(f"user:{role}", role, frozenset({role})) for role in Role] + [BOTH]
#: Leaders and supervisors of a street, of a grid and of a department, and the judicial office.
BOUNDED = [
    Actor(f"user:{role}:{number}", role, frozenset({role}), bounds)
    for number, bounds in enumerate(
        [
            Bounds(areas=("140213051",)),
            Bounds(areas=("140213051001001",)),
            Bounds(departments=("物业管理",)),
            Bounds(departments=("司法行政",)),
        ]
    )
    for role in (Role.LEADER, Role.SUPERVISOR, Role.HANDLER)
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_only_allowed_transitions_can_be_taken(data):
    report = replace(REPORT, category=data.draw(st.sampled_from(["Z06", "J01"])))
    arrival = build_new_incident(report, PLACEMENT, RULES, DISPATCHER, NOW)
    incident = Incident(1, report, PLACEMENT, NOW, arrival.progress)
    for number in range(1, data.draw(st.integers(1, 15))):
        actor, now = data.draw(st.sampled_from(ACTORS + BOUNDED)), NOW + timedelta(hours=number)
        offered = {step.action for step in allowed_transitions(incident, actor, RULES, now)}
        action = data.draw(st.sampled_from(sorted(RULES.workflow.transitions)))
        outcome, unanswered = (
            data.draw(st.sampled_from(["settled", "unsettled"])),
            data.draw(st.sets(st.just("生态环境"))),
        )
        taken = {
            "incident": 2,
            "grid": "140213051001001",
            "outcome": outcome,
            "mediation": "people",
            "correction": Correction(category=report.category),
            "parts": 2,
        }
        needs = RULES.workflow.transitions[action].needs
        step_input = StepRequest(
            action, "why", DEPARTMENT, photos=(1,), **{need: taken[need] for need in needs if need in taken}
        )
        if action not in offered:
            with pytest.raises((ConflictError, ForbiddenError)):
                apply_step(incident, step_input, actor, RULES, now, unanswered=unanswered)
            continue
        progress, step = apply_step(incident, step_input, actor, RULES, now, unanswered=unanswered)
        assert step.number == progress.version == incident.progress.version + 1
        assert (step.from_status, step.to_status) == (incident.progress.status, progress.status)
        assert (progress.suspended_at is not None) == (progress.status is IncidentStatus.SUSPENDED)
        assert (progress.stage_due_at is None) == (RULES.workflow.states[progress.status].due is None)
        assert progress.extensions <= 2
        assert incident.progress.due_at is None or progress.due_at is not None, "the first due time is kept"
        assert step.details.get("unanswered", []) == (sorted(unanswered) if action == "close" else [])
        if action == "mediate" and incident.progress.level in ("street", "district"):
            assert Role.GRID_WORKER not in actor.roles
            assert "140213051001001" not in actor.bounds.areas
            assert actor.bounds.departments in ((), ("司法行政",))
        if action in ("check", "close", "rework"):
            assert incident.progress.handled_by != actor.id
        incident = replace(incident, progress=progress)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content["states"].pop(), "the state merged is missing"),
        (lambda content: content["transitions"].pop(0), "the state verified cannot be reached"),
        (lambda content: content["transitions"][0].update({"from": ["nowhere"]}), "transitions.0.from.0"),
        (lambda content: content["transitions"].append(content["transitions"][0]), "occurs twice"),
        (lambda content: content["transitions"][0].update(roles=[]), "transitions.0.roles"),
    ],
)
def test_invalid_workflow_file_is_refused_with_the_field(tmp_path, change, message):
    content = json.loads(data_path("reference", "workflow.json").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "workflow.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FileError, match=message):
        load_workflow(path)
