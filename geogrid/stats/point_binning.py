"""Count points in the cells of a regular raster of 0.001 degrees, for heat maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.geo.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Width and height of a heat cell in degrees, too coarse to identify an address; see `cell_size`.
CELL_DEG: Final = 0.001
#: Maximum number of cells in the bounds for counting with a dense array, which needs no sorting.
_DENSE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class HeatCells:
    """The cells of a regular raster that contain points.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        Centres of the cells in degrees.
    count : ndarray of int64, shape (n,)
        Number of points in each cell, at least 1.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def largest(self) -> int:
        """The highest count; 0 without cells."""
        return int(self.count.max(initial=0))


@dataclass(frozen=True, slots=True)
class CellSize:
    """Width and height of a raster cell in metres."""

    width_m: float
    height_m: float


def cell_size(lat: float) -> CellSize:
    """Return the size of a heat cell at a latitude in degrees.

    Examples
    --------
    >>> cell_size(40.09), cell_size(69.65)
    (CellSize(width_m=85.3, height_m=111.0), CellSize(width_m=38.8, height_m=111.6))
    """
    width, height = (Plane.around(np.array([shapely.Point(0, lat)])).scale * CELL_DEG).round(1).tolist()
    return CellSize(width, height)


def bin_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> HeatCells:
    """Return the number of points in each non-empty raster cell of `CELL_DEG`, by longitude, then latitude.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees, shape (n,).

    Examples
    --------
    >>> cells = bin_points(np.array([113.3001, 113.3002, 113.3051]), np.array([40.0901, 40.0902, 40.0901]))
    >>> cells.lon.tolist(), cells.lat.tolist(), cells.count.tolist()
    ([113.3005, 113.3055], [40.0905, 40.0905], [2, 1])
    """
    columns_rows = np.stack([np.floor(lon / CELL_DEG), np.floor(lat / CELL_DEG)], axis=1)
    cells, count = np.unique(columns_rows, axis=0, return_counts=True)
    centres = ((cells + 0.5) * CELL_DEG).round(4)
    return HeatCells(centres[:, 0], centres[:, 1], count)


def join_cells(parts: Sequence[HeatCells]) -> HeatCells:
    """Return the concatenated cells, without merging."""
    lon, lat, count = zip(*((part.lon, part.lat, part.count) for part in parts), strict=True)
    return HeatCells(np.concatenate(lon), np.concatenate(lat), np.concatenate(count))


def merge_cells(cells: HeatCells, width: float) -> HeatCells:
    """Return larger cells with the summed counts, ordered by longitude, then latitude.

    Parameters
    ----------
    cells
        Cells, which may occur several times.
    width
        Width and height of the larger cells in degrees, a multiple of `CELL_DEG`.

    Examples
    --------
    >>> cells = bin_points(np.array([113.3001, 113.3012, 113.3051]), np.array([40.0901, 40.0902, 40.0901]))
    >>> merged = merge_cells(cells, 0.002)
    >>> merged.lon.tolist(), merged.lat.tolist(), merged.count.tolist()
    ([113.301, 113.305], [40.091, 40.091], [2, 1])
    """
    if not len(cells.count):
        return cells
    column = np.floor(cells.lon / width).astype(np.int64)
    row = np.floor(cells.lat / width).astype(np.int64)
    west, south = int(column.min()), int(row.min())
    height = int(row.max()) - south + 1
    place = (column - west) * height + (row - south)
    if (int(column.max()) - west + 1) * height > _DENSE:
        found, inverse = np.unique(place, return_inverse=True)
        sums = np.bincount(inverse, weights=cells.count)
    else:
        sums = np.bincount(place, weights=cells.count)
        found = np.flatnonzero(sums)
        sums = sums[found]
    columns, rows = np.divmod(found, height)
    lon, lat = (((part + 0.5) * width).round(4) for part in (columns + west, rows + south))
    return HeatCells(lon, lat, sums.astype(np.int64))
