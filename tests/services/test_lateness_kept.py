"""No sequence of allowed steps makes a late incident punctual, hides a report, or counts one twice."""

import io
from datetime import date, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from geogrid.errors import ConflictError
from geogrid.incidents.correction_values import Correction
from geogrid.incidents.part_records import PartRequest
from geogrid.incidents.query import Finder, IncidentQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.local_time import local_zone
from geogrid.model import EVERY_ROLE, SYSTEM, Actor, Bounds, IncidentStatus, Point, Report, Role
from geogrid.rules.formulas import load_formulas
from geogrid.services.cards import issue_whistle_cards
from geogrid.services.figure_tables import build_figure_table
from geogrid.services.incident_import import import_incidents
from geogrid.services.incident_parts import split_incident
from geogrid.services.incident_steps import read_history, take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.location_review import list_triage
from geogrid.services.loop_figures import build_whistle_table
from geogrid.services.photos import add_photo
from geogrid.services.whistles import blow_whistle
from geogrid.store.tables import incidents
from geogrid.tabular.row_model import TableRow

pytestmark = pytest.mark.both_databases

RULES, FORMULAS = load_rules(), load_formulas()
#: A Monday morning.
MONDAY = datetime(2026, 3, 2, 9, tzinfo=local_zone())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKER, CHECKER = Actor("user:1", "甲", EVERY_ROLE), Actor("user:2", "乙", EVERY_ROLE)
PARTS = [PartRequest("交通运输"), PartRequest("环境卫生")]


class Loop:
    """The incident workflow of a store, in short words."""

    def __init__(self, store):
        self.store, self.locator = store, load_locator(store)
        Image.new("RGB", (64, 48), "teal").save(picture := io.BytesIO(), "JPEG")
        self.jpeg = picture.getvalue()

    def file(self, category="Z06", at=MONDAY):
        report = Report(at, category, "patrol", Point(113.2988, 40.0901), "wgs84")
        number = report_incident(self.store, self.locator, RULES, report, WORKER).id
        if self.progress(number).status is IncidentStatus.REPORTED:
            self.step(number, "file", at)
        return number

    def step(self, number, action, now, actor=WORKER, **wish):
        request = StepRequest(action, **wish)
        return take_step(self.store, self.locator, RULES, actor, number, request, now=now).progress

    def split(self, number, parts=PARTS, now=MONDAY):
        split_incident(self.store, self.locator, RULES, WORKER, number, parts, now=now)
        query = select(incidents.c.id).where(incidents.c.part_of == number).order_by(incidents.c.part)
        with self.store.read() as connection:
            return list(connection.execute(query).scalars())

    def progress(self, number):
        return read_history(self.store, WORKER, number).incident.progress

    def handle(self, number, at):
        if self.progress(number).status is IncidentStatus.DISPATCHED:
            self.step(number, "accept", at)
        photo = add_photo(self.store, WORKER, number, self.jpeg).id
        return self.step(number, "feed_back", at, note="done", photos=(photo,))

    def close(self, number, at):
        self.handle(number, at)
        self.step(number, "check", at, CHECKER)
        return self.step(number, "close", at, CHECKER)

    def counts(self, *codes, now=MONDAY + 30 * DAY, by=None, **filters):
        days = (date(2026, 3, 1), date(2026, 3, 31))
        table = build_figure_table(self.store, FORMULAS, IncidentQuery(**filters), days, by=by, now=now)
        return [table.total.counts[code] for code in codes]


@pytest.fixture
def loop(store):
    return Loop(store)


def test_correction_of_a_part_keeps_the_start_of_the_whole(loop):
    number = loop.file()
    loop.step(number, "dispatch", MONDAY, department="城市管理")
    due_at = loop.progress(number).due_at
    nearly = due_at - timedelta(minutes=1)
    loop.step(number, "return", nearly, note="x")
    part, _ = loop.split(number, now=nearly)
    for category in ("Z10", "Z06"):
        loop.step(part, "correct", nearly, note="x", correction=Correction(category=category))
    assert loop.progress(part).due_at == due_at


def test_part_that_returns_from_a_void_target_reopens_its_whole(loop):
    number = loop.file()
    first, second = loop.split(number)
    target = loop.file()
    loop.step(first, "merge", MONDAY + HOUR, incident=target)
    loop.close(second, MONDAY + HOUR)
    assert loop.progress(number).status is IncidentStatus.CLOSED
    loop.step(target, "void", MONDAY + 2 * HOUR, note="wrong")
    assert loop.progress(first).status is IncidentStatus.DISPATCHED
    assert loop.progress(number).status is IncidentStatus.SPLIT
    assert loop.counts("open", "handled_in_time", "overdue") == [1, 0, 1]


def test_reports_merged_into_a_whole_stay_where_its_parts_go(loop):
    number = loop.file()
    parts = loop.split(number)
    target, double = loop.file(), loop.file()
    loop.step(double, "merge", MONDAY + HOUR, incident=number)
    for part in parts:
        loop.step(part, "merge", MONDAY + HOUR, incident=target)
    assert loop.progress(double).status is IncidentStatus.MERGED, "the matter goes on in the target"


