"""What a merge asks of the database: locks that never wait for each other, and the end of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def lock_incidents(connection: Connection, numbers: Iterable[int]) -> None:
    """Keep other writers from some incidents until the transaction ends.

    They are locked in the order of their numbers, so two transactions that want the same never wait for each other.
    SQLite has one writer at a time and needs no locks.
    """
    wanted = select(incidents.c.id).where(incidents.c.id.in_(sorted(numbers)))
    connection.execute(wanted.order_by(incidents.c.id).with_for_update()).all()


def find_merge_target(connection: Connection, number: int) -> int:
    """Return the incident at the end of the chain that an incident was merged along; itself, where it was not."""
    chain = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == number).cte(recursive=True)
    following = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.id == chain.c.merged_into)
    # Not UNION ALL: a circle, which no merge can make, would come to an end too.
    chain = chain.union(following)
    final = select(chain.c.id).where(chain.c.merged_into.is_(None))
    return connection.execute(final).scalar_one_or_none() or number
