"""Use cases around the queue: what waits for somebody, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.services.incidents import Page, decode_cursor, encode_cursor
from geogrid.services.pages import check_limit
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.queue import count_queue, page_nearest, page_queue, page_urgent, queue_conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.query import QueueQuery
    from geogrid.model import Actor, Incident, IncidentStatus, Urgency
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Queue:
    """A part of a queue.

    Attributes
    ----------
    page
        The incidents, in the order of the due times of their stages.
    counts
        How many wait in the whole queue, by status and urgency; statuses that nothing stands in are left out.
    """

    page: Page
    counts: Mapping[IncidentStatus, Mapping[Urgency, int]]


def read_queue(
    store: Store,
    actor: Actor,
    wanted: QueueQuery,
    *,
    cursor: str | None = None,
    limit: int = 100,
    now: datetime | None = None,
) -> Queue:
    """Return a part of the queue of an actor: what lies within the actor's bounds.

    Parameters
    ----------
    store
        Where it is.
    actor
        Whose queue.
    wanted
        Which of what waits.
    cursor
        The `next` of the part before; None for the first.
    limit
        At most so many.
    now
        The present moment, by default, which urgency is told by.

    Raises
    ------
    QueryError
        If the cursor or the limit makes no sense.
    """
    check_limit(limit)
    now = now or datetime.now(UTC)
    after = decode_cursor(cursor) if cursor else None
    conditions = [*queue_conditions(wanted, now), *bounds_conditions(actor.bounds)]
    with store.read() as connection:
        found = page_queue(connection, conditions, after, limit + 1)
        counts = count_queue(connection, conditions, now)
    last = found[limit - 1] if len(found) > limit else None
    due = last.progress.stage_due_at if last else None
    return Queue(Page(found[:limit], encode_cursor(due, last.id) if last and due else None), counts)


def read_nearest(
    store: Store, actor: Actor, wanted: QueueQuery, *, limit: int = 100, now: datetime | None = None
) -> Queue:
    """Return what waits within an actor's bounds, what is due nearest to the present moment first, before or after it.

    So what has waited for years does not stand above what is due in a minute. There is no next part.

    Raises
    ------
    QueryError
        If the limit makes no sense.
    """
    check_limit(limit)
    now = now or datetime.now(UTC)
    conditions = [*queue_conditions(wanted, now), *bounds_conditions(actor.bounds)]
    with store.read() as connection:
        found = page_nearest(connection, conditions, now, limit)
        return Queue(Page(found, None), count_queue(connection, conditions, now))


def read_urgent(store: Store, actor: Actor, *, limit: int = 100, now: datetime | None = None) -> list[Incident]:
    """Return what is nearly due or overdue within an actor's bounds, what became so last first."""
    check_limit(limit)
    with store.read() as connection:
        return page_urgent(connection, bounds_conditions(actor.bounds), now or datetime.now(UTC), limit)
