"""Which cells of a raster an edge may touch.

Column and row of a number are what `cell_numbers` says, whatever rounding does to it: it never falls where its argument
rises, and that is all that the method needs. Where an edge runs between its ends is known but for rounding, so it is
said to touch a little more than it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A point on an edge, and the side of a cell, are computed to 10 units in the last place of the largest coordinate;
#: this is 45.
_SLACK: Final = 1e-14


@dataclass(frozen=True, slots=True)
class CellRuns:
    """Each edge in each row that it may touch: from which column to which."""

    edge: NDArray[np.intp]
    row: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]


def cell_numbers(values: NDArray[np.float64], origin: float, scale: float, side: int) -> NDArray[np.intp]:
    """Return the columns of longitudes, or the rows of latitudes; what is outside, and NaN, goes to the rim."""
    found = values - origin
    found *= scale
    np.fmax(found, 0.0, out=found)
    return np.fmin(found, side - 1.0, out=found).astype(np.intp)


class RasterExtent:
    """Where the raster lies."""

    def __init__(self, ends: NDArray[np.float64], resolution: int) -> None:
        corners = ends.reshape(-1, 2) if len(ends) else np.zeros((1, 2))
        low, high = corners.min(axis=0), corners.max(axis=0)
        largest = max(float(np.abs(corners).max()), 1.0)
        size = np.maximum((high - low) / resolution, largest * 2.0**-30)
        self.side = resolution + 3
        self.slack = largest * _SLACK
        self.west, self.south = (float(value) for value in low - 1.25 * size)
        self.per_lon, self.per_lat = (float(value) for value in 1 / size)

    def column(self, lon: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the columns of longitudes."""
        return cell_numbers(lon, self.west, self.per_lon, self.side)

    def row(self, lat: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the rows of latitudes."""
        return cell_numbers(lat, self.south, self.per_lat, self.side)

    def runs(self, ends: NDArray[np.float64], begin: int) -> CellRuns:
        """Return the runs of some edges, of which the first has the number `begin`."""
        bottom = self.row(ends[:, 1])
        row, edge = expand_ranges(bottom, self.row(ends[:, 3]) - bottom + 1)
        x1, y1, x2, y2 = ends[edge].T
        level = self.south + row / self.per_lat
        enters = _abscissa(x1, y1, x2, y2, level - self.slack)
        leaves = _abscissa(x1, y1, x2, y2, level + 1 / self.per_lat + self.slack)
        flat = y1 == y2
        low = np.where(flat, np.minimum(x1, x2), np.minimum(enters, leaves))
        high = np.where(flat, np.maximum(x1, x2), np.maximum(enters, leaves))
        return CellRuns(edge + begin, row, self.column(low - self.slack), self.column(high + self.slack))


def _abscissa(
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    x2: NDArray[np.float64],
    y2: NDArray[np.float64],
    level: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return where edges have a latitude, or the end that is nearest to it."""
    height = np.where(y1 == y2, 1.0, y2 - y1)
    return x1 + (np.clip(level, y1, y2) - y1) / height * (x2 - x1)


def expand_ranges(first: NDArray[np.intp], count: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return ``first[i] … first[i] + count[i] - 1`` for all i in one array, and beside it the i of each."""
    source = np.repeat(np.arange(len(first)), count)
    return np.arange(len(source)) + (first - np.cumsum(count) + count)[source], source
