"""Work that the service does by itself, again and again, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Background:
    """A thread that does something from time to time, as long as its context lasts.

    Parameters
    ----------
    name
        Of the thread.
    work
        What it does; whatever goes wrong is logged, and done again next time.
    every_s
        How long it rests in between.
    """

    def __init__(self, name: str, work: Callable[[], object], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begin; the first time comes after a rest."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, once the work in hand is done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._work()
            except Exception:  # noqa: BLE001 - whatever it is, a thread that dies says nothing
                # A busy or missing database, a disk that fails: the service goes on with what it has, and tries again.
                _log.exception("%s: not done.", self._thread.name)
