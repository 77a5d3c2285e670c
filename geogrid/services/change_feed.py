"""Use cases of those who follow along: what has changed since they looked last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.store import change_feed as table

if TYPE_CHECKING:
    from geogrid.model import Actor, Change
    from geogrid.store.database import Store

#: At most so many numbers are looked through at once; who is farther behind asks again.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed within somebody's bounds, the oldest first, and up to which number that was looked at."""

    found: list[Change]
    last: int


def newest_change(store: Store) -> int:
    """Return the number of the last change of all incidents, or 0."""
    with store.read() as connection:
        return table.newest_change(connection)


def changes_since(store: Store, actor: Actor, after: int) -> Changes:
    """Return what has changed within an actor's bounds after a number.

    Parameters
    ----------
    store, actor
        Where, and who asks.
    after
        The number that was looked at last.
    """
    with store.read() as connection:
        last = min(table.newest_change(connection), after + MOST_AT_ONCE)
        return Changes(table.changes_between(connection, actor.bounds, after, last), max(last, after))
