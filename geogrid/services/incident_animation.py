"""Animation of the density of incidents: one frame per day, week, month, weekday or hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid.services.key_figures import Kpi, kpi_from_counts
from geogrid.stats.animation_frames import (
    AnimationFrame,
    TimeStep,
    choose_step,
    frame_key,
    limit_cells,
    list_frame_keys,
)
from geogrid.stats.disclosure_control import hide_small_counts
from geogrid.stats.point_binning import CELL_DEG, HeatCells, join_cells, merge_cells
from geogrid.store import incidents as table
from geogrid.store.heat_cells import count_cells_over_time
from geogrid.store.incident_conditions import choose_to_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class IncidentAnimation:
    """The density of incidents over time.

    Attributes
    ----------
    kpi
        The key figures of all incidents.
    step
        The time step of a frame.
    pictures
        The frames in order, including those without incidents.
    cell_deg
        The width and height of a cell in degrees.
    """

    kpi: Kpi
    step: TimeStep
    pictures: list[AnimationFrame]
    cell_deg: float

    @property
    def largest(self) -> int:
        """The highest count of a cell in any frame, or 0."""
        return max((picture.cells.largest for picture in self.pictures), default=0)


def build_animation(store: Store, filters: IncidentQuery, step: TimeStep, *, coarse: bool = False) -> IncidentAnimation:
    """Return the density of incidents over time, from one database snapshot.

    Parameters
    ----------
    store
        The database.
    filters
        The incidents.
    step
        The time step of a frame; a larger step is used if there would be too many frames.
    coarse
        Apply disclosure control for anonymous users: merge cells with fewer than
        `geogrid.stats.disclosure_control.MIN_COUNT` incidents.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        choice = choose_to_count(connection, filters)
        counts = table.count_incidents(connection, choice)
        cells_by_key = count_cells_over_time(connection, choice, step)
    step = choose_step(step, list(cells_by_key))
    cells_by_key = _group_by_step(cells_by_key, step)
    return assemble_animation(kpi_from_counts(counts, filters), step, cells_by_key, coarse=coarse)


def assemble_animation(
    kpi: Kpi, step: TimeStep, cells_by_key: Mapping[str, HeatCells], *, coarse: bool
) -> IncidentAnimation:
    """Return the animation of cell counts by frame key; `coarse` applies disclosure control."""
    keys = list_frame_keys(step, list(cells_by_key))
    totals = {key: int(cells.count.sum()) for key, cells in cells_by_key.items()}
    published = {key: hide_small_counts(cells) for key, cells in cells_by_key.items()} if coarse else cells_by_key
    merged, width = limit_cells(published)
    empty = HeatCells(np.empty(0), np.empty(0), np.empty(0, np.int64))
    pictures = [AnimationFrame(key, totals.get(key, 0), merged.get(key, empty)) for key in keys]
    return IncidentAnimation(kpi, step, pictures, width)


def _group_by_step(cells_by_day: dict[str, HeatCells], step: TimeStep) -> dict[str, HeatCells]:
    """Merge the cell counts of days into weeks or months."""
    if step not in {TimeStep.WEEK, TimeStep.MONTH}:
        return cells_by_day
    folded: dict[str, list[HeatCells]] = {}
    for day, cells in cells_by_day.items():
        folded.setdefault(frame_key(step, day), []).append(cells)
    return {key: merge_cells(join_cells(parts), CELL_DEG) for key, parts in folded.items()}
