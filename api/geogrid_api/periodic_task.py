"""Periodic work of the service, in threads."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class PeriodicTask:
    """Context manager that calls a function periodically in a daemon thread.

    Parameters
    ----------
    name
        Name of the thread.
    work
        Function to call. Its exceptions are logged; the next call follows as usual.
    every_s
        Pause before each call, in seconds.
    """

    def __init__(self, name: str, work: Callable[[], object], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the thread after the current call."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._work()
            except Exception:  # noqa: BLE001 - a busy database or a full disk must not end the thread
                _log.exception("The periodic task %r failed; it runs again in %g s.", self._thread.name, self._every_s)
