"""Raster look-up compiled by numba; same results as `geogrid.locate.kernel_numpy`.

The arithmetic is bit-identical: by default numba neither reorders nor fuses floating-point operations. The import takes
half a second, and some seconds the first time, when numba compiles to its disk cache. It needs the extra ``fast``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba import types

from geogrid.locate.kernel_numpy import ROUNDING, UNDERFLOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.raster import Raster

_CHUNK = 4_096
_NEAR = -1


def look_up(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], out: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the result of `geogrid.locate.kernel_numpy.look_up`, without the global interpreter lock."""
    shifts = np.array([field.shift for field in raster.fields], dtype=np.int32)
    widths = np.array([(1 << field.bits) - 1 for field in raster.fields], dtype=np.int32)
    extent = (raster.west, raster.south, raster.per_lon, raster.per_lat)
    lists: tuple[NDArray[Any], ...] = (raster.base, raster.starts, raster.listed, raster.edges, raster.masks)
    near = np.zeros(len(lon), dtype=np.bool_)
    if _look_up(extent, raster.side, raster.cells, lists, (lon, lat), (shifts, widths), out, near):
        return np.flatnonzero(near)
    return np.zeros(0, dtype=np.intp)


def _read(kind: types.Type, dimensions: int = 1) -> types.Array:
    return types.Array(kind, dimensions, "C", readonly=True)


_FLOATS, _INTS = _read(types.float64), _read(types.int32)
_LISTS = types.Tuple((_INTS, _INTS, _INTS, _read(types.float64, 2), _INTS))


@numba.njit(types.int32(types.int32, _LISTS, types.float64, types.float64), cache=True, nogil=True)
def _in_border_cell(cell: int, lists: tuple[NDArray[Any], ...], x: float, y: float) -> int:
    """Return the word of a point in a border cell, or `_NEAR`."""
    base, starts, listed, edges, masks = lists
    word = base[cell]
    for place in range(starts[cell], starts[cell + 1]):
        edge = listed[place]
        x1, y1, x2, y2 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if y1 <= y <= y2:
            left, right = (x2 - x1) * (y - y1), (x - x1) * (y2 - y1)
            det = left - right
            if abs(det) <= ROUNDING * (abs(left) + abs(right)) + UNDERFLOW:
                return _NEAR
            if y < y2 and det < 0:
                word ^= masks[edge]
    return word


@numba.njit(
    types.int64(
        types.UniTuple(types.float64, 4),
        types.int64,
        _INTS,
        _LISTS,
        types.UniTuple(_FLOATS, 2),
        types.UniTuple(_INTS, 2),
        types.int32[:, :],
        types.boolean[::1],
    ),
    cache=True,
    nogil=True,
)
def _look_up(
    extent: tuple[float, float, float, float],
    side: int,
    cells: NDArray[np.int32],
    lists: tuple[NDArray[Any], ...],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    fields: tuple[NDArray[np.int32], NDArray[np.int32]],
    out: NDArray[np.int32],
    near: NDArray[np.bool_],
) -> int:
    """Fill `out`, mark the points near an edge in `near`, and return their number.

    Each chunk fits into the first-level cache and is processed by three short loops: look up the cells (bound by
    memory), test the points in border cells (branches), extract the fields (vectorised).
    """
    (west, south, per_lon, per_lat), (lon, lat), (shifts, widths) = extent, points, fields
    words = np.empty(_CHUNK, dtype=np.int32)
    near_count = 0
    for begin in range(0, len(lon), _CHUNK):
        count = min(_CHUNK, len(lon) - begin)
        for i in range(count):
            column, row = (lon[begin + i] - west) * per_lon, (lat[begin + i] - south) * per_lat
            inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
            words[i] = cells[np.uint64(np.int32(row) * side + np.int32(column))] if inside else 0
        for i in range(count):
            if words[i] < 0:
                words[i] = _in_border_cell(~words[i], lists, lon[begin + i], lat[begin + i])
                if words[i] == _NEAR:
                    words[i] = 0
                    near[begin + i] = True
                    near_count += 1
        for field in range(len(shifts)):
            shift, width, row_out = shifts[field], widths[field], out[field]
            for i in range(count):
                row_out[begin + i] = ((words[i] >> shift) & width) - 1
    return near_count
