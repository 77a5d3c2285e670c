"""Keep long-lived objects out of the garbage collector's full collections.

The layers, indexes and templates of a service are about 0.7 million objects that live as long as their generation. A
full collection looks at all of them, which takes 0.3 to 0.4 s, in the middle of a request. Frozen objects are skipped.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


class FrozenMemory:
    """The objects of this process that the garbage collector skips; `thaw` undoes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Hashable = None

    def freeze(self, state: Hashable) -> None:
        """Collect garbage, then freeze all objects, unless they were frozen for the same state.

        Parameters
        ----------
        state
            Identifies the data that the caches hold, such as the id of the active generation; not None. Objects of an
            earlier state are collected first, also those that were frozen.
        """
        with self._lock:
            if state == self._state:
                return
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._state = state

    def thaw(self) -> None:
        """Let the garbage collector look at all objects again."""
        with self._lock:
            gc.unfreeze()
            self._state = None
