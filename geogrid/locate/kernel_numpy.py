"""The look-up in a raster, in numpy; `geogrid.locate.kernel_numba` is the same in compiled code.

Two steps: which cell; then, for the few points in a border cell, on which side of its listed edges. The test of an edge
is half-open in height, by exact comparison, and takes the side from the sign of a 2 × 2 determinant. Where rounding
could have changed that sign the point is *near* the edge, or on it, and GEOS must be asked. All others are decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.locate.scanlines import cell_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.raster import Raster

#: Rounding changes a determinant ``l - r`` by less than this times ``|l| + |r|`` (Shewchuk 1997: 3.34e-16).
ROUNDING: Final = 4e-16
#: And by less than this where a product is too small for a double.
UNDERFLOW: Final = 1e-300
#: So many points at a time: few enough for the caches, enough for the longest lists of edges to be worth a call.
_CHUNK: Final = 262_144


def look_up(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], out: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Write each point's number in each field, counted from 0, and return which points are too near to an edge.

    Parameters
    ----------
    raster
        Of the word.
    lon, lat
        WGS 84 degrees, shape (n,). Points that are not finite are in no polygon.
    out
        Where to, a row a field, shape (m, n); -1 for none, and at points near an edge.

    Returns
    -------
    ndarray of int, shape (k,)
        The points near an edge.
    """
    near = []
    for begin in range(0, len(lon), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        with np.errstate(over="ignore"):  # a point beyond all numbers lies outside like any other
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
    """Return the words of points, and which points are near an edge."""
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
    """Try the first listed edge of every point's cell, then the second of those that have one, and so on."""
    words = raster.base[cell]
    near: list[NDArray[np.intp]] = [np.zeros(0, dtype=np.intp)]
    left, place_in_list = np.arange(len(cell)), raster.starts[cell]
    stop = raster.starts[cell + 1]
    while len(left):
        edge = raster.listed.take(place_in_list[left])
        crossed, undecided = _side(raster.edges.take(edge, axis=0), lon[left], lat[left])
        words[left] ^= raster.masks.take(edge) * crossed
        near.append(left[undecided])
        place_in_list[left] += 1
        left = left[place_in_list[left] < stop[left]]
    return words, np.unique(np.concatenate(near))


def _side(
    edges: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each edge lies to the left of its point, at its height, and whether it is too near to tell."""
    x1, y1, x2, y2 = edges.T
    left, right = (x2 - x1) * (y - y1), (x - x1) * (y2 - y1)
    det = left - right
    reached = y1 <= y
    doubt = ROUNDING * (np.abs(left) + np.abs(right)) + UNDERFLOW
    return reached & (y < y2) & (det < 0), reached & (y <= y2) & (np.abs(det) <= doubt)


def look_up_one(raster: Raster, lon: float, lat: float) -> int | None:
    """Return the word of one point, or None if it is too near to an edge: `look_up`, for microseconds."""
    lon, lat = float(lon), float(lat)  # a scalar of numpy would warn where these overflow
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
