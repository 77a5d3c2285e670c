"""Incidents as NumPy arrays in memory, which maps filter and count without a database query."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from geogrid.category_tree import category_tree
from geogrid.incidents.query import IncidentQuery, Standing
from geogrid.incidents.query_value_types import Origin
from geogrid.model import Bounds, IncidentStatus, Layer
from geogrid.model.figures import DateField
from geogrid.stats.coded_column import Coded, count_index, index_type
from geogrid.stats.point_binning import CELL_DEG, HeatCells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from geogrid.incidents.query import BoundingBox, HourRange

    Mask = NDArray[np.bool_]

#: Offset of China Standard Time from UTC. It is constant since `_LAST_CHANGE_S`; before, there was summer time.
_OFFSET_S: Final = 8 * 3600
_LAST_CHANGE_S: Final = 694_224_000  # 1992-01-01
_DAY_S: Final = 86_400
#: Maximum number of cells in the groups of all incidents for counting with a dense array, which needs no sorting.
_DENSE: Final = 4_000_000
#: Factor of the column in the number of a raster cell, larger than the number of rows on earth.
_CELL_COLUMN: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """Incidents as columns, sorted by id. The arrays are never modified.

    Attributes
    ----------
    number, reported : ndarray of int64, shape (n,)
        Ids, and report times in whole seconds since 1970.
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees.
    handled, synthetic, part : ndarray of bool, shape (n,)
        Whether each incident has been handled, whether it is synthetic, and whether it is a part of a split report.
    closing : ndarray of int32, shape (n,)
        Tenths of hours from the report to closing, or -1.
    due : ndarray of int64, shape (n,)
        Due times of handling in whole seconds since 1970, or -1.
    runs, late : ndarray of bool, shape (n,)
        For incidents with a due time: whether the clock was not stopped before it, and whether the incident was not
        handled by then.
    instant : ndarray of bool, shape (n,)
        Whether each incident was handled on the spot, and not reworked or dispatched since.
    category, source, status, base_layer, base_code, dedicated_code, community_code, street_code
        The columns of the same names in the table of incidents.
    cell
        The number of the raster cell of each point, see `raster_cells`.
    """

    number: NDArray[np.int64]
    reported: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    handled: Mask
    synthetic: Mask
    part: Mask
    closing: NDArray[np.int32]
    due: NDArray[np.int64]
    runs: Mask
    late: Mask
    instant: Mask
    category: Coded[str]
    source: Coded[str]
    status: Coded[str]
    base_layer: Coded[str]
    base_code: Coded[str]
    dedicated_code: Coded[str]
    community_code: Coded[str]
    street_code: Coded[str]
    cell: Coded[int]

    def chosen(self, asked: IncidentQuery) -> Mask:
        """Return a mask of the incidents to count for a query; call `can_answer` first. A split report counts once."""
        found: Mask = ~self.part
        for name, value in _active(asked):
            found &= COLUMN_CONDITIONS[name](self, value)
        return found

    def can_answer(self, asked: IncidentQuery) -> bool:
        """Return whether `chosen` can evaluate every active field of a query with the same result as the database."""
        ends = [moment for moment in (asked.since, asked.until) if moment is not None]
        by_clock = asked.weekday is not None or asked.hours is not None
        return (
            asked.dated_by is DateField.REPORTED
            and all(name in COLUMN_CONDITIONS for name, _ in _active(asked))
            and not (asked.within and asked.within.departments)
            and not any(moment.microsecond for moment in ends)
            and not (by_clock and self.has_summer_time)
        )

    @property
    def has_summer_time(self) -> bool:
        """Whether an incident was reported before 1992, when China had summer time."""
        return bool(len(self.reported)) and int(self.reported.min()) < _LAST_CHANGE_S

    @property
    def hour(self) -> NDArray[np.int64]:
        """The local hour of each report, 0 to 23."""
        return (self.reported + _OFFSET_S) // 3600 % 24

    @property
    def day(self) -> NDArray[np.int64]:
        """The local day of each report, in days since 1970."""
        return (self.reported + _OFFSET_S) // _DAY_S

    @property
    def weekday(self) -> NDArray[np.int64]:
        """The local day of the week of each report, from 1 (Monday) to 7 (Sunday)."""
        # The first day of 1970 was a Thursday.
        return (self.day + 3) % 7 + 1

    def cells(self, chosen: Mask) -> HeatCells:
        """Return the raster cells of `CELL_DEG` that contain chosen incidents, with their number in each cell."""
        counts = count_index(self.cell.index, chosen, len(self.cell.values))
        found = np.flatnonzero(counts)
        return self._heat_cells(found, counts[found])

    def cells_by(self, chosen: Mask, group: NDArray[np.int64]) -> dict[int, HeatCells]:
        """Return the result of `cells` for each group of incidents, such as the incidents of each week.

        Parameters
        ----------
        chosen
            Mask of the incidents to count, shape (n,).
        group
            Number of each incident's group, shape (n,).

        Returns
        -------
        dict
            The cells by group, without groups of no chosen incident.
        """
        if not chosen.any():
            return {}
        groups = group[chosen]
        first, width = int(groups.min()), len(self.cell.values)
        place = (groups - first) * width + self.cell.index[chosen]
        found, count = _count(place, (int(groups.max()) - first + 1) * width)
        whose, cells = np.divmod(found, width)
        edges = np.flatnonzero(np.diff(whose, prepend=-1, append=-1))
        return {
            int(whose[begin]) + first: self._heat_cells(cells[begin:end], count[begin:end])
            for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        }

    def _heat_cells(self, index: NDArray[np.int64], count: NDArray[np.int64]) -> HeatCells:
        """Return the cells of some indices of `cell`, by longitude, then latitude."""
        numbers = np.array(self.cell.values, dtype=np.int64)[index]
        order = np.argsort(numbers)
        column, row = np.divmod(numbers[order] + _CELL_COLUMN // 2, _CELL_COLUMN)
        lon, lat = (((part + 0.5) * CELL_DEG).round(4) for part in (column, row - _CELL_COLUMN // 2))
        return HeatCells(lon, lat, count[order])


def raster_cells(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Coded[int]:
    """Return the raster cell of `CELL_DEG` that contains each point, as its column times 1,000,000 plus its row.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees, shape (n,).

    Examples
    --------
    >>> raster_cells(np.array([113.3001, -0.0001]), np.array([40.0901, -0.0001])).values
    (113300040090, -1000001)
    """
    numbers = np.floor(lon / CELL_DEG).astype(np.int64) * _CELL_COLUMN + np.floor(lat / CELL_DEG).astype(np.int64)
    encoded = pa.array(numbers).dictionary_encode()
    index = encoded.indices.to_numpy().astype(index_type(len(encoded.dictionary)))
    return Coded(tuple(encoded.dictionary.to_pylist()), index)


def _active(asked: IncidentQuery) -> list[tuple[str, Any]]:
    values = ((field.name, getattr(asked, field.name)) for field in fields(IncidentQuery))
    return [(name, value) for name, value in values if value is not None and name != "dated_by"]


def _has_status(columns: Columns, standing: Standing) -> Mask:
    status = columns.status
    if standing is Standing.HANDLED:
        return columns.handled
    if standing is Standing.OPEN:
        return ~(columns.handled | status.equals(IncidentStatus.VOID) | status.equals(IncidentStatus.MERGED))
    return status.equals(standing)


def _within(columns: Columns, bounds: Bounds) -> Mask:
    """Return a mask of the incidents within the areas and categories of bounds; `can_answer` excludes departments."""
    found: Mask = np.ones(len(columns.number), dtype=bool)
    if bounds.areas:
        areas = (columns.street_code, columns.community_code, columns.base_code, columns.dedicated_code)
        found &= np.logical_or.reduce([column.equals(area) for column in areas for area in bounds.areas])
    if bounds.categories:
        found &= columns.category.equals_any(category_tree().expand(bounds.categories))
    return found


def _reported_in(columns: Columns, hours: HourRange) -> Mask:
    hour = columns.hour
    ends = (hour >= hours.first, hour <= hours.last)
    return ends[0] | ends[1] if hours.last < hours.first else ends[0] & ends[1]


def _lies_in(columns: Columns, box: BoundingBox) -> Mask:
    lon, lat = columns.lon, columns.lat
    return (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)


def _in_layer(columns: Columns, layer: Layer) -> Mask:
    return columns.dedicated_code.index >= 0 if layer is Layer.DEDICATED else columns.base_layer.equals(layer)


#: The conditions by the attribute of `IncidentQuery`. The database answers queries with any other field.
COLUMN_CONDITIONS: Final[Mapping[str, Callable[[Columns, Any], Mask]]] = {
    "since": lambda columns, moment: columns.reported >= _seconds(moment),
    "until": lambda columns, moment: columns.reported < _seconds(moment),
    "category": lambda columns, codes: columns.category.equals_any(category_tree().expand(codes)),
    "source": lambda columns, sources: columns.source.equals_any(sources),
    "status": _has_status,
    "origin": lambda columns, origin: columns.synthetic == (origin is Origin.SYNTHETIC),
    "weekday": lambda columns, day: columns.weekday == day,
    "hours": _reported_in,
    "street": lambda columns, codes: columns.street_code.equals_any(codes),
    "community": lambda columns, code: columns.community_code.equals(code),
    "grid": lambda columns, code: columns.base_code.equals(code) | columns.dedicated_code.equals(code),
    "layer": _in_layer,
    "box": _lies_in,
    "within": _within,
}


def _count(place: NDArray[np.int64], span: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if span > _DENSE:
        return np.unique(place, return_counts=True)
    counts = np.bincount(place, minlength=1)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
