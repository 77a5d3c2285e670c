"""Restatement: place incidents by another generation than the one active when they were reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.incidents.grid_assignment import assign_points
from geogrid.locate.locator import Locator
from geogrid.model import SNAP_M
from geogrid.services.layer_generations import load_generation
from geogrid.store import restatements as table

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.model import Generation
    from geogrid.store.database import Store
    from geogrid.store.restatements import RestatementBatch

#: Incidents per transaction; writing a batch blocks other writers for about 0.2 seconds.
_BATCH: Final = 20_000


@dataclass(slots=True)
class RestatementResult:
    """The result of a restatement of all incidents placed by other generations.

    Attributes
    ----------
    generation
        The generation of the new placements.
    restated
        The number of incidents restated by this run.
    already
        The number of incidents restated before.
    change_hands
        The number of all these incidents whose responsible grid differs.
    outside
        The number of all these incidents in no grid of this generation.
    by_street
        The number of incidents with a different grid by original street code; None for no street.
    committed
        Whether the restatements were stored.
    """

    generation: Generation
    restated: int = 0
    already: int = 0
    change_hands: int = 0
    outside: int = 0
    by_street: Counter[str | None] = field(default_factory=Counter)
    committed: bool = False


def restate_incidents(
    store: Store,
    generation_id: int,
    *,
    commit: bool,
    snap_m: float = SNAP_M,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RestatementResult:
    """Restate the incidents placed by other generations; the incidents themselves do not change.

    Stored restatements are skipped, so a run after an interruption continues. Incidents that arrive during the run are
    not included.

    Parameters
    ----------
    store
        The database; each batch is one transaction.
    generation_id
        The generation of the new placements; it may be a draft.
    commit
        False counts without writing.
    snap_m
        The snapping distance in metres, see `geogrid.locate.locator.Locator`.
    progress
        Called after each batch with the numbers of processed incidents and of all incidents.

    Raises
    ------
    NotFoundError
        If the generation does not exist.
    """
    locator = Locator(*load_generation(store, generation_id), snap_m=snap_m)
    result = RestatementResult(locator.generation, committed=commit)
    with store.read() as connection:
        total, last_id = table.count_restatable(connection, generation_id)
    after = 0
    while True:
        with store.read() as connection:
            batch = table.read_batch(connection, generation_id, after=after, last=last_id, limit=_BATCH)
        if not batch.ids:
            return result
        _restate(store, batch, locator, result)
        after = batch.ids[-1]
        progress(result.restated + result.already, total)


def _restate(store: Store, batch: RestatementBatch, locator: Locator, result: RestatementResult) -> None:
    """Compute the missing restatements of a batch, store them if committed, and add the batch to the result."""
    missing = np.flatnonzero(~np.array(batch.restated))
    placements = assign_points(batch.lon[missing], batch.lat[missing], locator)
    added = len(missing)
    if result.committed and added:
        with store.write() as connection:
            added = table.add_restatements(connection, [batch.ids[row] for row in missing], placements)
    result.restated += added
    result.already += len(batch.ids) - added
    after = list(batch.after)
    for row, placement in zip(missing, placements, strict=True):
        after[row] = placement.responsible_code
    changed = [row for row, code in enumerate(after) if code != batch.before[row]]
    result.change_hands += len(changed)
    result.outside += after.count(None)
    result.by_street.update(batch.streets[row] for row in changed)
