"""The change feed of incidents, which clients poll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.store import change_feed as table

if TYPE_CHECKING:
    from geogrid.model import Actor, Change
    from geogrid.store.database import Store

#: Maximum number of change ids per read; a client that is farther behind reads again.
MAX_CHANGES: Final = 500


@dataclass(frozen=True, slots=True)
class ChangeBatch:
    """Changes within the bounds of a user, oldest first, and the id of the last change that was checked."""

    changes: list[Change]
    last_id: int


def get_newest_change_id(store: Store) -> int:
    """Return the id of the newest change, or 0."""
    with store.read() as connection:
        return table.get_newest_change_id(connection)


def read_changes(store: Store, actor: Actor, after: int) -> ChangeBatch:
    """Return the changes within the bounds of the actor after a change id.

    Parameters
    ----------
    store, actor
        The database and the user.
    after
        The id of the last change that was checked.
    """
    with store.read() as connection:
        last = min(table.get_newest_change_id(connection), after + MAX_CHANGES)
        return ChangeBatch(table.list_changes(connection, actor.bounds, after, last), max(last, after))
