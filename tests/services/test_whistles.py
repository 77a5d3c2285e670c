"""A street calls departments, they report in, the street rates them; and disputes, which are mediated first."""

from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest, allowed_transitions
from geogrid.model import Actor, Bounds, IncidentSource, IncidentStatus, Level, Point, Report, Role
from geogrid.permissions import incident_within_bounds
from geogrid.services.incident_steps import read_timeline, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layers import load_locator
from geogrid.services.location_review import list_triage
from geogrid.services.whistles import blow, list_whistles, rate, report_in

RULES = load_rules()
#: A Tuesday, 10:00 in the district; two working hours later it is 12:00.
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
def house(store):
    return store, load_locator(store), RULES


def reported(house, category="Z06", **changes):
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
    return report_incident(*house, report, STREET)


@pytest.fixture
def filed(house):
    number = reported(house).id
    take_step(*house, STREET, number, StepRequest("file"), now=NOW)
    return number


@pytest.mark.both_databases
def test_a_whistle_goes_its_whole_way_and_stands_on_the_timeline(house, filed):
    store = house[0]
    for stranger in (CITY, AIR):
        with pytest.raises(ForbiddenError):
            read_incident(store, stranger, filed)
    first, second = blow(*house, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=NOW)
    assert (first.department, first.round, first.due_at) == ("生态环境", 1, NOW + timedelta(hours=2))
    assert read_incident(store, CITY, filed).progress.called == ("城市管理", "生态环境")
    assert not incident_within_bounds(JUSTICE.bounds, read_incident(store, STREET, filed))

    with pytest.raises(ForbiddenError):
        report_in(*house, CITY, first.id, answer="我们来", joined=True)
    with pytest.raises(ForbiddenError):
        report_in(*house, STREET, first.id, answer="我们来", joined=True)
    with pytest.raises(ConflictError) as caught:
        rate(*house, STREET, first.id, rating=5, note="")
    assert caught.value.code == "not_reported_in"
    late = NOW + timedelta(hours=2, seconds=1)
    answered = report_in(*house, AIR, first.id, answer="已到场", joined=True, now=late)
    assert (answered.reported_in_at, answered.joined) == (late, True)
    with pytest.raises(ConflictError):
        report_in(*house, AIR, first.id, answer="又来", joined=True)
    with pytest.raises(InputError):
        rate(*house, STREET, first.id, rating=6, note="")
    with pytest.raises(ForbiddenError):
        rate(*house, AIR, first.id, rating=5, note="自己")
    assert rate(*house, STREET, first.id, rating=4, note="迟到").rating == 4
    with pytest.raises(ConflictError):
        rate(*house, STREET, first.id, rating=5, note="")

    steps = read_timeline(store, STREET, filed).steps[-3:]
    assert [step.action for step in steps] == ["whistle", "report_in", "rate"]
    assert steps[0].details == {"round": 1, "to": ["生态环境", "城市管理"], "called": ["城市管理", "生态环境"]}
    assert (steps[1].details["late"], steps[2].details["rating"]) == (True, 4)
    # The department that is to handle it has not changed.
    assert read_incident(store, STREET, filed).progress.department == "交通运输"
    assert [whistle.id for whistle in list_whistles(store, STREET, incident=filed).items] == [second.id, first.id]


@pytest.mark.both_databases
def test_lists_hold_what_is_mine_and_what_is_overdue(house, filed):
    store = house[0]
    past = datetime.now(UTC) - timedelta(days=30)
    air, city = blow(*house, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=past)
    report_in(*house, AIR, air.id, answer="已到场", joined=False)

    def ids(actor, **asked):
        return {whistle.id for whistle in list_whistles(store, actor, **asked).items}

    assert ids(STREET) == {air.id, city.id}
    assert ids(STREET, overdue=True) == {city.id}
    assert ids(STREET, mine=True) == set()
    assert ids(AIR) == ids(AIR, mine=True) == {air.id}
    assert ids(AIR, overdue=True) == set()
    # Who is to handle the incident sees whom else the street has called.
    assert ids(TRAFFIC) == {air.id, city.id}
    assert ids(ELSEWHERE) == ids(JUSTICE) == set()
    page = list_whistles(store, STREET, limit=1)
    assert {page.items[0].id, *ids(STREET, after=page.next)} == {air.id, city.id}


