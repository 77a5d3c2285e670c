"""Find the cells of a raster that an edge may touch.

`cell_numbers` defines the column or row of a coordinate. It is monotonic despite rounding, which is all the method
needs. Between its ends the course of an edge is subject to rounding, so a few neighbouring cells are included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Tolerance relative to the largest coordinate. Points on an edge and sides of a cell have an error of at most 10 units
#: in the last place; this is 45.
_ROUNDING: Final = 1e-14
#: Largest error in degrees of a point that is looked up, some 1 cm: that of `geogrid.geo.inverse_table`, and rounding.
#: The cell of such a point lists every edge within the error.
MAX_SLACK: Final = 1e-7


@dataclass(frozen=True, slots=True)
class CellRuns:
    """The first and last column that each edge may touch, for each row."""

    edge: NDArray[np.intp]
    row: NDArray[np.intp]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def cell_numbers(values: NDArray[np.float64], origin: float, scale: float, side: int) -> NDArray[np.int32]:
    """Return the columns of longitudes, or the rows of latitudes, in a raster with `side` cells a side.

    Values beyond an edge, infinite values and NaN get the first or the last cell.
    """
    numbers = values - origin
    numbers *= scale
    with np.errstate(invalid="ignore"):  # a number beyond int32 becomes the smallest or the largest
        cells = numbers.astype(np.int32)
    np.maximum(cells, 0, out=cells)
    return np.minimum(cells, side - 1, out=cells)


class RasterExtent:
    """Position and cell size of a raster, from the bounds of its edges."""

    def __init__(self, ends: NDArray[np.float64], resolution: int) -> None:
        corners = ends.reshape(-1, 2) if len(ends) else np.zeros((1, 2))
        low, high = corners.min(axis=0), corners.max(axis=0)
        largest = max(float(np.abs(corners).max()), 1.0)
        self.slack = largest * _ROUNDING + 1.01 * MAX_SLACK
        size = np.maximum((high - low) / resolution, max(largest * 2.0**-30, 8 * self.slack))
        self.side = resolution + 3
        self.west, self.south = (float(value) for value in low - 1.25 * size)
        self.per_lon, self.per_lat = (float(value) for value in 1 / size)

    def column(self, lon: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the columns of longitudes."""
        return cell_numbers(lon, self.west, self.per_lon, self.side)

    def row(self, lat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the rows of latitudes."""
        return cell_numbers(lat, self.south, self.per_lat, self.side)

    def runs(self, ends: NDArray[np.float64], begin: int) -> CellRuns:
        """Return the runs of consecutive edges, the first of which has the index `begin`."""
        bottom = self.row(ends[:, 1] - self.slack)
        row, edge = expand_ranges(bottom, self.row(ends[:, 3] + self.slack) - bottom + 1)
        x1, y1, x2, y2 = ends[edge].T
        level = self.south + row / self.per_lat
        enters = _longitude_at(x1, y1, x2, y2, level - self.slack)
        leaves = _longitude_at(x1, y1, x2, y2, level + 1 / self.per_lat + self.slack)
        flat = y1 == y2
        low = np.where(flat, np.minimum(x1, x2), np.minimum(enters, leaves))
        high = np.where(flat, np.maximum(x1, x2), np.maximum(enters, leaves))
        return CellRuns(edge + begin, row, self.column(low - self.slack), self.column(high + self.slack))


def _longitude_at(
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    x2: NDArray[np.float64],
    y2: NDArray[np.float64],
    level: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the longitude of each edge at a latitude; beyond its ends, the longitude of the nearer end."""
    height = np.where(y1 == y2, 1.0, y2 - y1)
    return x1 + (np.clip(level, y1, y2) - y1) / height * (x2 - x1)


def expand_ranges(first: NDArray[np.integer], count: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the numbers ``first[i] … first[i] + count[i] - 1`` for all i in one array, and the i of each number."""
    source = np.repeat(np.arange(len(first)), count)
    return np.arange(len(source)) + (first - np.cumsum(count) + count)[source], source
