"""Use cases around time: the same map, one picture after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.services.figures import Kpi, kpi_of
from geogrid.stats.animation import AnimationFrame, TimeStep, choose_step, frame_key, limit_cells, list_frame_keys
from geogrid.stats.density import CELL_DEG, HeatCells, join_cells, merge_cells
from geogrid.stats.disclosure_control import hide_small_counts
from geogrid.store import incidents as table
from geogrid.store.heat_cells import cells_over_time
from geogrid.store.incident_conditions import choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Playback:
    """Where the incidents of a choice lie, through time.

    Attributes
    ----------
    kpi
        Their key figures.
    step
        What a picture stands for.
    pictures
        In their order, those of no incident included.
    cell_deg
        The width and height of the cells in degrees.
    """

    kpi: Kpi
    step: TimeStep
    pictures: list[AnimationFrame]
    cell_deg: float

    @property
    def largest(self) -> int:
        """The highest count of a cell in any picture, or 0."""
        return max((picture.cells.largest for picture in self.pictures), default=0)


def playback(store: Store, chosen: IncidentQuery, step: TimeStep, *, coarse: bool = False) -> Playback:
    """Return where the incidents that a filter chooses lie, picture by picture; all figures are of one moment.

    Parameters
    ----------
    store
        Where they are.
    chosen
        Which ones.
    step
        What a picture stands for; a larger one is taken where it would need too many.
    coarse
        For everybody's eyes: no cell has fewer incidents than `geogrid.stats.disclosure_control.MIN_COUNT`.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    with store.read() as connection:
        choice = choose(connection, chosen)
        counts = table.count_incidents(connection, choice)
        found = cells_over_time(connection, choice, step)
    step = choose_step(step, list(found))
    found = _by_key(found, step)
    return assemble(kpi_of(counts, chosen), step, found, coarse=coarse)


def assemble(kpi: Kpi, step: TimeStep, found: Mapping[str, HeatCells], *, coarse: bool) -> Playback:
    """Return the pictures in their order, with cells that are few and, for everybody's eyes, coarse enough."""
    keys = list_frame_keys(step, list(found))
    totals = {key: int(cells.count.sum()) for key, cells in found.items()}
    shown = {key: hide_small_counts(cells) for key, cells in found.items()} if coarse else found
    grown, width = limit_cells(shown)
    nothing = HeatCells(np.empty(0), np.empty(0), np.empty(0, np.int64))
    pictures = [AnimationFrame(key, totals.get(key, 0), grown.get(key, nothing)) for key in keys]
    return Playback(kpi, step, pictures, width)


def _by_key(found: dict[str, HeatCells], step: TimeStep) -> dict[str, HeatCells]:
    """Fold days into weeks or months."""
    if step not in {TimeStep.WEEK, TimeStep.MONTH}:
        return found
    folded: dict[str, list[HeatCells]] = {}
    for day, cells in found.items():
        folded.setdefault(frame_key(step, day), []).append(cells)
    return {key: merge_cells(join_cells(parts), CELL_DEG) for key, parts in folded.items()}
