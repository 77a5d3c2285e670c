"""Raster look-up compiled by numba; same results as `geogrid.locate.kernel_numpy`.

The arithmetic is bit-identical: by default numba neither reorders nor fuses floating-point operations. The import takes
half a second, and some seconds the first time, when numba compiles to its disk cache. It needs the extra ``fast``.

A look-up waits for memory, not for arithmetic: its cell and its records are rarely in the cache. So the loops prefetch
what later points need, and have no branch that depends on a point, because half of those would be predicted wrongly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba
import numpy as np
from numba import types

from geogrid.locate.kernel_numpy import ROUNDING, UNDERFLOW
from geogrid.locate.prefetch import prefetch
from geogrid.locate.raster import RECORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.geo.datums import Pair
    from geogrid.geo.inverse_table import InverseTable
    from geogrid.locate.raster import Raster

#: Points in a chunk; its temporary arrays fit into the first-level cache.
_CHUNK: Final = 4_096
#: Points between a prefetch and the use of its data: cells, records, and tiles of polynomials.
_CELLS_AHEAD: Final = 24
_RECORDS_AHEAD: Final = 12
_TILES_AHEAD: Final = 10


def look_up(
    raster: Raster, lon: NDArray[np.float64], lat: NDArray[np.float64], out: NDArray[np.int32], slack: float = 0.0
) -> NDArray[np.intp]:
    """Return the result of `geogrid.locate.kernel_numpy.look_up`, without the global interpreter lock."""
    shifts = np.array([field.shift for field in raster.fields], dtype=np.int32)
    widths = np.array([(1 << field.bits) - 1 for field in raster.fields], dtype=np.int32)
    extent = (raster.west, raster.south, raster.per_lon, raster.per_lat)
    near = np.empty(len(lon), dtype=np.intp)
    tables = (raster.cells, raster.records)
    count = _look_up(extent, raster.side, tables, (lon, lat), slack, (shifts, widths), out, near)
    return near[:count].copy()


def interpolate(table: InverseTable, x: NDArray[np.float64], y: NDArray[np.float64]) -> Pair:
    """Return the result of `geogrid.locate.kernel_numpy.interpolate`, up to rounding."""
    lon, lat = np.empty_like(x), np.empty_like(y)
    _interpolate(
        (table.x, table.y, table.per_unit), (table.columns, table.rows), table.coefficients.ravel(), (x, y), (lon, lat)
    )
    return lon, lat


def _read(kind: types.Type) -> types.Array:
    return types.Array(kind, 1, "C", readonly=True)


def _write(kind: types.Type) -> types.Array:
    return types.Array(kind, 1, "C")


_FLOATS, _CELLS, _RECORDS = _read(types.float64), _read(types.int32), _read(numba.from_dtype(RECORD))
_WORDS, _REALS = _write(types.int32), _write(types.float64)
_EXTENT = types.UniTuple(types.float64, 4)
_POINTS = types.UniTuple(_FLOATS, 2)


@numba.njit(types.void(_EXTENT, types.int64, _POINTS, _WORDS), cache=True, nogil=True)
def _find_cells(
    extent: tuple[float, float, float, float],
    side: int,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    cells: NDArray[np.int32],
) -> None:
    """Write the cell of each point to `cells`. Points outside the raster, and NaN, get an empty cell of its rim."""
    (west, south, per_lon, per_lat), (lon, lat) = extent, points
    last = np.float64(side - 1)
    for i in range(len(lon)):
        column, row = (lon[i] - west) * per_lon, (lat[i] - south) * per_lat
        column, row = min(max(0.0, column), last), min(max(0.0, row), last)
        cells[i] = np.int32(row) * np.int32(side) + np.int32(column)


@numba.njit(types.int64(_CELLS, _WORDS, _WORDS), cache=True, nogil=True)
def _read_cells(table: NDArray[np.int32], words: NDArray[np.int32], border: NDArray[np.int32]) -> np.int64:
    """Replace the cell numbers in `words` by their words; list the points in border cells, and return their number."""
    count = np.int64(0)
    for i in range(len(words)):
        if i + _CELLS_AHEAD < len(words):
            prefetch(table, np.int64(words[np.uint64(i + _CELLS_AHEAD)]))
        word = table[np.uint32(words[i])]
        words[i] = word
        border[np.uint64(count)] = i
        count += np.int64(word < 0)
    return count


@numba.njit(types.void(_RECORDS, types.int64), nogil=True, inline="always")
def _prefetch_records(records: NDArray[np.void], first: int) -> None:
    prefetch(records, first)
    prefetch(records, first + 2)


@numba.njit(
    types.int64(_RECORDS, _POINTS, types.float64, _WORDS, _WORDS, _write(types.intp), types.int64),
    cache=True,
    nogil=True,
)
def _test_border_points(
    records: NDArray[np.void],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    slack: float,
    words: NDArray[np.int32],
    border: NDArray[np.int32],
    near: NDArray[np.intp],
    begin: int,
) -> np.int64:
    """Write the words of points in border cells to `words`, and return the number of points near an edge.

    Their indexes, counted from `begin`, are written to `near`.
    """
    lon, lat = points
    found = np.int64(0)
    for j in range(min(len(border), _RECORDS_AHEAD)):
        _prefetch_records(records, ~words[np.uint32(border[j])])
    for j in range(len(border)):
        if j + _RECORDS_AHEAD < len(border):
            _prefetch_records(records, ~words[np.uint32(border[np.uint64(j + _RECORDS_AHEAD)])])
        i = np.uint32(border[j])
        x, y = lon[i], lat[i]
        place = np.uint64(~words[i])
        word = np.int32(0)
        doubt, last = False, False
        while not last:
            edge = records[place]
            x1, y1, x2, y2 = edge.x1, edge.y1, edge.x2, edge.y2
            width, height = x2 - x1, y2 - y1
            left, right = width * (y - y1), (x - x1) * height
            det = left - right
            tolerance = ROUNDING * (abs(left) + abs(right)) + UNDERFLOW + slack * (abs(width) + height)
            doubt |= (y1 - slack <= y) & (y <= y2 + slack) & (abs(det) <= tolerance)
            mask = edge.mask
            last = mask < 0
            mask ^= mask >> np.int32(31)
            crossed = (y1 <= y) & (y < y2) & (det < 0)
            word ^= edge.base ^ (mask & -np.int32(crossed))
            place += np.uint64(1)
        words[i] = np.int32(0) if doubt else word
        near[found] = begin + np.int64(i)
        found += np.int64(doubt)
    return found


@numba.njit(
    types.int64(
        _EXTENT,
        types.int64,
        types.Tuple((_CELLS, _RECORDS)),
        _POINTS,
        types.float64,
        types.UniTuple(_CELLS, 2),
        types.int32[:, :],
        _write(types.intp),
    ),
    cache=True,
    nogil=True,
)
def _look_up(
    extent: tuple[float, float, float, float],
    side: int,
    tables: tuple[NDArray[np.int32], NDArray[np.void]],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    slack: float,
    fields: tuple[NDArray[np.int32], NDArray[np.int32]],
    out: NDArray[np.int32],
    near: NDArray[np.intp],
) -> np.int64:
    """Fill `out`, write the indexes of the points near an edge to `near`, and return their number."""
    (cells, records), (lon, lat), (shifts, widths) = tables, points, fields
    words, border = np.empty(_CHUNK, dtype=np.int32), np.empty(_CHUNK, dtype=np.int32)
    found = np.int64(0)
    for begin in range(0, len(lon), _CHUNK):
        end = min(begin + _CHUNK, len(lon))
        part, chunk = (lon[begin:end], lat[begin:end]), words[: end - begin]
        _find_cells(extent, side, part, chunk)
        count = _read_cells(cells, chunk, border)
        found += _test_border_points(records, part, slack, chunk, border[:count], near[found:], begin)
        for field in range(len(shifts)):
            shift, width, row = shifts[field], widths[field], out[field, begin:end]
            for i in range(len(chunk)):
                row[i] = ((chunk[i] >> shift) & width) - 1
    return found


@numba.njit(
    types.void(types.UniTuple(types.float64, 3), types.UniTuple(types.int64, 2), _POINTS, _REALS, _REALS, _WORDS),
    cache=True,
    nogil=True,
)
def _find_tiles(
    frame: tuple[float, float, float],
    size: tuple[int, int],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    tiles: NDArray[np.int32],
) -> None:
    """Write the tile of each point to `tiles`, and the distance from its centre in tiles to `u` and `v`.

    Points outside the table, and NaN, get a tile of its rim.
    """
    (west, south, per_unit), (columns, rows), (x, y) = frame, size, points
    last_column, last_row = np.float64(columns - 1), np.float64(rows - 1)
    for i in range(len(x)):
        column, row = (x[i] - west) * per_unit, (y[i] - south) * per_unit
        column, row = min(max(0.0, column), last_column), min(max(0.0, row), last_row)
        tile_column, tile_row = np.int32(column), np.int32(row)
        u[i], v[i] = column - tile_column - 0.5, row - tile_row - 0.5
        tiles[i] = tile_row * np.int32(columns) + tile_column


@numba.njit(inline="always")
def _cubic(c: NDArray[np.float64], u: float, v: float) -> float:
    """Return the value of a polynomial of `geogrid.geo.inverse_table`."""
    constant, linear = c[0] + v * (c[1] + v * (c[2] + v * c[3])), c[4] + v * (c[5] + v * c[6])
    return constant + u * (linear + u * (c[7] + v * c[8] + u * c[9]))


@numba.njit(types.void(_FLOATS, types.int64), nogil=True, inline="always")
def _prefetch_tile(coefficients: NDArray[np.float64], first: np.int64) -> None:
    prefetch(coefficients, first)
    prefetch(coefficients, first + np.int64(8))
    prefetch(coefficients, first + np.int64(16))


# Fused operations are allowed here: the bound of the table has room for rounding.
@numba.njit(
    types.void(
        types.UniTuple(types.float64, 3),
        types.UniTuple(types.int64, 2),
        types.Array(types.float64, 1, "C", readonly=True),
        _POINTS,
        types.UniTuple(_REALS, 2),
    ),
    cache=True,
    nogil=True,
    fastmath={"contract"},
)
def _interpolate(
    frame: tuple[float, float, float],
    size: tuple[int, int],
    coefficients: NDArray[np.float64],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    out: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Write the longitude and latitude of each point to `out`; twenty coefficients make a tile."""
    (x, y), (lon, lat) = points, out
    u, v, tiles = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK, dtype=np.int32)
    for begin in range(0, len(x), _CHUNK):
        count = min(_CHUNK, len(x) - begin)
        part = (x[begin : begin + count], y[begin : begin + count])
        _find_tiles(frame, size, part, u[:count], v[:count], tiles[:count])
        for i in range(count):
            if i + _TILES_AHEAD < count:
                _prefetch_tile(coefficients, 20 * np.int64(tiles[i + _TILES_AHEAD]))
            first = np.uint64(tiles[i]) * np.uint64(20)
            middle, end = first + np.uint64(10), first + np.uint64(20)
            lon[begin + i] = _cubic(coefficients[first:middle], u[i], v[i])
            lat[begin + i] = _cubic(coefficients[middle:end], u[i], v[i])
