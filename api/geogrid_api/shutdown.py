"""Whether the process has been told to stop, known before the server waits for the answers that are still under way."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """A word for answers without an end of their own: a stream that goes on keeps a stop waiting.

    As a context it hears the signals before the server does, and passes them on. A server waits for its answers first
    and ends the application's lifespan then, so that comes too late. In a thread, where no signals are heard, nothing
    is told.

    Attributes
    ----------
    told
        Whether the process has been told to stop.
    """

    def __init__(self) -> None:
        self.told = False
        self._before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        """Begin to hear."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                before = signal.getsignal(number)
                # Where nobody handles it, it does what it always does.
                if callable(before):
                    self._before[number] = before
                    signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the signals to those who had them before."""
        for number, before in self._before.items():
            signal.signal(number, before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.told = True
        self._before[number](number, frame)
