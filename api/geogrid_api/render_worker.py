"""Render process: the whole application behind a Unix socket, with its own caches; see `geogrid_api.render_pool`.

It authenticates and authorizes each request itself, as the service does. It ends when the service closes its standard
input, which the operating system does, too, if the service is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio.to_thread

from geogrid.local_time import set_local_zone
from geogrid_api.app import create_app, warm_caches
from geogrid_api.asgi_messages import read_message, write_message

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Message

    from geogrid.settings import Settings

#: Printed once the process accepts requests.
READY: Final = b"ready\n"
#: Pages computed at one time: more would share one interpreter and use up the connections to the database.
_THREADS: Final = 2
#: Added to the niceness of the service: on a busy machine a map waits, not a short request.
_NICENESS: Final = 5
#: Time that requests have to finish once the service has ended.
_GRACE_S: Final = 5.0

_log = logging.getLogger(__name__)


async def _serve(settings: Settings, path: str) -> None:
    ended = asyncio.Event()
    _watch_service(asyncio.get_running_loop(), ended)
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        await anyio.to_thread.run_sync(warm_caches, app.state.geogrid)
        # Only now, so that a busy machine does not delay the start. The group contains all threads of this process.
        os.setpriority(os.PRIO_PGRP, 0, os.getpriority(os.PRIO_PROCESS, 0) + _NICENESS)
        async with await asyncio.start_unix_server(partial(_respond, app), path):
            _announce()
            await ended.wait()


def _watch_service(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Set the event once the service has ended, and end this process if it does not end by itself."""

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)
        time.sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=watch, name="service", daemon=True).start()


def _announce() -> None:
    with suppress(BrokenPipeError):
        os.write(1, READY)
    # The service reads no more, so nothing else may fill the pipe.
    os.dup2(2, 1)


async def _respond(app: FastAPI, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Respond to the request of a connection."""
    scope = await read_message(reader)
    received = False

    async def receive() -> Message:
        nonlocal received
        if received:
            # The service sends nothing else: it closes the connection after the response or if the client is gone.
            await reader.read()
            return {"type": "http.disconnect"}
        received = True
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        if scope is not None:
            await app(scope, receive, partial(write_message, writer))
    except ConnectionError:
        pass
    except Exception:  # noqa: BLE001 - the next requests must not suffer
        # The application has sent the response 500 before.
        _log.exception("A request failed in a render process.")
    finally:
        writer.close()


def _main() -> None:
    # Ctrl+C and the service manager signal all processes, but open requests must finish.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    settings, zone = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by this program
    set_local_zone(zone)
    asyncio.run(_serve(settings, sys.argv[1]))


if __name__ == "__main__":
    _main()
