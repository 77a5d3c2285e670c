"""Corrections of reports: routing, due times and location review that follow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, InputError
from geogrid.incidents.correction import CorrectedIncident, correct_incident, correct_report
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.intake import build_new_incident
from geogrid.incidents.location_assessment import LocationReview
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest, apply_step
from geogrid.locate.explanation import BorderRule
from geogrid.model import (
    Actor,
    Incident,
    IncidentStatus,
    Layer,
    LocateStatus,
    OnSpot,
    Placement,
    Point,
    Report,
    Role,
    Triage,
)

RULES = load_rules()
#: A Tuesday, 10:00 in Beijing.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
PLACEMENT = Placement(
    Point(113.3, 40.09), LocateStatus.INSIDE, 1, "140213051001001", Layer.URBAN, None, "140213051001", "140213051"
)
DESK = Actor("user:1", "desk", frozenset({Role.DISPATCHER, Role.SUPERVISOR}))
HANDLER = Actor("user:2", "handler", frozenset({Role.HANDLER}))
HOUR = timedelta(hours=1)


class Case:
    """An incident with its steps."""

    def __init__(self, category="Z06"):
        report = Report(NOW, category, "resident", Point(113.3, 40.09), "wgs84", description="原样")
        arrival = build_new_incident(report, PLACEMENT, RULES, DESK, NOW)
        self.incident = Incident(1, arrival.report, arrival.placement, NOW, arrival.progress)
        self.steps = list(arrival.steps)

    @property
    def progress(self):
        return self.incident.progress

    def take(self, action, at=NOW, **inputs):
        actor = HANDLER if action in ("accept", "feed_back", "return") else DESK
        progress, step = apply_step(self.incident, StepRequest(action, note="why", **inputs), actor, RULES, at)
        self.incident = replace(self.incident, progress=progress)
        self.steps.append(step)
        return self

    def dispatch(self, at=NOW):
        return self.take("file", at).take("dispatch", at, department=self.progress.department)

    def correct(self, at=NOW, *, placement=None, review=None, **values):
        correction = Correction(**values)
        request = StepRequest("correct", note="why", correction=correction)
        progress, step = apply_step(self.incident, request, DESK, RULES, at)
        report = correct_report(self.incident.report, correction, RULES)
        started = CorrectedIncident(report, placement or self.incident.placement, progress, step)
        found = correct_incident(self.incident, correction, started, review, self.steps, RULES)
        self.incident = replace(self.incident, report=found.report, placement=found.placement, progress=found.progress)
        self.steps.append(found.step)
        return found.step


def test_new_category_is_routed_and_limited_from_the_first_dispatch():
    case = Case().dispatch().take("accept", NOW + HOUR)
    due = case.progress.due_at
    step = case.correct(NOW + 2 * HOUR, category="Z10")
    progress = case.progress
    assert progress.department == "园林绿化"
    # Two working days from Tuesday 10:00.
    assert progress.due_at == progress.stage_due_at == NOW + timedelta(days=2)
    limits = RULES.due_times.limits.find("Z10", RULES.categories)
    assert progress.close_due_at == RULES.due_times.close_due(limits, progress.due_at)
    assert progress.escalate_at is not None
    assert step.details == {
        "category": ["Z06", "Z10"],
        "department": ["交通运输", "园林绿化"],
        "due_at": [due.isoformat(), progress.due_at.isoformat()],
        "close_due_at": step.details["close_due_at"],
    }
    # The new department has to accept the incident.
    assert (step.from_status, step.to_status, progress.status) == ("handling", "dispatched", "dispatched")
    assert progress.version == step.number == 5


@pytest.mark.parametrize("category", ["Z02", "Z03", "Z05", "Z10"])
def test_corrected_due_times_are_those_of_a_report_with_the_right_category(category):
    def run(case):
        case.dispatch().take("suspend", NOW + HOUR / 2).take("resume", NOW + 5 * HOUR).take("extend", NOW + 5 * HOUR)
        case.take("return", NOW + 5 * HOUR)
        return case.take("dispatch", NOW + 6 * HOUR, department=case.progress.department)

    right, wrong = run(Case(category)), run(Case("Z09"))
    wrong.correct(NOW + 6 * HOUR, category=category)
    names = ("due_at", "close_due_at", "stage_due_at", "warn_at", "escalate_at", "department", "level", "status")
    assert [getattr(wrong.progress, name) for name in names] == [getattr(right.progress, name) for name in names]


def test_correction_during_a_suspension_resumes_with_the_new_limit():
    right, wrong = (Case(category).dispatch().take("suspend", NOW + HOUR) for category in ("Z10", "Z06"))
    # The clock stands still, so the due time of Z06 has not passed a week later.
    wrong.correct(NOW + timedelta(days=7), category="Z10")
    for case in (right, wrong):
        case.take("resume", NOW + timedelta(days=8))
    assert wrong.progress.due_at == right.progress.due_at


@pytest.mark.parametrize("handled", [False, True])
def test_late_incident_stays_late(handled):
    case = Case().dispatch().take("accept")
    due, close_due = case.progress.due_at, case.progress.close_due_at
    late = due + timedelta(days=1)
    if handled:
        case.take("feed_back", late, photos=(1,))
    assert late > close_due
    # Z07 has three working days and more.
    step = case.correct(late, category="Z07")
    assert (case.progress.due_at, case.progress.close_due_at) == (due, close_due)
    assert {"due_at", "close_due_at"}.isdisjoint(step.details)
    assert case.progress.stage_due_at == (close_due if handled else due)
    # Later steps do not lengthen the limits either.
    if handled:
        case.take("check", late)
        assert (case.progress.close_due_at, case.progress.stage_due_at) == (close_due, close_due)
    # A shorter limit applies: Z02 has two hours.
    case.correct(late, category="Z02")
    assert case.progress.due_at == NOW + 2 * HOUR


def test_longer_limit_is_taken_back_by_a_second_correction():
    case = Case().dispatch()
    due = case.progress.due_at
    case.correct(NOW, category="Z10")
    case.correct(NOW + timedelta(days=1), category="Z06")
    assert case.progress.due_at == due < NOW + timedelta(days=1)


def test_reopened_incident_keeps_its_first_due_time():
    case = Case().dispatch()
    first_due = case.progress.due_at
    case.take("accept").take("feed_back", photos=(1,)).take("check").take("close").take("reopen")
    case.correct(NOW + HOUR / 2, category="Z02")
    assert (case.progress.due_at, case.progress.reopened_due_at) == (first_due, NOW + 2 * HOUR)


def test_incident_without_dispatch_gets_no_due_time():
    case = Case()
    stage_due = case.progress.stage_due_at
    case.correct(category="Z10")
    assert case.progress.due_at is None
    assert case.progress.stage_due_at == stage_due
    assert case.dispatch().progress.due_at == NOW + timedelta(days=2)


def test_level_follows_the_rules_but_is_not_lowered_after_an_escalation():
    case = Case().dispatch()
    case.correct(category="Z07")
    assert case.progress.level is case.progress.clock_level == "street"
    case.correct(category="Z06")
    assert case.progress.level is case.progress.clock_level == "grid"
    raised = Case("Z07").dispatch().take("escalate")
    raised.correct(category="Z06")
    assert (raised.progress.level, raised.progress.clock_level) == ("district", "grid")
    plain = Case("Z07").dispatch()
    plain.correct(category="Z06")
    assert (plain.progress.level, plain.progress.clock_level) == ("grid", "grid")


def test_correction_of_the_description_keeps_department_and_due_times():
    case = Case().take("file").take("dispatch", department="城市管理")
    before = case.progress
    step = case.correct(NOW + timedelta(days=3), description="改正")
    assert case.progress == replace(before, version=before.version + 1)
    assert step.details == {"description": ["原样", "改正"]}
    assert case.incident.report.description == "改正"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"category": "none"}, "category_unknown"),
        ({"category": "Z06"}, "correction_empty"),
        ({}, "correction_empty"),
        ({"description": "x" * 2_001}, "text_too_long"),
        ({"description": "\x00"}, "text_control"),
        ({"point": Point(200.0, 40.0)}, "out_of_range"),
        ({"point": Point(113.3, 40.0), "grid": "140213051001001"}, "correction_place"),
    ],
)
def test_invalid_correction_is_refused(values, code):
    with pytest.raises(InputError) as caught:
        Case().correct(**values)
    assert code in caught.value.code


@pytest.mark.parametrize("triage", [*Triage, None])
def test_new_point_is_reviewed_while_its_grid_can_be_set(triage):
    review = LocationReview(triage, BorderRule.INSIDE, ())
    case = Case()
    case.correct(point=Point(113.31, 40.09), review=review)
    assert case.progress.triage is triage
    case = Case().dispatch()
    if triage is Triage.OUTSIDE:
        with pytest.raises(InputError) as caught:
            case.correct(point=Point(113.31, 40.09), review=review)
        assert caught.value.code == "location_unclear"
        return
    case.correct(point=Point(113.31, 40.09), review=review)
    assert case.progress.triage is None
    assert case.progress.status is IncidentStatus.DISPATCHED


def test_incident_handled_on_the_spot_becomes_no_dispute():
    case = Case()
    case.incident = replace(case.incident, progress=replace(case.progress, on_spot=OnSpot.DRAWN))
    with pytest.raises(ConflictError) as error:
        case.correct(category="J01")
    assert error.value.code == "on_spot_category"
    case.correct(category="Z10")
    assert case.incident.report.category == "Z10"
