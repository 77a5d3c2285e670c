"""Use cases of those who follow along: what has changed since they looked last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.store import change_feed as table

if TYPE_CHECKING:
    from geogrid.model import Actor, Change
    from geogrid.store.database import Store

#: At most so many numbers are looked through at once; who is farther behind asks again.
MAX_CHANGES: Final = 500


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """What has changed within somebody's bounds, the oldest first, and up to which number that was looked at."""

    found: list[Change]
    last: int


def get_newest_change_id(store: Store) -> int:
    """Return the number of the last change of all incidents, or 0."""
    with store.read() as connection:
        return table.get_newest_change_id(connection)


def read_changes(store: Store, actor: Actor, after: int) -> ChangeBatch:
    """Return what has changed within an actor's bounds after a number.

    Parameters
    ----------
    store, actor
        Where, and who asks.
    after
        The number that was looked at last.
    """
    with store.read() as connection:
        last = min(table.get_newest_change_id(connection), after + MAX_CHANGES)
        return ChangeBatch(table.list_changes(connection, actor.bounds, after, last), max(last, after))
