"""Render processes: maps, sheets and figures by area are computed outside the process of the service.

Python runs one thread of a process at a time, so a map in the process of the service would delay all other requests.
The service forwards such requests unchanged to `geogrid_api.render_worker`, which runs the same application.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from geogrid.errors import UnavailableError
from geogrid.local_time import local_zone
from geogrid_api.asgi_messages import portable_scope, read_message, write_message

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from geogrid.settings import Settings

#: Paths of requests that compute much.
_RENDERED: Final = re.compile(
    r"/maps/[a-z]+(\.(png|pdf|csv|geojson))?|/maps/grids/[^/]+|/v1/areas/[a-z]+|/figures(\.csv)?|/incidents|/v1/incidents/export"
)
_METHODS: Final = frozenset({"GET", "HEAD"})
#: Requests of a render process at one time; further ones are refused.
MAX_REQUESTS: Final = 16
#: Longest silence of a render process before the next part of a response; an export is written as a whole first.
_LIMIT_S: Final = 60.0
_EXPORT_LIMIT_S: Final = 600.0
_EXPORT_PATH: Final = "/v1/incidents/export"
#: A process starts within this time.
_RETRY_AFTER_S: Final = 5
#: First and longest pause before a process is started again.
_PAUSE_S: Final = 1.0
_MAX_PAUSE_S: Final = 60.0
#: Longer than a render process needs to end by itself.
_STOP_S: Final = 10.0

_log = logging.getLogger(__name__)


def is_rendered(scope: Scope) -> bool:
    """Return whether a render process responds to a request.

    Examples
    --------
    >>> [is_rendered({"type": "http", "method": "GET", "path": path}) for path in ("/maps/heatmap", "/v1/locate")]
    [True, False]
    """
    return scope["type"] == "http" and scope["method"] in _METHODS and bool(_RENDERED.fullmatch(scope["path"]))


class RenderPool:
    """Async context manager with the render processes of a service process.

    No process runs before the first request. Until the first one is ready, which takes seconds, the service computes
    such requests itself. Further processes start if all others are busy.

    Parameters
    ----------
    settings
        Settings of the service, which the processes share.
    size
        Largest number of processes.

    Attributes
    ----------
    processes
        The processes, started or not.
    """

    def __init__(self, settings: Settings, size: int) -> None:
        # Periodic work of the service is not repeated, and a render process has no render processes.
        settings = settings.model_copy(update={"tick_s": 0, "render_workers": 0})
        self._folder = tempfile.TemporaryDirectory(prefix="geogrid-")
        self.processes = [RenderProcess(settings, Path(self._folder.name, str(number))) for number in range(size)]

    async def __aenter__(self) -> Self:
        """Return the pool."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the processes."""
        await asyncio.gather(*(process.stop() for process in self.processes))
        self._folder.cleanup()

    def choose(self) -> RenderProcess | None:
        """Return the process with the fewest requests, or None if none has been ready yet.

        Raises
        ------
        UnavailableError
            If all processes have too many requests, or if the only ones are starting again.
        """
        ready = [process for process in self.processes if process.is_ready]
        chosen = min(ready, key=lambda process: process.requests, default=None)
        if chosen is None or chosen.requests:
            self._start_another()
        if chosen is None:
            if not any(process.has_been_ready for process in self.processes):
                return None
            raise UnavailableError(
                "The process that renders maps starts again.",
                code="rendering_restarts",
                retry_after_s=_RETRY_AFTER_S,
                remedy="Try again in some seconds.",
            )
        if chosen.requests >= MAX_REQUESTS:
            raise UnavailableError(
                "Too many maps and exports are requested at the same time.",
                code="rendering_busy",
                retry_after_s=_RETRY_AFTER_S,
                remedy="Try again in some seconds.",
            )
        return chosen

    def _start_another(self) -> None:
        """Start a process unless all have been started or one is starting."""
        if any(process.is_started and not process.has_been_ready for process in self.processes):
            return
        for process in self.processes:
            if not process.is_started:
                process.start()
                return


