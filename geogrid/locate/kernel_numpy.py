"""Raster look-up in numpy; `geogrid.locate.kernel_numba` is the compiled version.

Each point is looked up in its cell; a point in a border cell is tested against the listed edges of the cell. The test
compares latitudes exactly, half-open, and takes the side from the sign of a 2 × 2 determinant. If rounding could change
that sign, the point is *near* the edge, and GEOS decides (see `geogrid.locate.raster_index`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.locate.scanlines import cell_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.raster import Raster

#: Relative error bound of a determinant ``l - r``, in units of ``|l| + |r|`` (Shewchuk 1997: 3.34e-16).
ROUNDING: Final = 4e-16
#: Absolute error bound, for products that underflow.
UNDERFLOW: Final = 1e-300
#: Points in a chunk: small enough for the caches, large enough to amortise the calls for the longest lists of edges.
_CHUNK: Final = 262_144


def look_up(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], out: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Write the polygon number of each point to `out`, and return the points near an edge.

    Parameters
    ----------
    raster
        The raster of the sheets that share one word.
    lon, lat
        WGS 84 degrees, shape (n,). No polygon contains a point that is not finite.
    out
        Polygon numbers from 0, one row for each sheet, shape (m, n); -1 for no polygon and for points near an edge.

    Returns
    -------
    ndarray of int, shape (k,)
        Indexes of the points near an edge.
    """
    near = []
    for begin in range(0, len(lon), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        with np.errstate(over="ignore"):  # an infinite column is outside the raster
            words, undecided = _words(raster, lon[part], lat[part])
        near.append(begin + undecided)
        for row, field in zip(out[:, part], raster.fields, strict=True):
            np.right_shift(words, field.shift, out=row)
            np.bitwise_and(row, (1 << field.bits) - 1, out=row)
            np.subtract(row, 1, out=row)
    return np.concatenate(near) if near else np.zeros(0, dtype=np.intp)


def _words(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return each point's polygon numbers as the bits of a word, and the indexes of the points near an edge."""
    cell = cell_numbers(lat, raster.south, raster.per_lat, raster.side)
    cell *= raster.side
    cell += cell_numbers(lon, raster.west, raster.per_lon, raster.side)
    words = raster.cells.take(cell)
    border = np.flatnonzero(words < 0)
    words[border], near = _in_border_cells(raster, lon[border], lat[border], ~words[border])
    near = border[near]
    words[near] = 0
    return words, near


def _in_border_cells(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], cell: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return the words of points in border cells, and the indexes of the points near an edge.

    Pass k tests the k-th listed edge of every cell that has one.
    """
    words = raster.base[cell]
    near: list[NDArray[np.intp]] = [np.zeros(0, dtype=np.intp)]
    rows, next_edge = np.arange(len(cell)), raster.starts[cell]
    stop = raster.starts[cell + 1]
    while len(rows):
        edge = raster.listed.take(next_edge[rows])
        crossed, undecided = _test_edges(raster.edges.take(edge, axis=0), lon[rows], lat[rows])
        words[rows] ^= raster.masks.take(edge) * crossed
        near.append(rows[undecided])
        next_edge[rows] += 1
        rows = rows[next_edge[rows] < stop[rows]]
    return words, np.unique(np.concatenate(near))


def _test_edges(
    edges: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each edge lies to the left of its point, and whether the point is near the edge."""
    x1, y1, x2, y2 = edges.T
    left, right = (x2 - x1) * (y - y1), (x - x1) * (y2 - y1)
    det = left - right
    reached = y1 <= y
    doubt = ROUNDING * (np.abs(left) + np.abs(right)) + UNDERFLOW
    return reached & (y < y2) & (det < 0), reached & (y <= y2) & (np.abs(det) <= doubt)


def look_up_one(raster: Raster, lon: float, lat: float) -> int | None:
    """Return the polygon numbers of one point as the bits of a word, or None if it is near an edge; in microseconds."""
    lon, lat = float(lon), float(lat)  # numpy scalars would warn of overflow
    column, row = (lon - raster.west) * raster.per_lon, (lat - raster.south) * raster.per_lat
    if not (0 <= column < raster.side and 0 <= row < raster.side):
        return 0
    word = raster.cells.item(int(row) * raster.side + int(column))
    if word >= 0:
        return int(word)
    cell = ~word
    word = raster.base.item(cell)
    for edge in raster.listed[raster.starts.item(cell) : raster.starts.item(cell + 1)].tolist():
        x1, y1, x2, y2 = raster.edges[edge].tolist()
        if y1 <= lat <= y2:
            left, right = (x2 - x1) * (lat - y1), (lon - x1) * (y2 - y1)
            if abs(left - right) <= ROUNDING * (abs(left) + abs(right)) + UNDERFLOW:
                return None
            if lat < y2 and left < right:
                word ^= raster.masks.item(edge)
    return int(word)
