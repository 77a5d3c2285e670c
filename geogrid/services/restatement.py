"""Restate incidents by the layers of another generation than that of their day, beside what was assigned then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.incidents.grid_assignment import assign_points
from geogrid.locate.locator import Locator
from geogrid.model import SNAP_M
from geogrid.services.layers import load_generation
from geogrid.store import restatements as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.model import Generation
    from geogrid.store.database import Store
    from geogrid.store.restatements import Batch

#: So many incidents are read and written at a time: a write holds up others for a fifth of a second.
_BATCH: Final = 20_000


@dataclass(slots=True)
class Restated:
    """What a generation makes of the incidents of all others.

    Attributes
    ----------
    generation
        Which one.
    restated
        How many were restated now, or would be.
    already
        How many had been before.
    change_hands
        Of both, for how many another grid answers than did on their day.
    outside
        Of both, how many lie in no grid of this generation.
    by_street
        Of those that change hands, how many lay in each street on their day, by its code; None stands for no street.
    committed
        Whether the restated have been kept.
    """

    generation: Generation
    restated: int = 0
    already: int = 0
    change_hands: int = 0
    outside: int = 0
    by_street: Counter[str | None] = field(default_factory=Counter)
    committed: bool = False


def reassign(
    store: Store,
    number: int,
    *,
    commit: bool,
    snap_m: float = SNAP_M,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Restated:
    """Restate the incidents that other generations have assigned; the incidents themselves stay as they are.

    What is kept already is not done again, so after an interruption the next run goes on where this one stopped.
    Incidents that come in meanwhile are left to the next run.

    Parameters
    ----------
    store
        Where the incidents are. Each batch is a transaction of its own, so others read and write between them.
    number
        The generation to restate by; it may be a draft.
    commit
        False only counts what would happen.
    snap_m
        That of `geogrid.locate.locator.Locator`.
    progress
        Called after each batch with the numbers of incidents done and to do.

    Raises
    ------
    NotFoundError
        If there is no generation of that number.
    """
    locator = Locator(*load_generation(store, number), snap_m=snap_m)
    done = Restated(locator.generation, committed=commit)
    with store.read() as connection:
        total, last = table.count_others(connection, number)
    after = 0
    while True:
        with store.read() as connection:
            batch = table.next_batch(connection, number, after=after, last=last, limit=_BATCH)
        if not batch.numbers:
            return done
        _restate(store, batch, locator, done)
        after = batch.numbers[-1]
        progress(done.restated + done.already, total)


def _restate(store: Store, batch: Batch, locator: Locator, done: Restated) -> None:
    """Restate what is missing of a batch, keep it if that is wanted, and count all of the batch."""
    missing = np.flatnonzero(~np.array(batch.restated))
    placements = assign_points(batch.lon[missing], batch.lat[missing], locator)
    kept = len(missing)
    if done.committed and kept:
        with store.write() as connection:
            kept = table.add_restatements(connection, [batch.numbers[row] for row in missing], placements)
    done.restated += kept
    done.already += len(batch.numbers) - kept
    after = list(batch.after)
    for row, placement in zip(missing, placements, strict=True):
        after[row] = placement.dedicated_code or placement.base_code
    changed = [row for row, code in enumerate(after) if code != batch.before[row]]
    done.change_hands += len(changed)
    done.outside += after.count(None)
    done.by_street.update(batch.streets[row] for row in changed)
