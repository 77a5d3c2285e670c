"""Raster look-up in numpy; `geogrid.locate.kernel_numba` is the compiled version.

Each point is looked up in its cell; a point in a border cell is tested against the listed edges of the cell. The test
compares latitudes exactly, half-open, and takes the side from the sign of a 2 × 2 determinant. If rounding could change
that sign, the point is *near* the edge, and GEOS decides (see `geogrid.locate.raster_index`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.locate.scanlines import MAX_SLACK, cell_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.geo.inverse_table import InverseTable
    from geogrid.locate.raster import Raster

#: Relative error bound of a determinant ``l - r``, in units of ``|l| + |r|`` (Shewchuk 1997: 3.34e-16).
ROUNDING: Final = 4e-16
#: Absolute error bound, for products that underflow.
UNDERFLOW: Final = 1e-300
#: Points in a chunk: small enough for the caches, large enough to amortise the calls for the longest lists of edges.
_CHUNK: Final = 262_144


def look_up(
    raster: Raster,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    out: NDArray[np.int32],
    table: InverseTable | None = None,
) -> NDArray[np.intp]:
    """Write the polygon number of each point to `out`, and return the points near an edge.

    Parameters
    ----------
    raster
        The raster of the sheets that share one word.
    x, y
        WGS 84 degrees, or coordinates in the datum of `table`, shape (n,). No polygon contains a point that is not
        finite.
    out
        Polygon numbers from 0, one row for each sheet, shape (m, n); -1 for no polygon and for points near an edge.
    table
        Converts the points to WGS 84. A point is near an edge if the error of the table may move it to the other side,
        or if the table does not convert it.

    Returns
    -------
    ndarray of int, shape (k,)
        Indexes of the points near an edge.
    """
    near = [np.zeros(0, dtype=np.intp)]
    for begin in range(0, len(x), _CHUNK):
        lon, lat = x[begin : begin + _CHUNK], y[begin : begin + _CHUNK]
        if table is not None:
            lon, lat = table.to_wgs84(lon, lat)
            near.append(begin + np.flatnonzero(np.isnan(lon)))
        with np.errstate(over="ignore"):  # an infinite column is outside the raster
            words, undecided = _words(raster, lon, lat, 0.0 if table is None else MAX_SLACK)
        near.append(begin + undecided)
        for row, field in zip(out[:, begin : begin + _CHUNK], raster.fields, strict=True):
            np.right_shift(words, field.shift, out=row)
            np.bitwise_and(row, (1 << field.bits) - 1, out=row)
            np.subtract(row, 1, out=row)
    return np.concatenate(near)


def _words(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], slack: float
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return each point's polygon numbers as the bits of a word, and the indexes of the points near an edge."""
    cell = cell_numbers(lat, raster.south, raster.per_lat, raster.side)
    cell *= raster.side
    cell += cell_numbers(lon, raster.west, raster.per_lon, raster.side)
    words = raster.cells.take(cell)
    border = np.flatnonzero(words < 0)
    words[border], near = _in_border_cells(raster.records, lon[border], lat[border], ~words[border], slack)
    near = border[near]
    words[near] = 0
    return words, near


def _in_border_cells(
    records: NDArray[np.void],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    place: NDArray[np.int32],
    slack: float,
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Return the words of points in border cells, and the indexes of the points near an edge.

    Pass k tests the k-th listed edge of every cell that has one; `place` is the first record of each point's cell.
    """
    words = np.zeros(len(place), dtype=np.int32)
    near: list[NDArray[np.intp]] = [np.zeros(0, dtype=np.intp)]
    points = np.arange(len(place))
    while len(points):
        edges = records.take(place)
        crossed, undecided = _test_edges(edges, lon, lat, slack)
        mask = edges["mask"]
        words[points] ^= edges["base"] ^ (mask ^ (mask >> 31)) * crossed
        near.append(points[undecided])
        more = np.flatnonzero(mask >= 0)
        points, place, lon, lat = points[more], place[more] + 1, lon[more], lat[more]
    return words, np.unique(np.concatenate(near))


def _test_edges(
    edges: NDArray[np.void], x: NDArray[np.float64], y: NDArray[np.float64], slack: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether each edge lies to the left of its point, and whether the point is near the edge."""
    x1, y1, x2, y2 = (edges[name] for name in ("x1", "y1", "x2", "y2"))
    width, height = x2 - x1, y2 - y1
    left, right = width * (y - y1), (x - x1) * height
    det = left - right
    doubt = ROUNDING * (np.abs(left) + np.abs(right)) + UNDERFLOW + slack * (np.abs(width) + height)
    near = (y1 - slack <= y) & (y <= y2 + slack) & (np.abs(det) <= doubt)
    return (y1 <= y) & (y < y2) & (det < 0), near


def look_up_one(raster: Raster, lon: float, lat: float, slack: float = 0.0) -> int | None:
    """Return the polygon numbers of one point as the bits of a word, or None if it is near an edge; in microseconds.

    Parameters
    ----------
    raster, lon, lat, slack
        As for `look_up`.
    """
    lon, lat = float(lon), float(lat)  # numpy scalars would warn of overflow
    column, row = (lon - raster.west) * raster.per_lon, (lat - raster.south) * raster.per_lat
    if not (0 <= column < raster.side and 0 <= row < raster.side):
        return 0
    word = raster.cells.item(int(row) * raster.side + int(column))
    return int(word) if word >= 0 else _look_up_in_border_cell(raster.records, ~word, lon, lat, slack)


def _look_up_in_border_cell(records: NDArray[np.void], place: int, lon: float, lat: float, slack: float) -> int | None:
    """Return the word of a point, or None if it is near an edge; `place` is the first record of its cell."""
    word, mask = 0, 0
    while mask >= 0:
        x1, y1, x2, y2, mask, base = records.item(place)
        word ^= base
        if y1 - slack <= lat <= y2 + slack:
            width, height = x2 - x1, y2 - y1
            left, right = width * (lat - y1), (lon - x1) * height
            doubt = ROUNDING * (abs(left) + abs(right)) + UNDERFLOW + slack * (abs(width) + height)
            if abs(left - right) <= doubt:
                return None
            if y1 <= lat < y2 and left < right:
                word ^= mask if mask >= 0 else ~mask
        place += 1
    return word
