"""Notice SIGINT and SIGTERM before the server waits for open responses."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class ShutdownSignal:
    """Context manager that records a stop signal and passes it on to the previous handler.

    The server waits for open responses and only then ends the application's lifespan, so an endless stream has to
    notice the signal itself. Outside the main thread Python delivers no signals, and ``received`` stays False.

    Attributes
    ----------
    received
        Whether the process has received a stop signal.
    """

    def __init__(self) -> None:
        self.received = False
        self._previous: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        """Install the signal handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                previous = signal.getsignal(number)
                # The default and the ignoring handler are constants, not functions: they stay installed.
                if callable(previous):
                    self._previous[number] = previous
                    signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous signal handlers."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self._previous[number](number, frame)
