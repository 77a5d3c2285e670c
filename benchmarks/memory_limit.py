"""Lower bound for the time of a table look-up: a loop that prefetches and only moves the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

from geogrid.locate.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geogrid.locate.raster import Raster


_CHUNK = 4_096
_AHEAD = 24


def traffic(one: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Callable[[], NDArray[np.int32]]:
    """Return a function that moves the same bytes as a look-up.

    For each point it reads both coordinates (16 bytes) and the cell (4 bytes) in a table of the size of the raster, and
    writes two numbers (8 bytes). There are no border cells and no points outside.

    Parameters
    ----------
    one
        The raster.
    lon, lat
        Points inside it, degrees, shape (n,).
    """
    table = np.random.default_rng(1).integers(0, 1 << 20, one.side**2, dtype=np.int32)

    def move() -> NDArray[np.int32]:
        out = np.empty((2, len(lon)), dtype=np.int32)
        _move(one.west, one.south, one.per_lon, one.per_lat, one.side, table, lon, lat, out)
        return out

    return move


@numba.njit(nogil=True)
def _move(
    west: float,
    south: float,
    per_lon: float,
    per_lat: float,
    side: int,
    table: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    out: NDArray[np.int32],
) -> None:
    first, second = out[0], out[1]
    cells = np.empty(_CHUNK, dtype=np.int32)
    for begin in range(0, len(lon), _CHUNK):
        count = min(_CHUNK, len(lon) - begin)
        for i in range(count):
            column, row = (lon[begin + i] - west) * per_lon, (lat[begin + i] - south) * per_lat
            cells[i] = np.int32(row) * np.int32(side) + np.int32(column)
        for i in range(count):
            if i + _AHEAD < count:
                prefetch(table, np.int64(cells[i + _AHEAD]))
            word = table[np.uint32(cells[i])]
            first[begin + i], second[begin + i] = word & 1023, word >> 10
