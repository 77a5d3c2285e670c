"""The queue of incidents that wait for a step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.services.pagination import Page, check_limit, cut_timed_page, decode_cursor
from geogrid.store.incident_conditions import bounds_conditions
from geogrid.store.queue import count_queue, page_nearest, page_queue, page_urgent, queue_conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.query import QueueQuery
    from geogrid.model import Actor, Incident, IncidentStatus, Urgency
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of a queue, with counts of the whole queue.

    Attributes
    ----------
    page
        The incidents, ordered by the due time of their stage.
    counts
        The number of incidents in the queue by status and urgency; statuses without incidents are omitted.
    """

    page: Page[Incident, str]
    counts: Mapping[IncidentStatus, Mapping[Urgency, int]]


def read_queue(
    store: Store,
    actor: Actor,
    filters: QueueQuery,
    *,
    cursor: str | None = None,
    limit: int = 100,
    now: datetime | None = None,
) -> Queue:
    """Return a page of the queue within the bounds of the actor.

    Parameters
    ----------
    store
        The database.
    actor
        The user.
    filters
        The incidents.
    cursor
        The `next` of the previous page; None for the first page.
    limit
        The maximum number of incidents.
    now
        The time for the urgency, by default now.

    Raises
    ------
    QueryError
        If the cursor or the limit is not valid.
    """
    check_limit(limit)
    now = now or datetime.now(UTC)
    after = decode_cursor(cursor) if cursor else None
    conditions = [*queue_conditions(filters, now), *bounds_conditions(actor.bounds)]
    with store.read() as connection:
        incidents = page_queue(connection, conditions, after, limit + 1)
        counts = count_queue(connection, conditions, now)
    return Queue(cut_timed_page(incidents, limit, lambda incident: incident.progress.stage_due_at), counts)


def read_nearest(
    store: Store, actor: Actor, filters: QueueQuery, *, limit: int = 100, now: datetime | None = None
) -> Queue:
    """Return the queue within the bounds of the actor, ordered by the distance of the due time from now.

    An incident overdue for years thus comes after one due in a minute. The result is a single page.

    Raises
    ------
    QueryError
        If the limit is not valid.
    """
    check_limit(limit)
    now = now or datetime.now(UTC)
    conditions = [*queue_conditions(filters, now), *bounds_conditions(actor.bounds)]
    with store.read() as connection:
        incidents = page_nearest(connection, conditions, now, limit)
        return Queue(Page(incidents, None), count_queue(connection, conditions, now))


def read_urgent(store: Store, actor: Actor, *, limit: int = 100, now: datetime | None = None) -> list[Incident]:
    """Return the nearly due and overdue incidents within the bounds of the actor, latest change of urgency first."""
    check_limit(limit)
    with store.read() as connection:
        return page_urgent(connection, bounds_conditions(actor.bounds), now or datetime.now(UTC), limit)
