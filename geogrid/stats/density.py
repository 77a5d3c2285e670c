"""Density of points: how many lie in each cell of a fine raster, and how many a square kilometre of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The width and height of a heat cell in degrees: 85 m by 111 m in Datong. Coarse enough that no doorstep shows.
CELL_DEG: Final = 0.001


@dataclass(frozen=True, slots=True)
class HeatCells:
    """The cells of a raster that hold points.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        The cells' centres in degrees.
    count : ndarray of int64, shape (n,)
        How many points each holds, at least one.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def largest(self) -> int:
        """The highest count, or 0."""
        return int(self.count.max(initial=0))


def bin_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> HeatCells:
    """Count points by cells of `CELL_DEG`, ordered by longitude, then latitude.

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
