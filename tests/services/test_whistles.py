"""Tests of whistles and of the mediation of disputes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from geogrid.errors import ConflictError, ForbiddenError, InputError
from geogrid.incidents.query import IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest, allowed_transitions
from geogrid.model import SYSTEM, Actor, Bounds, CardKind, IncidentStatus, Point, Report, Role
from geogrid.model.figures import WhistleCounts
from geogrid.permissions import incident_within_bounds
from geogrid.services.cards import answer_card, issue_due_cards, issue_whistle_cards, list_cards
from geogrid.services.escalation import run_due_work
from geogrid.services.incident_steps import list_transitions, read_history, take_step
from geogrid.services.incidents import read_incident, report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.location_review import list_triage
from geogrid.services.loop_figures import build_mediation_table, build_whistle_table
from geogrid.services.whistles import blow_whistle, list_whistles, rate_department, report_in
from geogrid.store.whistles import update_whistle

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
            "source": "resident",
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
        rate_department(*context, STREET, first.id, rating=5, note="", now=NOW)
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


def lead_to_checked(context, number, now=NOW):
    """Take the steps from filed to checked."""
    crew = Actor("user:7", "crew", frozenset({Role.GRID_WORKER}))
    with context[0].write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO photos (incident, sha256, media_type, width, height, content, actor_id, created_at) "
            f"VALUES ({number}, '0', 'image/png', 1, 1, '', 'user:7', '2026-09-15 02:00:00')"
        )
        photo = connection.exec_driver_sql("SELECT max(id) FROM photos").scalar_one()
    for actor, step in (
        (STREET, StepRequest("dispatch", department="交通运输")),
        (crew, StepRequest("accept")),
        (crew, StepRequest("feed_back", note="done", photos=(photo,))),
        (STREET, StepRequest("check")),
    ):
        take_step(*context, actor, number, step, now=now)


@pytest.mark.both_databases
def test_incident_with_unanswered_whistle_is_closed_only_with_a_reason(context, filed):
    store = context[0]
    air, _ = blow_whistle(*context, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=NOW)
    blow_whistle(*context, STREET, filed, ["生态环境"], note="再吹", now=NOW)
    lead_to_checked(context, filed)

    def close_needs():
        return next(
            list(step.needs) for step in list_transitions(store, RULES, STREET, filed)[1] if step.action == "close"
        )

    assert close_needs() == ["note"]
    with pytest.raises(ConflictError, match="have not reported in: 2") as caught:
        take_step(*context, STREET, filed, StepRequest("close", note=" "), now=NOW)
    assert (caught.value.code, caught.value.field, caught.value.allowed) == ("whistles_unanswered", "note", ("close",))
    assert "note" in caught.value.remedy
    # The other whistle to this department is still unanswered.
    report_in(*context, AIR, air.id, answer="已到场", joined=True, now=NOW)
    take_step(*context, STREET, filed, StepRequest("close", note="街道自行办结"), now=NOW)
    assert read_history(store, STREET, filed).steps[-1].details == {"unanswered": ["城市管理", "生态环境"]}


@pytest.mark.both_databases
def test_incident_with_answered_whistles_is_closed_without_a_reason(context, filed):
    [air] = blow_whistle(*context, STREET, filed, ["生态环境"], note="联合整治", now=NOW)
    report_in(*context, AIR, air.id, answer="已到场", joined=True, now=NOW)
    lead_to_checked(context, filed)
    closing = next(step for step in list_transitions(context[0], RULES, STREET, filed)[1] if step.action == "close")
    assert closing.needs == ()
    take_step(*context, STREET, filed, StepRequest("close"), now=NOW)
    assert read_history(context[0], STREET, filed).steps[-1].details == {}


@pytest.mark.both_databases
def test_overdue_whistle_gets_one_supervision_card(context, filed):
    store = context[0]
    air, city = blow_whistle(*context, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=NOW)
    report_in(*context, AIR, air.id, answer="已到场", joined=True, now=NOW)
    # The street takes the incident to a status in which it waits for its closing.
    lead_to_checked(context, filed)
    assert issue_whistle_cards(*context, now=NOW + timedelta(hours=2)) == []
    late = NOW + timedelta(hours=2, seconds=1)
    run_due_work(*context, now=late)
    [card] = list_cards(store, SYSTEM, incident=filed).items
    assert (card.kind, card.department, card.whistle, card.due_at) == (
        CardKind.SUPERVISION,
        "城市管理",
        city.id,
        city.due_at,
    )
    # Four working hours after 12:00; the noon break is not working time.
    assert card.answer_due_at > late + timedelta(hours=4)
    assert run_due_work(*context, now=late + timedelta(hours=1)).cards == 0
    step = read_history(store, STREET, filed).steps[-1]
    assert (step.action, step.actor_id) == ("supervise", SYSTEM.id)
    assert step.details == {"card": "督办-2026-0001", "whistle": city.id, "department": "城市管理"}

    for actor in (WORKER, AIR, TRAFFIC):
        with pytest.raises(ForbiddenError) as caught:
            answer_card(*context, actor, card.id, answer="不是我们")
        assert caught.value.code == "out_of_bounds"
    assert answer_card(*context, CITY, card.id, answer="人手不足，下午到").answered_by == "handler"


def test_whistle_answered_or_long_overdue_gets_no_card(context, filed):
    [air] = blow_whistle(*context, STREET, filed, ["生态环境"], note="联合整治", now=NOW)
    assert issue_whistle_cards(*context, now=air.due_at + RULES.cards.horizon + timedelta(seconds=1)) == []
    report_in(*context, AIR, air.id, answer="已到场", joined=True, now=NOW + timedelta(days=1))
    assert issue_whistle_cards(*context, now=NOW + timedelta(days=1)) == []


@pytest.mark.both_databases
def test_card_about_a_whistle_does_not_replace_the_card_about_the_incident(context, filed):
    store = context[0]
    take_step(*context, STREET, filed, StepRequest("dispatch", department="交通运输"), now=NOW)
    due_at = read_incident(store, STREET, filed).progress.due_at
    [air] = blow_whistle(*context, STREET, filed, ["生态环境"], note="联合整治", now=NOW)
    with store.write() as connection:
        update_whistle(connection, air.id, due_at=due_at)
    late = due_at + timedelta(seconds=1)
    assert [card.whistle for card in issue_whistle_cards(*context, now=late)] == [air.id]
    assert [card.whistle for card in issue_due_cards(*context, now=late) if card.incident == filed] == [None]
    assert issue_whistle_cards(*context, now=late) == []
    assert [card for card in issue_due_cards(*context, now=late) if card.incident == filed] == []


@pytest.mark.both_databases
def test_concurrent_workers_issue_one_card_a_whistle(context, filed):
    blow_whistle(*context, STREET, filed, ["生态环境", "城市管理"], note="联合整治", now=NOW)
    with ThreadPoolExecutor(4) as pool:
        issued = list(pool.map(lambda _: issue_whistle_cards(*context, now=NOW + timedelta(hours=3)), range(4)))
    assert sorted(card.serial for cards in issued for card in cards) == [1, 2]


@pytest.mark.both_databases
def test_street_rates_a_department_that_did_not_report_in(context, filed):
    store = context[0]
    [air] = blow_whistle(*context, STREET, filed, ["生态环境"], note="联合整治", now=NOW)
    with pytest.raises(ConflictError) as caught:
        rate_department(*context, STREET, air.id, rating=1, note="", now=air.due_at)
    assert caught.value.code == "not_reported_in"
    late = air.due_at + timedelta(seconds=1)
    rated = rate_department(*context, STREET, air.id, rating=1, note="未到", now=late)
    assert (rated.rating, rated.reported_in_at) == (1, None)
    assert read_history(store, STREET, filed).steps[-1].details["reported_in"] is False
    with pytest.raises(ConflictError):
        rate_department(*context, STREET, air.id, rating=2, note="", now=late)


def test_department_is_not_rated_for_a_whistle_that_ended_before_its_due_time(context, filed):
    [air] = blow_whistle(*context, STREET, filed, ["生态环境"], note="联合整治", now=NOW)
    lead_to_checked(context, filed)
    take_step(*context, STREET, filed, StepRequest("close", note="已办结"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        rate_department(*context, STREET, air.id, rating=1, note="", now=air.due_at + timedelta(days=1))
    assert caught.value.code == "not_reported_in"


@pytest.mark.both_databases
def test_whistles_are_counted_by_department(context, filed):
    """Air reports in, reports in late, and never does. The city has time. The incident of traffic ends early."""
    store = context[0]
    others = [reported(context).id for _ in range(3)]
    for number in others:
        take_step(*context, STREET, number, StepRequest("file"), now=NOW)
    first, second, third = (
        blow_whistle(*context, STREET, number, ["生态环境"], note="联合整治", now=NOW)[0]
        for number in (filed, *others[:2])
    )
    late = NOW + timedelta(hours=3)
    report_in(*context, AIR, first.id, answer="已到场", joined=True, now=NOW)
    report_in(*context, AIR, second.id, answer="已到场", joined=True, now=late)
    rate_department(*context, STREET, first.id, rating=5, note="", now=late)
    rate_department(*context, STREET, third.id, rating=2, note="", now=late)
    blow_whistle(*context, STREET, others[2], ["交通运输"], note="联合整治", now=NOW)
    take_step(*context, STREET, others[2], StepRequest("void", note="误报"), now=NOW)
    blow_whistle(*context, STREET, filed, ["城市管理"], note="联合整治", now=late)

    def count(now=late, **filters):
        return build_whistle_table(store, IncidentQuery(**filters), now=now)

    table = count()
    air = table.rows["生态环境"]
    assert air == WhistleCounts(called=3, in_time=1, late=1, unanswered=1, ratings=2, rating_sum=7)
    assert (air.reported_in, air.average_rating) == (2, 3.5)
    assert [(figure.rate.numerator, figure.rate.denominator) for figure in air.figures] == [(2, 3), (1, 3)]
    assert table.rows["城市管理"] == WhistleCounts(called=1, waiting=1)
    assert table.rows["交通运输"] == WhistleCounts(called=1, ended=1)
    assert (table.total.called, table.total.unanswered, table.total.rating_sum) == (5, 1, 7)
    assert count(NOW + timedelta(days=2)).rows["城市管理"] == WhistleCounts(called=1, unanswered=1)
    # The period is that of the call.
    assert list(count(since=late).rows) == ["城市管理"]
    assert list(count(until=NOW).rows) == []
    assert count(within=ELSEWHERE.bounds).rows == {}


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
        *context, WORKER, filed, StepRequest("note", note="看过", department="城市管理", level="district"), now=NOW
    )
    progress = read_incident(context[0], STREET, filed).progress
    assert (progress.department, progress.level) == ("交通运输", "grid")


def mediate(context, actor, number, outcome, now=NOW, mediation="people"):
    """Take the step `mediate` and return the progress after it."""
    wish = StepRequest("mediate", note="谈过", outcome=outcome, mediation=mediation)
    return take_step(*context, actor, number, wish, now=now).progress


@pytest.mark.both_databases
def test_unsettled_mediation_escalates_to_the_judicial_office(context):
    incident = reported(context, "J01")
    assert (incident.progress.status, incident.progress.level) == (IncidentStatus.DISPATCHED, "grid")
    assert "mediate" in [step.action for step in allowed_transitions(incident, WORKER, RULES, NOW)]
    number = incident.id
    for outcome, mediation, code in (("perhaps", "people", "outcome"), ("settled", "private", "mediation")):
        with pytest.raises(InputError) as caught:
            mediate(context, WORKER, number, outcome, mediation=mediation)
        assert caught.value.code == f"{code}_missing"
    take_step(*context, STREET, number, StepRequest("reroute", note="物业在场", department="物业管理"), now=NOW)
    take_step(*context, STREET, number, StepRequest("dispatch", department="物业管理"), now=NOW)
    raised = mediate(context, WORKER, number, "unsettled")
    assert (raised.level, raised.called, raised.status) == ("street", ("司法行政",), IncidentStatus.DISPATCHED)
    step = read_history(context[0], JUSTICE, number).steps[-1]
    assert (step.details["outcome"], step.details["mediation"]) == ("unsettled", "people")
    assert step.details["level"] == ["grid", "street"]
    settled = mediate(context, JUSTICE, number, "settled", mediation="judicial")
    assert (settled.status, settled.handled_by) == (IncidentStatus.FED_BACK, JUSTICE.id)
    assert settled.handled_at == NOW


@pytest.mark.both_databases
def test_dispute_raised_to_the_street_is_settled_only_by_its_users(context):
    number = reported(context, "J01").id
    mediate(context, WORKER, number, "unsettled")
    leader = Actor("user:8", "grid leader", frozenset({Role.LEADER}), Bounds(areas=("140213051003",)))
    property_office = Actor("user:9", "handler", frozenset({Role.HANDLER}), Bounds(departments=("物业管理",)))
    take_step(*context, STREET, number, StepRequest("reroute", note="物业在场", department="物业管理"), now=NOW)
    take_step(*context, STREET, number, StepRequest("dispatch", department="物业管理"), now=NOW)
    take_step(*context, WORKER, number, StepRequest("accept"), now=NOW)
    for actor in (WORKER, leader, property_office):
        offered = [step.action for step in list_transitions(context[0], RULES, actor, number)[1]]
        assert not {"mediate", "feed_back"} & set(offered)
        with pytest.raises(ConflictError) as caught:
            mediate(context, actor, number, "settled")
        assert caught.value.code == "other_level"
        # Otherwise the level could be passed by.
        with pytest.raises(ConflictError) as caught:
            take_step(*context, actor, number, StepRequest("feed_back", note="done", photos=(1,)), now=NOW)
        assert caught.value.code == "other_level"
    street_leader = Actor("user:8", "street leader", frozenset({Role.LEADER}), Bounds(areas=("140213051",)))
    for actor in (street_leader, STREET, JUSTICE):
        offered = [step.action for step in list_transitions(context[0], RULES, actor, number)[1]]
        assert "mediate" in offered
    take_step(*context, STREET, number, StepRequest("escalate", note="重大"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        mediate(context, STREET, number, "settled")
    assert caught.value.code == "other_level"
    district = Actor("user:5", "district", frozenset({Role.SUPERVISOR}))
    assert mediate(context, district, number, "settled").status is IncidentStatus.FED_BACK


@pytest.mark.both_databases
def test_judicial_office_has_its_own_time_limit_and_answers_by_mediating(context):
    store = context[0]
    number = reported(context, "J01").id
    mediate(context, WORKER, number, "unsettled")
    [called] = list_whistles(store, STREET, incident=number).items
    # One working day, where other departments have two working hours.
    assert (called.department, called.due_at) == ("司法行政", NOW + timedelta(days=1))
    # A second call would only postpone the due time.
    mediate(context, STREET, number, "unsettled")
    assert list_whistles(store, STREET, incident=number).items == [called]
    late = called.due_at + timedelta(minutes=1)
    [card] = issue_whistle_cards(*context, now=late)
    assert (card.department, card.whistle) == ("司法行政", called.id)
    mediate(context, JUSTICE, number, "unsettled", now=late)
    [answered] = list_whistles(store, STREET, incident=number).items
    assert (answered.reported_in_at, answered.reported_in_by, answered.joined) == (late, "handler", True)
    assert build_whistle_table(store, IncidentQuery(), now=late).rows["司法行政"] == WhistleCounts(called=1, late=1)
    # The office has answered, so the next outcome of the street calls it again.
    mediate(context, STREET, number, "unsettled", now=late)
    assert [whistle.round for whistle in list_whistles(store, STREET, incident=number).items] == [2, 1]


@pytest.mark.both_databases
def test_mediations_are_counted_by_kind_and_outcome(context):
    store = context[0]
    first, second = (reported(context, "J01").id for _ in range(2))
    mediate(context, WORKER, first, "unsettled")
    mediate(context, JUSTICE, first, "settled", now=NOW + timedelta(days=1), mediation="judicial")
    mediate(context, WORKER, second, "settled")
    with store.write() as connection:
        # Steps of earlier versions have no kind.
        connection.exec_driver_sql(
            "INSERT INTO steps SELECT incident, 9, action, from_status, to_status, at, actor_id, actor, role, note, "
            f"""department, '{{"outcome": "settled"}}' FROM steps WHERE incident = {second} AND number = 4"""
        )
    table = build_mediation_table(store, RULES, IncidentQuery())
    assert table.rows == {
        "people": {"settled": 1, "unsettled": 1},
        "administrative": {"settled": 0, "unsettled": 0},
        "judicial": {"settled": 1, "unsettled": 0},
        None: {"settled": 1, "unsettled": 0},
    }
    assert table.total == {"settled": 3, "unsettled": 1}
    later = build_mediation_table(store, RULES, IncidentQuery(since=NOW + timedelta(hours=1)))
    assert later.total == {"settled": 1, "unsettled": 0}
    assert build_mediation_table(store, RULES, IncidentQuery(within=ELSEWHERE.bounds)).total["settled"] == 0


def test_only_disputes_are_mediated(context, filed):
    take_step(*context, STREET, filed, StepRequest("dispatch", department="交通运输"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        take_step(*context, WORKER, filed, StepRequest("mediate", note="谈过", outcome="settled"), now=NOW)
    assert caught.value.code == "category_kind"
    assert "mediate" not in caught.value.allowed
