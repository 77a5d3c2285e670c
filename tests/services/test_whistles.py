"""Tests of whistles and of the mediation of disputes."""

from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest, allowed_transitions
from geogrid.model import Actor, Bounds, IncidentSource, IncidentStatus, Level, Point, Report, Role
from geogrid.permissions import incident_within_bounds
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layers import load_locator
from geogrid.services.location_review import list_triage
from geogrid.services.whistles import blow_whistle, list_whistles, rate_department, report_in

RULES = load_rules()
#: A Tuesday, 10:00 local time; two working hours later it is 12:00.
NOW = datetime(2026, 9, 15, 2, tzinfo=UTC)
STREET = Actor("user:1", "street", frozenset({Role.SUPERVISOR, Role.DISPATCHER}), Bounds(areas=("140213051",)))
ELSEWHERE = Actor("user:2", "another street", frozenset({Role.SUPERVISOR}), Bounds(areas=("140213050",)))
WORKER = Actor("user:6", "worker", frozenset({Role.GRID_WORKER}), Bounds(areas=("140213051003",)))


def handler(number, *departments):
    return Actor(f"user:{number}", "handler", frozenset({Role.HANDLER}), Bounds(departments=departments))


CITY, AIR, TRAFFIC, JUSTICE = (
    handler(number, name) for number, name in enumerate(("城市管理", "生态环境", "交通运输", "司法行政"), start=10)
)


@pytest.fixture
def context(store):
    return store, load_locator(store), RULES


def reported(context, category="Z06", **changes):
    report = Report(
        **{
            "reported_at": NOW,
            "category": category,
            "source": IncidentSource.RESIDENT,
            "point": Point(113.2988, 40.09),
            "datum": "wgs84",
            **changes,
        }
    )
    return report_incident(*context, report, STREET)


@pytest.fixture
def filed(context):
    number = reported(context).id
    take_step(*context, STREET, number, StepRequest("file"), now=NOW)
    return number


@pytest.mark.both_databases
def test_whistle_is_reported_in_rated_and_recorded(context, filed):
    store = context[0]
    for actor in (CITY, AIR):
        with pytest.raises(ForbiddenError):
            read_incident(store, actor, filed)
    first, second = blow_whistle(*context, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=NOW)
    assert (first.department, first.round, first.due_at) == ("生态环境", 1, NOW + timedelta(hours=2))
    assert read_incident(store, CITY, filed).progress.called == ("城市管理", "生态环境")
    assert not incident_within_bounds(JUSTICE.bounds, read_incident(store, STREET, filed))

    with pytest.raises(ForbiddenError):
        report_in(*context, CITY, first.id, answer="我们来", joined=True)
    with pytest.raises(ForbiddenError):
        report_in(*context, STREET, first.id, answer="我们来", joined=True)
    with pytest.raises(ConflictError) as caught:
        rate_department(*context, STREET, first.id, rating=5, note="")
    assert caught.value.code == "not_reported_in"
    late = NOW + timedelta(hours=2, seconds=1)
    answered = report_in(*context, AIR, first.id, answer="已到场", joined=True, now=late)
    assert (answered.reported_in_at, answered.joined) == (late, True)
    with pytest.raises(ConflictError):
        report_in(*context, AIR, first.id, answer="又来", joined=True)
    with pytest.raises(InputError):
        rate_department(*context, STREET, first.id, rating=6, note="")
    with pytest.raises(ForbiddenError):
        rate_department(*context, AIR, first.id, rating=5, note="自己")
    assert rate_department(*context, STREET, first.id, rating=4, note="迟到").rating == 4
    with pytest.raises(ConflictError):
        rate_department(*context, STREET, first.id, rating=5, note="")

    steps = read_history(store, STREET, filed).steps[-3:]
    assert [step.action for step in steps] == ["whistle", "report_in", "rate"]
    assert steps[0].details == {"round": 1, "to": ["生态环境", "城市管理"], "called": ["城市管理", "生态环境"]}
    assert (steps[1].details["late"], steps[2].details["rating"]) == (True, 4)
    # The responsible department has not changed.
    assert read_incident(store, STREET, filed).progress.department == "交通运输"
    assert [whistle.id for whistle in list_whistles(store, STREET, incident=filed).items] == [second.id, first.id]


