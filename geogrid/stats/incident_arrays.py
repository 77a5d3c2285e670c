"""Incidents as NumPy arrays in memory, which maps filter and count without a database query."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.category_tree import category_tree
from geogrid.incidents.query import IncidentQuery, Standing
from geogrid.incidents.query_value_types import Origin
from geogrid.model import Bounds, IncidentStatus, Layer
from geogrid.model.figures import DateField
from geogrid.stats.point_binning import CELL_DEG, HeatCells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from geogrid.incidents.query import BoundingBox, HourRange

    Mask = NDArray[np.bool_]

#: Offset of China Standard Time from UTC. It is constant since `_LAST_CHANGE_S`; before, there was summer time.
_OFFSET_S: Final = 8 * 3600
_LAST_CHANGE_S: Final = 694_224_000  # 1992-01-01
_DAY_S: Final = 86_400
#: Maximum number of cells in the bounds for counting with a dense array, which needs no sorting.
_DENSE: Final = 4_000_000
#: Index of an incident without a text.
NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """A dictionary-encoded column of texts, such as categories.

    Attributes
    ----------
    values
        The different texts.
    index : ndarray of int32, shape (n,)
        Index in `values` of each incident's text; -1 for none.
    """

    values: tuple[str, ...]
    index: NDArray[np.int32]

    def equals(self, value: str) -> Mask:
        """Return a mask of the incidents with this text."""
        found: Mask = self.index == (self.values.index(value) if value in self.values else -2)
        return found

    def equals_any(self, values: Sequence[str]) -> Mask:
        """Return a mask of the incidents with one of the texts."""
        # The last element stands for the index -1.
        found = np.array([*(value in values for value in self.values), False])
        return found[self.index]

    def counts(self, chosen: Mask) -> dict[str, int]:
        """Return the number of chosen incidents by text, without texts of no chosen incident."""
        index = self.index[chosen]
        counted = np.bincount(index[index >= 0], minlength=len(self.values)).tolist()
        return {value: count for value, count in zip(self.values, counted, strict=True) if count}


def code(texts: Sequence[str | None], known: Sequence[str] = ()) -> Coded:
    """Return a dictionary-encoded column of texts; its values begin with the `known` texts.

    Examples
    --------
    >>> coded = code(["b", None, "a", "b"], known=["a"])
    >>> coded.values, coded.index.tolist()
    (('a', 'b'), [1, -1, 0, 1])
    """
    places: dict[str | None, int] = {None: NONE, **{value: place for place, value in enumerate(known)}}
    index = number_texts(texts, places)
    return Coded(tuple(value for value in places if value is not None), index)


def number_texts(texts: Sequence[str | None], places: dict[str | None, int]) -> NDArray[np.int32]:
    """Return the index of each text in `places`, and add new texts to `places`, which maps None to `NONE`."""
    for value in texts:
        # One less than there are, as None is among them.
        places.setdefault(value, len(places) - 1)
    return np.fromiter((places[value] for value in texts), np.int32, len(texts))


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
    category: Coded
    source: Coded
    status: Coded
    base_layer: Coded
    base_code: Coded
    dedicated_code: Coded
    community_code: Coded
    street_code: Coded

    def updated(self, rows: Columns) -> Columns:
        """Return these incidents with `rows` inserted, or replaced if their ids exist."""
        places = np.searchsorted(self.number, rows.number)
        known = places < len(self.number)
        known[known] = self.number[places[known]] == rows.number[known]
        changed: dict[str, Any] = {}
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(rows, field.name)
            if isinstance(mine, Coded):
                joined = code([theirs.values[place] if place >= 0 else None for place in theirs.index], mine.values)
                changed[field.name] = Coded(joined.values, _put(mine.index, joined.index, places, known))
            else:
                changed[field.name] = _put(mine, theirs, places, known)
        return replace(self, **changed)

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
        return self.cells_by(chosen, np.zeros(len(self.number), dtype=np.int64)).get(
            0, HeatCells(np.empty(0), np.empty(0), np.empty(0, np.int64))
        )

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
        column = np.floor(self.lon[chosen] / CELL_DEG).astype(np.int64)
        row = np.floor(self.lat[chosen] / CELL_DEG).astype(np.int64)
        groups = group[chosen]
        west, south, first = int(column.min()), int(row.min()), int(groups.min())
        width, height = int(column.max()) - west + 1, int(row.max()) - south + 1
        place = ((groups - first) * width + (column - west)) * height + (row - south)
        found, count = _count(place, (int(groups.max()) - first + 1) * width * height)
        rest, rows = np.divmod(found, height)
        whose, columns = np.divmod(rest, width)
        lon = ((columns + west + 0.5) * CELL_DEG).round(4)
        lat = ((rows + south + 0.5) * CELL_DEG).round(4)
        edges = np.flatnonzero(np.diff(whose, prepend=-1, append=-1))
        return {
            int(whose[begin]) + first: HeatCells(lon[begin:end], lat[begin:end], count[begin:end])
            for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        }


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


def _put(mine: NDArray[Any], theirs: NDArray[Any], places: NDArray[np.int64], known: Mask) -> NDArray[Any]:
    together = np.concatenate([mine, theirs[~known]])
    together[places[known]] = theirs[known]
    return together


def _count(place: NDArray[np.int64], span: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if span > _DENSE:
        return np.unique(place, return_counts=True)
    counts = np.bincount(place, minlength=1)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
