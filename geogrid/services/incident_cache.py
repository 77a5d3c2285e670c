"""In-memory cache of incident columns for the counts of maps, updated before each read."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.model import IncidentStatus
from geogrid.model.figures import DateField
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.rules.formulas import FigureCondition, Predicate, selected_source
from geogrid.services import key_figures
from geogrid.services.incident_animation import IncidentAnimation, assemble_animation
from geogrid.services.incident_animation import build_animation as build_from_database
from geogrid.services.key_figures import Density, Kpi
from geogrid.services.saved_columns import SavedColumns, update_columns
from geogrid.stats.animation_frames import TimeStep, choose_step
from geogrid.stats.disclosure_control import hide_small_counts
from geogrid.store.durations import Durations
from geogrid.store.figure_counts import AREA_COLUMNS, Grouping
from geogrid.store.incidents import IncidentCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from geogrid.incidents.query import IncidentQuery
    from geogrid.rules.formulas import Count
    from geogrid.stats.growing_columns import GrowingColumns
    from geogrid.stats.incident_arrays import Columns, Mask
    from geogrid.store.database import Store
    from geogrid.store.incident_mark import IncidentMark

_SECONDS_PER_HOUR: Final = 3_600


class IncidentCache:
    """All incidents of a database as columns, 63 bytes per incident.

    Each read first loads the new and changed incidents. Filters without a column, such as departments or restatements,
    are answered by the database.

    Parameters
    ----------
    store
        The database, which is first read on first use.
    directory
        Folder of the saved columns, see `geogrid.services.saved_columns`. By default all incidents are loaded from the
        database after each start.
    """

    def __init__(self, store: Store, directory: Path | None = None) -> None:
        self._store = store
        self._saved = SavedColumns(store, directory) if directory else None
        self._lock = threading.Lock()
        self._columns: GrowingColumns | None = None
        self._mark: IncidentMark | None = None

    def read_density(self, filters: IncidentQuery, *, coarse: bool = False) -> Density:
        """Return the density of incidents, see `geogrid.services.key_figures.read_density`."""
        columns = self.refresh()
        if not columns.can_answer(filters):
            return key_figures.read_density(self._store, filters, coarse=coarse)
        mask = columns.chosen(filters)
        cells = columns.cells(mask)
        return Density(
            _compute_kpi(columns, mask, filters),
            hide_small_counts(cells) if coarse else cells,
            _count_by_grid(columns, mask),
        )

    def count_by_grid(self, filters: IncidentQuery) -> tuple[Kpi, dict[str, int]]:
        """Return the key figures and the counts by grid, see `geogrid.services.key_figures.count_by_grid`."""
        columns = self.refresh()
        if not columns.can_answer(filters):
            return key_figures.count_by_grid(self._store, filters)
        mask = columns.chosen(filters)
        return _compute_kpi(columns, mask, filters), _count_by_grid(columns, mask)

    def count_by_formulas(
        self, filters: IncidentQuery, counts: Mapping[str, Count], by: Grouping, now: datetime
    ) -> dict[str | None, Counter[str]] | None:
        """Return the counts of `geogrid.store.figure_counts.count_by_formulas` by area code and code of the count.

        None if the columns in memory cannot answer the query or a formula: then the database has to.
        """
        columns = self.refresh()
        if not columns.can_answer(filters):
            return None
        area = getattr(columns, AREA_COLUMNS[by])
        dated: dict[tuple[DateField, ...], Mask] = {
            (DateField.REPORTED,): columns.chosen(filters),
            (DateField.DUE,): _mask_by_due(columns, filters),
        }
        tallies: dict[str | None, Counter[str]] = {}
        for code, count in counts.items():
            mask, matching = dated.get(count.dated_by), _mask_predicates(columns, count.where, now)
            if mask is None or matching is None:
                return None
            counts_by_area: dict[str | None, int] = dict(area.counts(mask & matching))
            if by is not Grouping.DEDICATED_GRID:
                counts_by_area[None] = int(np.count_nonzero(mask & matching & (area.index < 0)))
            for value, area_count in counts_by_area.items():
                tallies.setdefault(value, Counter())[code] = area_count
        return tallies

    def count_durations(
        self, filters: IncidentQuery, by: Grouping, positions: Mapping[str | None, int], now: datetime
    ) -> Durations | None:
        """Return the histogram of `geogrid.store.durations.count_durations`, with the position of each incident's area.

        None if the columns in memory cannot answer the query: then the database has to.
        """
        columns = self.refresh()
        if not columns.can_answer(filters):
            return None
        area = getattr(columns, AREA_COLUMNS[by])
        mask = columns.chosen(filters) & ~_mask_ended(columns) & ~columns.instant
        if by is Grouping.DEDICATED_GRID:
            mask &= area.index >= 0
        # The last element is for incidents without an area.
        position_by_index = np.array([*(positions.get(value, -1) for value in area.values), -1], dtype=np.int64)
        closing = columns.closing[mask]
        closed = closing >= 0
        so_far = np.maximum(int(now.timestamp()) - columns.reported[mask], 0) / _SECONDS_PER_HOUR
        hours = np.where(closed, closing / 10.0, so_far.round(1))
        return Durations(
            position_by_index[area.index[mask]], hours, closed.astype(np.int64), (~closed).astype(np.int64)
        )

    def count_synthetic(self, filters: IncidentQuery) -> SyntheticShare | None:
        """Return the synthetic and real incidents of the filters; None if the columns in memory cannot answer."""
        columns = self.refresh()
        if not columns.can_answer(filters):
            return None
        mask = columns.chosen(filters)
        return SyntheticShare.of(int(np.count_nonzero(mask)), int(np.count_nonzero(mask & columns.synthetic)))

    def build_animation(self, filters: IncidentQuery, step: TimeStep, *, coarse: bool = False) -> IncidentAnimation:
        """Return the density over time, see `geogrid.services.incident_animation.build_animation`."""
        columns = self.refresh()
        if not columns.can_answer(filters) or columns.has_summer_time:
            return build_from_database(self._store, filters, step, coarse=coarse)
        mask = columns.chosen(filters)
        days = columns.day[mask]
        first_and_last = [str(np.datetime64(int(day), "D")) for day in (days.min(), days.max())] if len(days) else []
        step = choose_step(step, first_and_last)
        cells_by_key = {
            _frame_key(step, key): cells
            for key, cells in columns.cells_by(mask, _frame_of_incident(columns, step)).items()
        }
        return assemble_animation(_compute_kpi(columns, mask, filters), step, cells_by_key, coarse=coarse)

    def refresh(self) -> Columns:
        """Return the columns of all incidents, after loading new and changed ones."""
        with self._lock, self._store.read() as connection:
            if self._columns is None and self._saved:
                self._columns, self._mark = self._saved.load(connection)
            self._columns, self._mark = update_columns(connection, self._columns, self._mark)
            return self._columns.columns

    def save(self) -> None:
        """Write the columns to their file if too many changes have happened since the last time."""
        with self._lock:
            columns, mark = self._columns and self._columns.columns, self._mark
        if self._saved and columns and mark:
            self._saved.save(columns, mark)


def _compute_kpi(columns: Columns, mask: Mask, filters: IncidentQuery) -> Kpi:
    counts = IncidentCounts(
        int(np.count_nonzero(mask)),
        int(np.count_nonzero(mask & columns.handled)),
        int(np.count_nonzero(mask & columns.synthetic)),
    )
    return key_figures.kpi_from_counts(counts, filters)


def _mask_by_due(columns: Columns, filters: IncidentQuery) -> Mask:
    """Return the mask of the incidents of the filters, with the period applied to due times."""
    mask = columns.chosen(replace(filters, since=None, until=None)) & (columns.due >= 0)
    if filters.since is not None:
        mask &= columns.due >= int(filters.since.timestamp())
    if filters.until is not None:
        mask &= columns.due < int(filters.until.timestamp())
    return mask


def _mask_ended(columns: Columns) -> Mask:
    return columns.status.equals(IncidentStatus.VOID) | columns.status.equals(IncidentStatus.MERGED)


def _mask_predicates(columns: Columns, where: Iterable[FigureCondition], now: datetime) -> Mask | None:
    """Return the mask of the incidents that match all predicates, or None if a column is missing."""
    masks = {
        Predicate.COUNTED: ~_mask_ended(columns),
        Predicate.VOID: columns.status.equals(IncidentStatus.VOID),
        Predicate.MERGED: columns.status.equals(IncidentStatus.MERGED),
        Predicate.CLOCK_RUNS: columns.runs,
        Predicate.DUE: (columns.due >= 0) & (columns.due <= int(now.timestamp())),
        Predicate.OVERDUE: columns.late,
        Predicate.SYNTHETIC: columns.synthetic,
        Predicate.OPEN: ~columns.handled,
        Predicate.HANDLED: columns.handled,
    }
    mask: Mask = np.ones(len(columns.number), dtype=bool)
    for condition in where:
        source = selected_source(condition)
        if source is None and condition not in masks:
            return None
        mask &= masks[Predicate(condition)] if source is None else columns.source.equals(source)
    return mask


def _count_by_grid(columns: Columns, mask: Mask) -> dict[str, int]:
    return columns.base_code.counts(mask) | columns.dedicated_code.counts(mask)


def _frame_of_incident(columns: Columns, step: TimeStep) -> NDArray[np.int64]:
    """Return the frame of each incident as an integer; `_frame_key` converts it to the frame key."""
    if step is TimeStep.HOUR:
        return columns.hour
    if step is TimeStep.WEEKDAY:
        return columns.weekday
    days = columns.day
    if step is TimeStep.WEEK:
        return days - (days + 3) % 7
    return days if step is TimeStep.DAY else days.astype("M8[D]").astype("M8[M]").astype(np.int64)


def _frame_key(step: TimeStep, key: int) -> str:
    if step in {TimeStep.HOUR, TimeStep.WEEKDAY}:
        return str(key)
    return str(np.datetime64(key, "M" if step is TimeStep.MONTH else "D").astype("M8[D]"))
