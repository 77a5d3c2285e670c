"""Queries for merging incidents: row locks without deadlocks, and the end of a chain of merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def lock_incidents(connection: Connection, ids: Iterable[int]) -> None:
    """Lock the rows of incidents until the transaction ends.

    Rows are locked in the order of their ids, so two transactions cannot deadlock. SQLite has one writer at a time and
    needs no row locks.
    """
    query = select(incidents.c.id).where(incidents.c.id.in_(sorted(ids)))
    connection.execute(query.order_by(incidents.c.id).with_for_update()).all()


def find_merge_target(connection: Connection, incident_id: int) -> int:
    """Return the id of the last incident in a chain of merges; the id itself if the incident is not merged."""
    chain = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == incident_id).cte(recursive=True)
    next_link = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == chain.c.merged_into)
    # UNION, not UNION ALL, so that the query would end even if the chain were circular.
    chain = chain.union(next_link)
    final = select(chain.c.id).where(chain.c.merged_into.is_(None))
    return connection.execute(final).scalar_one_or_none() or incident_id