@pytest.mark.parametrize("action", ["void", "merge"])
def test_overdue_part_can_neither_be_voided_nor_merged(loop, action):
    number = loop.file()
    first, second = loop.split(number)
    loop.close(first, MONDAY + HOUR)
    late = loop.progress(second).due_at + DAY
    wish = {"note": "x"} if action == "void" else {"incident": first}
    if action == "void":
        loop.step(second, "return", late, note="x")
    with pytest.raises(ConflictError) as error:
        loop.step(second, action, late, **wish)
    assert error.value.code == "part_late"
    assert loop.counts("overdue", "handled_in_time", now=late) == [1, 0]


def test_late_part_is_not_hidden_by_one_with_a_longer_limit(loop):
    number = loop.file()
    short, long = loop.split(number, [PartRequest("交通运输"), PartRequest("园林绿化", "Z10")])
    due_at = loop.progress(short).due_at
    assert due_at < loop.progress(long).due_at
    loop.close(long, MONDAY + HOUR)
    loop.close(short, due_at + HOUR)
    assert loop.counts("overdue", "handled_in_time") == [1, 0]


def test_correction_after_a_reopening_keeps_the_first_due_time(loop):
    number = loop.file()
    loop.step(number, "dispatch", MONDAY, department="城市管理")
    first_due = loop.progress(number).due_at
    loop.close(number, MONDAY + HOUR)
    reopened = MONDAY + DAY
    loop.step(number, "reopen", reopened, note="x")
    loop.step(number, "dispatch", reopened, department="城市管理")
    for category in ("Z01", "Z06"):
        loop.step(number, "correct", reopened, note="x", correction=Correction(category=category))
    assert loop.progress(number).due_at == first_due


def test_correction_keeps_the_due_time_that_an_import_gave(loop):
    due_at = MONDAY + 2 * HOUR
    row = {
        "reported_at": MONDAY.isoformat(),
        "category": "Z06",
        "lon": 113.2988,
        "lat": 40.0901,
        "due_at": due_at.isoformat(),
        "dispatched_at": MONDAY.isoformat(),
    }
    rows = [TableRow(2, row)]
    imported = import_incidents(loop.store, loop.locator, RULES, rows, SYSTEM, datum="wgs84", commit=True)
    assert imported.accepted == 1
    with loop.store.read() as connection:
        number = connection.execute(select(incidents.c.id).order_by(incidents.c.id.desc()).limit(1)).scalar_one()
    for category in ("Z01", "Z06"):
        loop.step(number, "correct", MONDAY + HOUR, note="x", correction=Correction(category=category))
    assert loop.progress(number).due_at == due_at


def test_department_called_before_a_split_gets_its_card(loop):
    number = loop.file()
    called = blow_whistle(loop.store, loop.locator, RULES, WORKER, number, ["生态环境"], note="x", now=MONDAY)
    loop.split(number, now=MONDAY + HOUR)
    late = called[0].due_at + HOUR
    assert issue_whistle_cards(loop.store, loop.locator, RULES, now=late)
    assert not issue_whistle_cards(loop.store, loop.locator, RULES, now=late), "once"


def test_whistle_of_a_merged_incident_stays_unanswered(loop):
    number, target = loop.file(), loop.file()
    called = blow_whistle(loop.store, loop.locator, RULES, WORKER, number, ["生态环境"], note="x", now=MONDAY)
    loop.step(number, "merge", called[0].due_at + HOUR, incident=target)
    counts = build_whistle_table(loop.store, IncidentQuery(), now=called[0].due_at + DAY).rows["生态环境"]
    assert (counts.called, counts.unanswered) == (1, 1)


def test_parts_have_the_finder_of_their_whole(loop):
    number = loop.file()
    loop.split(number)
    assert loop.counts("received", finder=Finder(WORKER.id, FORMULAS.finder_sources)) == [1]
    assert loop.counts("received", finder=Finder(WORKER.id, FORMULAS.finder_sources), department="环境卫生") == [1]


def test_dispute_of_the_street_is_neither_corrected_nor_split_below_it(loop):
    number = loop.file("J01")
    if loop.progress(number).status is IncidentStatus.FILED:
        loop.step(number, "dispatch", MONDAY, department="司法行政")
    loop.step(number, "accept", MONDAY)
    loop.step(number, "mediate", MONDAY, note="x", outcome="unsettled", mediation="people")
    leader = Actor("user:3", "丙", frozenset({Role.LEADER, Role.DISPATCHER}), Bounds(areas=("140213051003",)))
    with pytest.raises(ConflictError) as error:
        loop.step(number, "correct", MONDAY, leader, note="x", correction=Correction(category="Z06"))
    assert error.value.code == "other_level"


def test_hint_of_a_closed_incident_is_no_work(loop):
    before = list_triage(loop.store, WORKER).counts
    number = loop.file()
    with loop.store.write() as connection:
        connection.execute(
            incidents.update().where(incidents.c.id == number).values(triage="border", triage_blocks=False)
        )
    assert list_triage(loop.store, WORKER).counts != before
    loop.step(number, "dispatch", MONDAY, department="城市管理")
    loop.close(number, MONDAY + HOUR)
    assert list_triage(loop.store, WORKER).counts == before