@pytest.mark.both_databases
def test_lists_filter_own_and_overdue_whistles(context, filed):
    store = context[0]
    past = datetime.now(UTC) - timedelta(days=30)
    air, city = blow_whistle(*context, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=past)
    report_in(*context, AIR, air.id, answer="已到场", joined=False)

    def ids(actor, **options):
        return {whistle.id for whistle in list_whistles(store, actor, **options).items}

    assert ids(STREET) == {air.id, city.id}
    assert ids(STREET, overdue=True) == {city.id}
    assert ids(STREET, mine=True) == set()
    assert ids(AIR) == ids(AIR, mine=True) == {air.id}
    assert ids(AIR, overdue=True) == set()
    # The responsible department sees the other called departments.
    assert ids(TRAFFIC) == {air.id, city.id}
    assert ids(ELSEWHERE) == ids(JUSTICE) == set()
    page = list_whistles(store, STREET, limit=1)
    assert {page.items[0].id, *ids(STREET, after=page.next)} == {air.id, city.id}


def test_whistle_needs_the_right_role_and_known_departments(context, filed):
    with pytest.raises(ForbiddenError):
        blow_whistle(*context, ELSEWHERE, filed, ["城市管理"], note="x")
    with pytest.raises(ForbiddenError):
        blow_whistle(*context, WORKER, filed, ["城市管理"], note="x")
    for departments in ([], ["城市管理", "城市管理"], ["无此部门"]):
        with pytest.raises(InputError):
            blow_whistle(*context, STREET, filed, departments, note="x")
    with pytest.raises(InputError):
        blow_whistle(*context, STREET, filed, ["城市管理"], note=" ")
    with pytest.raises(InputError) as caught:
        take_step(*context, STREET, filed, StepRequest("whistle", note="x"))
    assert caught.value.code == "action_elsewhere"
    assert list_whistles(context[0], STREET, incident=filed).items == []


@pytest.mark.both_databases
def test_called_department_sees_the_incident_in_lists(context):
    number = reported(context, point=Point(113.2988, 40.09), accuracy_m=20.0).id
    take_step(*context, STREET, number, StepRequest("place", note="核对", grid="140213051003008"), now=NOW)
    take_step(*context, STREET, number, StepRequest("file"), now=NOW)
    blow_whistle(*context, STREET, number, ["生态环境"], note="联合整治", now=NOW)
    with context[0].write() as connection:
        connection.exec_driver_sql(f"UPDATE incidents SET triage = 'border' WHERE id = {number}")
    assert [incident.id for incident in list_triage(context[0], AIR).page.items] == [number]
    assert number not in [incident.id for incident in list_triage(context[0], JUSTICE).page.items]


def test_note_with_a_department_does_not_change_the_department(context, filed):
    take_step(
        *context, WORKER, filed, StepRequest("note", note="看过", department="城市管理", level=Level.DISTRICT), now=NOW
    )
    progress = read_incident(context[0], STREET, filed).progress
    assert (progress.department, progress.level) == ("交通运输", Level.GRID)


def test_unsettled_mediation_escalates_to_the_judicial_office(context):
    incident = reported(context, "J01")
    assert (incident.progress.status, incident.progress.level) == (IncidentStatus.DISPATCHED, Level.GRID)
    assert "mediate" in [step.action for step in allowed_transitions(incident, WORKER, RULES, NOW)]
    number = incident.id
    with pytest.raises(InputError) as caught:
        take_step(*context, WORKER, number, StepRequest("mediate", note="谈过", outcome="perhaps"))
    assert caught.value.code == "outcome_missing"
    take_step(*context, STREET, number, StepRequest("reroute", note="物业在场", department="物业管理"), now=NOW)
    take_step(*context, STREET, number, StepRequest("dispatch", department="物业管理"), now=NOW)
    raised = take_step(
        *context, WORKER, number, StepRequest("mediate", note="未达成", outcome="unsettled"), now=NOW
    ).progress
    assert (raised.level, raised.called, raised.status) == (Level.STREET, ("司法行政",), IncidentStatus.DISPATCHED)
    step = read_history(context[0], JUSTICE, number).steps[-1]
    assert (step.details["outcome"], step.details["level"]) == ("unsettled", ["grid", "street"])
    settled = take_step(
        *context, JUSTICE, number, StepRequest("mediate", note="达成协议", outcome="settled"), now=NOW
    ).progress
    assert (settled.status, settled.handled_by) == (IncidentStatus.FED_BACK, JUSTICE.id)
    assert settled.handled_at == NOW


def test_only_disputes_are_mediated(context, filed):
    take_step(*context, STREET, filed, StepRequest("dispatch", department="交通运输"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        take_step(*context, WORKER, filed, StepRequest("mediate", note="谈过", outcome="settled"), now=NOW)
    assert caught.value.code == "category_kind"
    assert "mediate" not in caught.value.allowed
