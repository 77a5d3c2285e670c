"""Who follows along is told of changes: one look at the database a process serves all of them."""

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
from geogrid.services.change_feed import changes_since, newest_change
from geogrid_api.authentication import find_actor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request
    from fastapi.security import HTTPAuthorizationCredentials

    from geogrid.model import Actor, Change
    from geogrid.store.database import Store

#: How often the database is looked at, and how often those who follow look whether that has told anything.
LOOK_EVERY_S: Final = 0.5
#: How often silence is broken, and it is asked anew who follows: a session that has ended ends the stream.
HEARTBEAT_S: Final = 5.0
MEDIA_TYPE: Final = "text/event-stream"
_RETRY: Final = "retry: 1000\n\n"
_ENDED: Final = "event: ended\ndata: {}\n\n"


class Following:
    """The number of the last change, as the database told it last.

    Parameters
    ----------
    store
        Where changes are; those of other processes are too.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.last = newest_change(store)

    def refresh(self) -> None:
        """Look at the database."""
        self.last = newest_change(self._store)


async def follow(
    request: Request,
    bearer: HTTPAuthorizationCredentials | None,
    cookie: str | None,
    actor: Actor,
    *,
    after: int | None,
    seconds: float,
) -> AsyncIterator[str]:
    """Yield the changes within an actor's bounds as server-sent events.

    They end when the session does, when the time is up, and when the service stops.

    Parameters
    ----------
    request, bearer, cookie
        By which it is asked again who follows.
    actor
        Who that is now.
    after
        The number of the last change that is known; None begins with the next one.
    seconds
        After so long the stream ends; a browser comes back by itself.
    """
    house = request.app.state.house
    following: Following = house.following
    seen = following.last if after is None else after
    ends, beat = time.monotonic() + seconds, time.monotonic() + HEARTBEAT_S
    yield f"{_RETRY}id: {seen}\n\n"
    while time.monotonic() < ends and not house.stopping.told:
        if following.last > seen:
            told = await run_in_threadpool(changes_since, house.store, actor, seen)
            seen = told.last
            for change in told.found:
                yield f"id: {change.id}\nevent: {change.kind}\ndata: {_data(change)}\n\n"
        if time.monotonic() >= beat:
            known = await _known(request, bearer, cookie)
            if known is None:
                yield _ENDED
                return
            actor, beat = known, time.monotonic() + HEARTBEAT_S
            yield f": {HTTPStatus.OK}\nid: {seen}\n\n"
        await anyio.sleep(LOOK_EVERY_S)


def _data(change: Change) -> str:
    numbers = {"incident": change.incident, "version": change.version}
    return json.dumps({name: number for name, number in numbers.items() if number is not None}, separators=(",", ":"))


async def _known(request: Request, bearer: HTTPAuthorizationCredentials | None, cookie: str | None) -> Actor | None:
    """Return who follows, with what that may do by now; None once it may not."""
    try:
        actor = await find_actor(request, bearer, cookie)
    except (AccessError, ForbiddenError):
        return None
    return actor if actor and has_permission(actor, Permission.INCIDENTS_READ) else None
