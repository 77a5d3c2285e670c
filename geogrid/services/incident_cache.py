"""What the maps count again and again, kept in memory and brought up to date before each answer."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.model import IncidentStatus
from geogrid.model.figures import DateField
from geogrid.rules.formulas import Predicate
from geogrid.services import figures
from geogrid.services.animation import Playback, assemble
from geogrid.services.animation import playback as read_playback
from geogrid.services.figures import Density, Kpi
from geogrid.stats.animation import TimeStep, fitting
from geogrid.stats.disclosure_control import coarsen
from geogrid.store.change_feed import newest_change
from geogrid.store.figures import AREA_COLUMNS, Grouping
from geogrid.store.incident_columns import newest_number, read_changed, read_columns
from geogrid.store.incidents import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from geogrid.incidents.query import IncidentQuery
    from geogrid.rules.formulas import Count
    from geogrid.stats.incident_columns import Columns, Mask
    from geogrid.store.database import Store
    from geogrid.store.durations import Hours


class Overview:
    """All incidents of a store as columns: eighty bytes each.

    Before each answer it asks the database what has come in or changed since, and reads only that. Filters that the
    columns do not hold, such as an actor's departments or restated layers, are answered by the database.

    Parameters
    ----------
    store
        Where the incidents are. Nothing is read until somebody asks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._change = 0

    def density(self, chosen: IncidentQuery, *, coarse: bool = False) -> Density:
        """Return where incidents lie, see `geogrid.services.figures.density`."""
        columns = self.current()
        if not columns.can_answer(chosen):
            return figures.density(self._store, chosen, coarse=coarse)
        mask = columns.chosen(chosen)
        cells = columns.cells(mask)
        return Density(_kpi(columns, mask, chosen), coarsen(cells) if coarse else cells, _by_grid(columns, mask))

    def count_by_grid(self, chosen: IncidentQuery) -> tuple[Kpi, dict[str, int]]:
        """Return how many incidents lie in each grid, see `geogrid.services.figures.count_by_grid`."""
        columns = self.current()
        if not columns.can_answer(chosen):
            return figures.count_by_grid(self._store, chosen)
        mask = columns.chosen(chosen)
        return _kpi(columns, mask, chosen), _by_grid(columns, mask)

    def tally(
        self, chosen: IncidentQuery, counts: Mapping[str, Count], by: Grouping, now: datetime
    ) -> dict[str | None, Counter[str]] | None:
        """Count by areas as `geogrid.store.figures.tally` does, or None where the columns do not hold what to count."""
        columns = self.current()
        if not columns.can_answer(chosen):
            return None
        area = getattr(columns, AREA_COLUMNS[by])
        dated: dict[tuple[DateField, ...], Mask] = {
            (DateField.REPORTED,): columns.chosen(chosen),
            (DateField.DUE,): _chosen_by_due(columns, chosen),
        }
        found: dict[str | None, Counter[str]] = {}
        for code, count in counts.items():
            mask, met = dated.get(count.dated_by), _meets(columns, count.where, now)
            if mask is None or met is None:
                return None
            numbers: dict[str | None, int] = dict(area.counts(mask & met))
            if by is not Grouping.DEDICATED_GRID:
                numbers[None] = int(np.count_nonzero(mask & met & (area.index < 0)))
            for value, number in numbers.items():
                found.setdefault(value, Counter())[code] = number
        return found

    def closing_hours(self, chosen: IncidentQuery, by: Grouping, places: Mapping[str | None, int]) -> Hours | None:
        """Return hours as `geogrid.store.durations.closing_hours` does, or None where the columns cannot."""
        columns = self.current()
        if not columns.can_answer(chosen):
            return None
        area = getattr(columns, AREA_COLUMNS[by])
        mask = columns.chosen(chosen) & (columns.closing >= 0) & ~_ended(columns)
        if by is Grouping.DEDICATED_GRID:
            mask &= area.index >= 0
        # The last one stands for none.
        numbers = np.array([*(places.get(value, -1) for value in area.values), -1], dtype=np.int64)
        return numbers[area.index[mask]], columns.closing[mask] / 10.0, np.ones(np.count_nonzero(mask), dtype=np.int64)

    def any_synthetic(self, chosen: IncidentQuery) -> bool | None:
        """Tell whether any of the chosen incidents are made up, or None where the columns cannot."""
        columns = self.current()
        if not columns.can_answer(chosen):
            return None
        return bool((columns.chosen(chosen) & columns.synthetic).any())

    def playback(self, chosen: IncidentQuery, step: TimeStep, *, coarse: bool = False) -> Playback:
        """Return where incidents lie through time, see `geogrid.services.animation.playback`."""
        columns = self.current()
        if not columns.can_answer(chosen) or columns.has_summer_time:
            return read_playback(self._store, chosen, step, coarse=coarse)
        mask = columns.chosen(chosen)
        days = columns.day[mask]
        ends = [str(np.datetime64(int(day), "D")) for day in (days.min(), days.max())] if len(days) else []
        step = fitting(step, ends)
        found = {_name(step, key): cells for key, cells in columns.cells_by(mask, _keys(columns, step)).items()}
        return assemble(_kpi(columns, mask, chosen), step, found, coarse=coarse)

    def current(self) -> Columns:
        """Return all incidents as they are now."""
        with self._lock, self._store.read() as connection:
            # First what has changed, then what there is: whatever comes in between is read once more next time.
            change = newest_change(connection)
            if self._columns is None:
                self._columns = read_columns(connection)
            elif change > self._change:
                rows = read_changed(connection, self._change, change)
                self._columns = read_columns(connection) if rows is None else self._columns.updated(rows)
            last = int(self._columns.number[-1]) if len(self._columns.number) else 0
            if newest_number(connection) > last:
                self._columns = self._columns.updated(read_columns(connection, last))
            self._change = change
            return self._columns


