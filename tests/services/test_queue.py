"""The queue of the demo: what waits, in order, and how much."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from geogrid.errors import QueryError
from geogrid.incidents.filters import QueueFilter
from geogrid.model import SYSTEM, Actor, Bounds, IncidentStatus, Level, Role, Urgency
from geogrid.services.queue import read_queue
from geogrid.store.tables import incidents

pytestmark = pytest.mark.both_databases

NOW = datetime(2022, 6, 30, 4, tzinfo=UTC)


def whole(store, wanted, actor=SYSTEM, limit=23):
    items, cursor = [], None
    while True:
        queue = read_queue(store, actor, wanted, cursor=cursor, limit=limit, now=NOW)
        items += queue.page.items
        cursor = queue.page.next
        if cursor is None:
            return items, queue.counts


def test_the_queue_holds_all_that_waits_in_the_order_of_time(demo):
    items, counts = whole(demo, QueueFilter())
    with demo.read() as connection:
        waiting = set(connection.execute(select(incidents.c.id).where(incidents.c.stage_due_at.is_not(None))).scalars())
    assert {incident.id for incident in items} == waiting
    keys = [(incident.progress.stage_due_at, incident.id) for incident in items]
    assert keys == sorted(set(keys))
    assert sum(sum(of_status.values()) for of_status in counts.values()) == len(waiting)
    assert set(counts) == set(list(IncidentStatus)[:5]), "suspended, void and closed ones wait for nobody"


def test_urgency_is_told_by_the_moment(demo):
    for urgency in Urgency:
        items, counts = whole(demo, QueueFilter(urgency=urgency))
        assert len(items) == sum(of_status[urgency] for of_status in counts.values()) > 0
        for incident in items:
            due_at, warn_at = incident.progress.stage_due_at, incident.progress.warn_at
            expected = Urgency.OVERDUE if due_at < NOW else Urgency.NEARLY_DUE if warn_at <= NOW else Urgency.ON_TIME
            assert urgency is expected


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (QueueFilter(status=IncidentStatus.FILED), lambda i: i.progress.status is IncidentStatus.FILED),
        (QueueFilter(level=Level.LEADER), lambda i: i.progress.level is Level.LEADER),
        (QueueFilter(department="城市管理"), lambda i: i.progress.department == "城市管理"),
        (QueueFilter(street_code="140213051"), lambda i: i.placement.street_code == "140213051"),
        (QueueFilter(category="Z01"), lambda i: i.report.category == "Z01"),
    ],
)
def test_each_filter_gives_only_what_it_names(demo, wanted, holds):
    items, _ = whole(demo, wanted)
    assert items
    assert all(holds(incident) for incident in items)
    assert len(items) == sum(map(holds, whole(demo, QueueFilter(), limit=1_000)[0]))


def test_an_actor_sees_what_lies_within_the_bounds(demo):
    actor = Actor("t", "测试员", frozenset({Role.HANDLER}), Bounds(areas=("140213051",), departments=("城市管理",)))
    items, counts = whole(demo, QueueFilter(), actor)
    assert {(i.placement.street_code, i.progress.department) for i in items} == {("140213051", "城市管理")}
    assert sum(sum(of_status.values()) for of_status in counts.values()) == len(items)


def test_a_cursor_that_is_not_ours_is_refused(demo):
    with pytest.raises(QueryError):
        read_queue(demo, SYSTEM, QueueFilter(), cursor="!!!!")
