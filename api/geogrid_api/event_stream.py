"""Server-sent events about changed incidents.

Each process polls the change table once, whatever the number of clients.
"""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import anyio
from fastapi.concurrency import run_in_threadpool

from geogrid.errors import AccessError, ForbiddenError
from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.services.change_feed import get_newest_change_id, read_changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from geogrid.model import Actor, Change
    from geogrid.store.database import Store
    from geogrid_api.shutdown import ShutdownSignal

#: Interval at which a process polls the change table, and at which a stream looks for a new id, in seconds.
POLL_EVERY_S: Final = 0.5
#: Interval of heartbeats, in seconds. Each one authenticates the client again, so that a stream ends with its session.
HEARTBEAT_S: Final = 5.0
MEDIA_TYPE: Final = "text/event-stream"
_RETRY: Final = "retry: 1000\n\n"
_ENDED: Final = "event: ended\ndata: {}\n\n"


class ChangeWatcher:
    """Id of the newest change, including changes by other processes.

    Parameters
    ----------
    store
        Database with the change table.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.last_id = get_newest_change_id(store)

    def refresh(self) -> None:
        """Read the id of the newest change from the database."""
        self.last_id = get_newest_change_id(self._store)


class EventStream:
    """Server-sent events for one client.

    Parameters
    ----------
    store
        Database with the change table.
    changes
        Watcher of the change table.
    shutdown
        Ends the stream when the process stops.
    find_actor
        Authenticates the client again.
    """

    def __init__(
        self,
        store: Store,
        changes: ChangeWatcher,
        shutdown: ShutdownSignal,
        find_actor: Callable[[], Awaitable[Actor | None]],
    ) -> None:
        self._store = store
        self._changes = changes
        self._shutdown = shutdown
        self._find_actor = find_actor

    async def events(self, actor: Actor, *, after: int | None, seconds: float) -> AsyncIterator[str]:
        """Yield changes of incidents within the actor's bounds, until the session, the time or the process ends.

        Parameters
        ----------
        actor
            The authenticated client.
        after
            Id of the last change that the client has received. ``None`` starts with the next change.
        seconds
            Length of the stream. Browsers reconnect by themselves.
        """
        last_id = self._changes.last_id if after is None else after
        ends_at, beat_at = time.monotonic() + seconds, time.monotonic() + HEARTBEAT_S
        yield f"{_RETRY}id: {last_id}\n\n"
        while time.monotonic() < ends_at and not self._shutdown.received:
            if self._changes.last_id > last_id:
                changes = await run_in_threadpool(read_changes, self._store, actor, last_id)
                last_id = changes.last_id
                for change in changes.changes:
                    yield f"id: {change.id}\nevent: {change.kind}\ndata: {_event_data(change)}\n\n"
            if time.monotonic() >= beat_at:
                reader = await self._find_reader()
                if reader is None:
                    yield _ENDED
                    return
                actor, beat_at = reader, time.monotonic() + HEARTBEAT_S
                yield f": {HTTPStatus.OK}\nid: {last_id}\n\n"
            await anyio.sleep(POLL_EVERY_S)

    async def _find_reader(self) -> Actor | None:
        """Return the client with its present permissions and bounds, or None if it may no longer read incidents."""
        try:
            actor = await self._find_actor()
        except (AccessError, ForbiddenError):
            return None
        return actor if actor and has_permission(actor, Permission.INCIDENTS_READ) else None


def _event_data(change: Change) -> str:
    fields = {"incident": change.incident, "version": change.version}
    return json.dumps({name: value for name, value in fields.items() if value is not None}, separators=(",", ":"))