def test_only_the_street_s_own_leaders_blow_and_departments_have_to_be_known(house, filed):
    with pytest.raises(ForbiddenError):
        blow(*house, ELSEWHERE, filed, ["城市管理"], note="x")
    with pytest.raises(ForbiddenError):
        blow(*house, WORKER, filed, ["城市管理"], note="x")
    for departments in ([], ["城市管理", "城市管理"], ["无此部门"]):
        with pytest.raises(InputError):
            blow(*house, STREET, filed, departments, note="x")
    with pytest.raises(InputError):
        blow(*house, STREET, filed, ["城市管理"], note=" ")
    with pytest.raises(InputError) as caught:
        take_step(*house, STREET, filed, StepRequest("whistle", note="x"))
    assert caught.value.code == "action_elsewhere"
    assert list_whistles(house[0], STREET, incident=filed).items == []


@pytest.mark.both_databases
def test_a_called_department_finds_the_incident_in_lists_too(house):
    number = reported(house, point=Point(113.2988, 40.09), accuracy_m=20.0).id
    take_step(*house, STREET, number, StepRequest("place", note="核对", grid="140213051003008"), now=NOW)
    take_step(*house, STREET, number, StepRequest("file"), now=NOW)
    blow(*house, STREET, number, ["生态环境"], note="联合整治", now=NOW)
    with house[0].write() as connection:
        connection.exec_driver_sql(f"UPDATE incidents SET triage = 'border' WHERE id = {number}")
    assert [incident.id for incident in list_triage(house[0], AIR).items] == [number]
    assert number not in [incident.id for incident in list_triage(house[0], JUSTICE).items]


def test_a_step_that_names_a_department_by_the_way_does_not_hand_the_incident_over(house, filed):
    take_step(
        *house, WORKER, filed, StepRequest("note", note="看过", department="城市管理", level=Level.DISTRICT), now=NOW
    )
    progress = read_incident(house[0], STREET, filed).progress
    assert (progress.department, progress.level) == ("交通运输", Level.GRID)


def test_a_dispute_is_mediated_in_the_community_first_and_then_with_the_judicial_office(house):
    incident = reported(house, "J01")
    assert (incident.progress.status, incident.progress.level) == (IncidentStatus.DISPATCHED, Level.GRID)
    assert "mediate" in [step.action for step in allowed_transitions(incident, WORKER, RULES)]
    number = incident.id
    with pytest.raises(InputError) as caught:
        take_step(*house, WORKER, number, StepRequest("mediate", note="谈过", outcome="perhaps"))
    assert caught.value.code == "outcome_missing"
    take_step(*house, STREET, number, StepRequest("reroute", note="物业在场", department="物业管理"), now=NOW)
    take_step(*house, STREET, number, StepRequest("dispatch", department="物业管理"), now=NOW)
    raised = take_step(
        *house, WORKER, number, StepRequest("mediate", note="未达成", outcome="unsettled"), now=NOW
    ).progress
    assert (raised.level, raised.called, raised.status) == (Level.STREET, ("司法行政",), IncidentStatus.DISPATCHED)
    step = read_timeline(house[0], JUSTICE, number).steps[-1]
    assert (step.details["outcome"], step.details["level"]) == ("unsettled", ["grid", "street"])
    settled = take_step(
        *house, JUSTICE, number, StepRequest("mediate", note="达成协议", outcome="settled"), now=NOW
    ).progress
    assert (settled.status, settled.handled_by) == (IncidentStatus.FED_BACK, JUSTICE.id)
    assert settled.handled_at == NOW


def test_nothing_but_a_dispute_is_mediated(house, filed):
    take_step(*house, STREET, filed, StepRequest("dispatch", department="交通运输"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        take_step(*house, WORKER, filed, StepRequest("mediate", note="谈过", outcome="settled"), now=NOW)
    assert caught.value.code == "category_kind"
    assert "mediate" not in caught.value.allowed