class RenderProcess:
    """A render process, started again whenever it ends.

    Attributes
    ----------
    requests
        Number of requests that the process is working on.
    is_ready
        Whether the process accepts requests.
    has_been_ready
        Whether this process or one before it has accepted requests.
    """

    def __init__(self, settings: Settings, path: Path) -> None:
        self.requests = 0
        self.is_ready = False
        self.has_been_ready = False
        self._settings = settings
        self._path = path
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process; None before its first start."""
        return self._process.pid if self._process else None

    @property
    def is_started(self) -> bool:
        """Whether the process has been started."""
        return self._keeper is not None

    def start(self) -> None:
        """Start the process, and keep it running."""
        self._keeper = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """End the process, after its requests or after some seconds."""
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._process:
            await _end(self._process)

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request with the response of the process.

        Raises
        ------
        UnavailableError
            If the process ends, or is silent for too long, before the response begins.
        """
        self.requests += 1
        response = asyncio.ensure_future(self._relay(scope, send))
        gone = asyncio.ensure_future(_wait_for_disconnect(receive))
        try:
            await asyncio.wait((response, gone), return_when=asyncio.FIRST_COMPLETED)
            if response.done():
                response.result()
        finally:
            self.requests -= 1
            response.cancel()
            gone.cancel()

    async def _relay(self, scope: Scope, send: Send) -> None:
        """Send the messages of the response."""
        limit_s = _EXPORT_LIMIT_S if scope["path"] == _EXPORT_PATH else _LIMIT_S
        begun = False
        try:
            reader, writer = await asyncio.open_unix_connection(self._path)
        except OSError as error:
            raise _ended() from error
        try:
            await write_message(writer, portable_scope(scope))
            while (message := await asyncio.wait_for(read_message(reader), limit_s)) is not None:
                await send(message)
                begun = True
                if _is_last(message):
                    return
        except TimeoutError as error:
            self._kill()
            raise _too_slow() from error
        except ConnectionError:
            pass
        finally:
            writer.close()
        if begun:
            raise ConnectionError("A render process ended during a response.")
        raise _ended()

    async def _keep_running(self) -> None:
        pause_s = _PAUSE_S
        while True:
            try:
                served = await self._run()
            except OSError:
                _log.exception("A render process cannot start.")
                served = False
            pause_s = _PAUSE_S if served else min(2 * pause_s, _MAX_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _run(self) -> bool:
        """Run the process to its end, and return whether it accepted requests."""
        self._path.unlink(missing_ok=True)
        command = (sys.executable, "-m", "geogrid_api.render_worker", str(self._path))
        pipe = asyncio.subprocess.PIPE
        # A session of its own, so that Ctrl+C does not reach the process, and its priority is its own.
        process = self._process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, start_new_session=True
        )
        if process.stdin is None or process.stdout is None:
            raise OSError("A render process has no pipes.")
        process.stdin.write(pickle.dumps((self._settings, local_zone())))
        served = self.is_ready = bool(await process.stdout.readline())
        self.has_been_ready |= served
        status = await process.wait()
        self.is_ready = False
        _log.error("A render process ended with status %d; another one starts.", status)
        return served

    def _kill(self) -> None:
        if self._process:
            with suppress(ProcessLookupError):
                self._process.kill()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_last(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def _ended() -> UnavailableError:
    return UnavailableError(
        "The process that renders maps has ended unexpectedly.",
        code="rendering_failed",
        retry_after_s=_RETRY_AFTER_S,
        remedy="Try again in some seconds. The server log contains the cause.",
    )


def _too_slow() -> UnavailableError:
    return UnavailableError(
        "Rendering took too long.",
        code="rendering_slow",
        retry_after_s=_RETRY_AFTER_S,
        remedy="Choose a shorter period or fewer incidents.",
    )
