"""Tests of the incident queue: contents, order, counts."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import select

from geogrid.errors import QueryError
from geogrid.incidents.actionable_filter import find_actionable_steps
from geogrid.incidents.query import QueueQuery
from geogrid.incidents.rule_set import load_rules
from geogrid.incidents.transitions import StepRequest
from geogrid.model import (
    EVERY_ROLE,
    SYSTEM,
    Actor,
    Bounds,
    IncidentStatus,
    Point,
    Report,
    Role,
    Urgency,
)
from geogrid.services.incident_steps import take_step
from geogrid.services.incidents import report_incident
from geogrid.services.layer_generations import load_locator
from geogrid.services.photos import add_photo
from geogrid.services.queue import read_nearest, read_queue
from geogrid.store.tables import incidents

pytestmark = pytest.mark.both_databases

NOW = datetime(2022, 6, 30, 4, tzinfo=UTC)
RULES = load_rules()


def picture():
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return out.getvalue()


def whole(store, wanted, actor=SYSTEM, limit=23):
    items, cursor = [], None
    while True:
        queue = read_queue(store, actor, wanted, cursor=cursor, limit=limit, now=NOW)
        items += queue.page.items
        cursor = queue.page.next
        if cursor is None:
            return items, queue.counts


def test_queue_contains_all_waiting_incidents_by_due_time(demo):
    items, counts = whole(demo, QueueQuery())
    with demo.read() as connection:
        waiting = set(connection.execute(select(incidents.c.id).where(incidents.c.stage_due_at.is_not(None))).scalars())
    assert {incident.id for incident in items} == waiting
    keys = [(incident.progress.stage_due_at, incident.id) for incident in items]
    assert keys == sorted(set(keys))
    assert sum(sum(of_status.values()) for of_status in counts.values()) == len(waiting)
    assert set(counts) == set(list(IncidentStatus)[:5]), "suspended, void and closed incidents are not in the queue"


def test_nearest_due_time_comes_first(demo):
    found = read_nearest(demo, SYSTEM, QueueQuery(), limit=1_000, now=NOW)
    gaps = [abs(incident.progress.stage_due_at - NOW) for incident in found.page.items]
    assert gaps == sorted(gaps)
    assert len(gaps) == sum(sum(of_status.values()) for of_status in found.counts.values())


def test_urgency_depends_on_the_current_time(demo):
    for urgency in Urgency:
        items, counts = whole(demo, QueueQuery(urgency=urgency))
        assert len(items) == sum(of_status[urgency] for of_status in counts.values()) > 0
        for incident in items:
            due_at, warn_at = incident.progress.stage_due_at, incident.progress.warn_at
            expected = Urgency.OVERDUE if due_at < NOW else Urgency.NEARLY_DUE if warn_at <= NOW else Urgency.ON_TIME
            assert urgency is expected


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (QueueQuery(status=IncidentStatus.FILED), lambda i: i.progress.status is IncidentStatus.FILED),
        (QueueQuery(level="leader"), lambda i: i.progress.level == "leader"),
        (QueueQuery(department="城市管理"), lambda i: i.progress.department == "城市管理"),
        (QueueQuery(street_code="140213051"), lambda i: i.placement.street_code == "140213051"),
        (QueueQuery(category="Z01"), lambda i: i.report.category == "Z01"),
    ],
)
def test_each_filter_returns_only_matching_incidents(demo, wanted, holds):
    items, _ = whole(demo, wanted)
    assert items
    assert all(holds(incident) for incident in items)
    assert len(items) == sum(map(holds, whole(demo, QueueQuery(), limit=1_000)[0]))


def test_queue_respects_bounds(demo):
    actor = Actor("t", "测试员", frozenset({Role.HANDLER}), Bounds(areas=("140213051",), departments=("城市管理",)))
    items, counts = whole(demo, QueueQuery(), actor)
    assert {(i.placement.street_code, i.progress.department) for i in items} == {("140213051", "城市管理")}
    assert sum(sum(of_status.values()) for of_status in counts.values()) == len(items)


def test_invalid_cursor_is_refused(demo):
    with pytest.raises(QueryError):
        read_queue(demo, SYSTEM, QueueQuery(), cursor="!!!!")


def test_queue_separates_own_work_from_that_of_others(store):
    context = (store, load_locator(store), RULES)
    worker, colleague = (Actor(f"user:{number}", "worker", frozenset({Role.GRID_WORKER})) for number in (1, 2))
    everyone = Actor("key:0", "tests", EVERY_ROLE)

    def report(*steps):
        said = Report(datetime.now(UTC), "Z06", "resident", Point(113.2988, 40.0901), "wgs84")
        number = report_incident(*context, said, everyone).id
        for actor, wish in steps:
            take_step(*context, actor, number, wish)
        return number

    def queue(actor, *, mine):
        wanted = QueueQuery(turn=find_actionable_steps(actor, RULES.workflow, mine=mine), street_code="140213051")
        return {one.id for one in read_queue(store, actor, wanted, limit=1000).page.items}

    sent = [(everyone, StepRequest("file")), (everyone, StepRequest("dispatch", department="交通运输"))]
    fresh, filed, waits = report(), report(sent[0]), report(*sent)
    ours, theirs = (report(*sent, (who, StepRequest("accept"))) for who in (worker, colleague))
    again = report(
        *sent,
        (colleague, StepRequest("accept")),
        (colleague, StepRequest("return", note="x")),
        sent[1],
        (worker, StepRequest("accept")),
    )
    resumed = report(*sent, (everyone, StepRequest("suspend", note="x")), (everyone, StepRequest("resume")))
    photo = add_photo(store, worker, ours, picture()).id
    take_step(*context, worker, ours, StepRequest("feed_back", note="done", photos=(photo,)))
    made = {fresh, filed, waits, ours, theirs, again, resumed}
    assert queue(worker, mine=True) & made == {fresh, waits, again, resumed}
    assert queue(worker, mine=False) & made == {filed, ours, theirs}
    assert queue(colleague, mine=True) & made == {fresh, waits, ours, theirs, resumed}
    handler = Actor("user:3", "handler", frozenset({Role.HANDLER}), Bounds(departments=("城市管理",)))
    assert queue(handler, mine=True) & made == set()
    for actor in (worker, handler):
        whole = {one.id for one in read_queue(store, actor, QueueQuery(street_code="140213051"), limit=1000).page.items}
        assert queue(actor, mine=True) | queue(actor, mine=False) == whole
        assert not queue(actor, mine=True) & queue(actor, mine=False)