def _kpi(columns: Columns, mask: Mask, chosen: IncidentQuery) -> Kpi:
    counts = Counts(
        int(np.count_nonzero(mask)),
        int(np.count_nonzero(mask & columns.handled)),
        int(np.count_nonzero(mask & columns.synthetic)),
    )
    return figures.kpi_of(counts, chosen)


def _chosen_by_due(columns: Columns, chosen: IncidentQuery) -> Mask:
    """Tell which incidents a filter means whose period is one of due times."""
    found = columns.chosen(replace(chosen, since=None, until=None)) & (columns.due >= 0)
    if chosen.since is not None:
        found &= columns.due >= int(chosen.since.timestamp())
    if chosen.until is not None:
        found &= columns.due < int(chosen.until.timestamp())
    return found


def _ended(columns: Columns) -> Mask:
    return columns.status.equals(IncidentStatus.VOID) | columns.status.equals(IncidentStatus.MERGED)


def _meets(columns: Columns, where: Iterable[Predicate], now: datetime) -> Mask | None:
    """Tell which incidents have all of some predicates, or None where the columns do not hold one."""
    held = {
        Predicate.COUNTED: ~_ended(columns),
        Predicate.VOID: columns.status.equals(IncidentStatus.VOID),
        Predicate.MERGED: columns.status.equals(IncidentStatus.MERGED),
        Predicate.CLOCK_RUNS: columns.runs,
        Predicate.DUE: (columns.due >= 0) & (columns.due <= int(now.timestamp())),
        Predicate.OVERDUE: columns.late,
        Predicate.SYNTHETIC: columns.synthetic,
        Predicate.OPEN: ~columns.handled,
        Predicate.HANDLED: columns.handled,
    }
    found: Mask = np.ones(len(columns.number), dtype=bool)
    for predicate in where:
        if predicate not in held:
            return None
        found &= held[predicate]
    return found


def _by_grid(columns: Columns, mask: Mask) -> dict[str, int]:
    return columns.base_code.counts(mask) | columns.dedicated_code.counts(mask)


def _keys(columns: Columns, step: TimeStep) -> NDArray[np.int64]:
    """Return a number for the picture that each incident belongs to; `_name` tells its key."""
    if step is TimeStep.HOUR:
        return columns.hour
    if step is TimeStep.WEEKDAY:
        return columns.weekday
    days = columns.day
    if step is TimeStep.WEEK:
        return days - (days + 3) % 7
    return days if step is TimeStep.DAY else days.astype("M8[D]").astype("M8[M]").astype(np.int64)


def _name(step: TimeStep, key: int) -> str:
    if step in {TimeStep.HOUR, TimeStep.WEEKDAY}:
        return str(key)
    return str(np.datetime64(key, "M" if step is TimeStep.MONTH else "D").astype("M8[D]"))
