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
from geogrid.locate.scanlines import MAX_SLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.geo.inverse_table import InverseTable
    from geogrid.locate.raster import Raster

    _Points = tuple[NDArray[np.float64], NDArray[np.float64]]
    _Ints = NDArray[np.int32]
    _Grid = tuple[tuple[float, float, float, float], int, _Ints, NDArray[np.void], _Ints, _Ints]
    _Tiles = tuple[tuple[float, float, float], int, int, NDArray[np.float64]]

#: Points in a chunk; its temporary arrays fit into the first-level cache.
_CHUNK: Final = 4_096
#: Points between a prefetch and the use of its data: cells, records, and tiles of polynomials.
_CELLS_AHEAD: Final = 24
_RECORDS_AHEAD: Final = 12
_TILES_AHEAD: Final = 10


def look_up(
    raster: Raster,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    out: NDArray[np.int32],
    table: InverseTable | None = None,
) -> NDArray[np.intp]:
    """Return the result of `geogrid.locate.kernel_numpy.look_up`, without the global interpreter lock."""
    shifts = np.array([field.shift for field in raster.fields], dtype=np.int32)
    widths = np.array([(1 << field.bits) - 1 for field in raster.fields], dtype=np.int32)
    extent = (raster.west, raster.south, raster.per_lon, raster.per_lat)
    near = np.empty(len(x), dtype=np.intp)
    grid = (extent, raster.side, raster.cells, raster.records, shifts, widths)
    if table is None:
        count = _look_up(grid, (x, y), out, near)
    else:
        frame = (table.x, table.y, table.per_unit)
        tiles = (frame, table.columns, table.rows, table.coefficients.ravel())
        count = _convert_and_look_up(grid, tiles, (x, y), out, near)
    return near[:count].copy()


def _read(kind: types.Type) -> types.Array:
    return types.Array(kind, 1, "C", readonly=True)


def _write(kind: types.Type) -> types.Array:
    return types.Array(kind, 1, "C")


_FLOATS, _CELLS, _RECORDS = _read(types.float64), _read(types.int32), _read(numba.from_dtype(RECORD))
_WORDS, _REALS = _write(types.int32), _write(types.float64)
_EXTENT = types.UniTuple(types.float64, 4)
_POINTS = types.UniTuple(_FLOATS, 2)
#: A raster: extent, side, cells, records, shifts and widths of the fields.
_GRID = types.Tuple((_EXTENT, types.int64, _CELLS, _RECORDS, _CELLS, _CELLS))
#: A table of `geogrid.geo.inverse_table`: corner and tiles in one unit, columns, rows, coefficients.
_TILES = types.Tuple((types.UniTuple(types.float64, 3), types.int64, types.int64, _FLOATS))
_OUT, _NEAR = types.int32[:, :], _write(types.intp)


@numba.njit(types.void(_EXTENT, types.int64, _POINTS, _WORDS), cache=True, nogil=True)
def _find_cells(
    extent: tuple[float, float, float, float],
    side: int,
    points: _Points,
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
    types.int64(_RECORDS, _POINTS, types.float64, _WORDS, _WORDS, _NEAR, types.int64),
    cache=True,
    nogil=True,
)
def _test_border_points(
    records: NDArray[np.void],
    points: _Points,
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
    types.int64(_GRID, _POINTS, types.float64, _WORDS, _WORDS, _OUT, _NEAR, types.int64), cache=True, nogil=True
)
def _look_up_chunk(
    grid: _Grid,
    points: _Points,
    slack: float,
    words: NDArray[np.int32],
    border: NDArray[np.int32],
    out: NDArray[np.int32],
    near: NDArray[np.intp],
    begin: int,
) -> np.int64:
    """Fill `out` for the points of a chunk, see `_test_border_points`; `words` and `border` are work space."""
    extent, side, cells, records, shifts, widths = grid
    _find_cells(extent, side, points, words)
    count = _read_cells(cells, words, border)
    found = _test_border_points(records, points, slack, words, border[:count], near, begin)
    for field in range(len(shifts)):
        shift, width, row = shifts[field], widths[field], out[field]
        for i in range(len(words)):
            row[i] = ((words[i] >> shift) & width) - 1
    return found


@numba.njit(types.int64(_GRID, _POINTS, _OUT, _NEAR), cache=True, nogil=True)
def _look_up(grid: _Grid, points: _Points, out: NDArray[np.int32], near: NDArray[np.intp]) -> np.int64:
    """Fill `out`, write the indexes of the points near an edge to `near`, and return their number."""
    lon, lat = points
    words, border = np.empty(_CHUNK, dtype=np.int32), np.empty(_CHUNK, dtype=np.int32)
    found = np.int64(0)
    for begin in range(0, len(lon), _CHUNK):
        end = min(begin + _CHUNK, len(lon))
        part = (lon[begin:end], lat[begin:end])
        found += _look_up_chunk(grid, part, 0.0, words[: end - begin], border, out[:, begin:end], near[found:], begin)
    return found


@numba.njit(types.void(_TILES, _POINTS, _REALS, _REALS, _WORDS), cache=True, nogil=True)
def _find_tiles(
    table: _Tiles, points: _Points, u: NDArray[np.float64], v: NDArray[np.float64], tiles: NDArray[np.int32]
) -> None:
    """Write the tile of each point to `tiles`, and the distance from its centre in tiles to `u` and `v`.

    Points outside the table, and NaN, get a tile of its rim.
    """
    ((west, south, per_unit), columns, rows, _), (x, y) = table, points
    last_column, last_row = np.float64(columns - 1), np.float64(rows - 1)
    for i in range(len(x)):
        column, row = (x[i] - west) * per_unit, (y[i] - south) * per_unit
        column, row = min(max(0.0, column), last_column), min(max(0.0, row), last_row)
        tile_column, tile_row = np.int32(column), np.int32(row)
        u[i], v[i] = column - tile_column - 0.5, row - tile_row - 0.5
        tiles[i] = tile_row * np.int32(columns) + tile_column


@numba.njit(types.void(_FLOATS, types.int64), nogil=True, inline="always")
def _prefetch_tile(coefficients: NDArray[np.float64], first: np.int64) -> None:
    prefetch(coefficients, first)
    prefetch(coefficients, first + np.int64(8))


@numba.njit(inline="always")
def _quadratic(c: NDArray[np.float64], u: float, v: float) -> float:
    """Return the value of a polynomial of `geogrid.geo.inverse_table`."""
    return (c[0] + v * (c[1] + v * c[2])) + u * (c[3] + v * c[4] + u * c[5])


# Fused operations are allowed here: the bound of the table has room for rounding.
@numba.njit(
    types.void(_FLOATS, _WORDS, _REALS, _REALS, types.UniTuple(_REALS, 2)),
    cache=True,
    nogil=True,
    fastmath={"contract"},
)
def _evaluate(
    coefficients: NDArray[np.float64],
    tiles: NDArray[np.int32],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    out: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Write the longitude and latitude of each point to `out`; twelve coefficients make a tile."""
    lon, lat = out
    for i in range(len(tiles)):
        if i + _TILES_AHEAD < len(tiles):
            _prefetch_tile(coefficients, 12 * np.int64(tiles[i + _TILES_AHEAD]))
        first = np.uint64(tiles[i]) * np.uint64(12)
        middle, end = first + np.uint64(6), first + np.uint64(12)
        lon[i] = _quadratic(coefficients[first:middle], u[i], v[i])
        lat[i] = _quadratic(coefficients[middle:end], u[i], v[i])


@numba.njit(types.int64(_GRID, _TILES, _POINTS, _OUT, _NEAR), cache=True, nogil=True)
def _convert_and_look_up(
    grid: _Grid, table: _Tiles, points: _Points, out: NDArray[np.int32], near: NDArray[np.intp]
) -> np.int64:
    """Convert the points chunk by chunk and look them up; points that the table does not convert count as near."""
    x, y = points
    words, border = np.empty(_CHUNK, dtype=np.int32), np.empty(_CHUNK, dtype=np.int32)
    u, v, lon, lat = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    found = np.int64(0)
    for begin in range(0, len(x), _CHUNK):
        end = min(begin + _CHUNK, len(x))
        count = end - begin
        chunk, part = words[:count], (lon[:count], lat[:count])
        _find_tiles(table, (x[begin:end], y[begin:end]), u[:count], v[:count], chunk)
        _evaluate(table[3], chunk, u, v, part)
        found += _look_up_chunk(grid, part, MAX_SLACK, chunk, border, out[:, begin:end], near[found:], begin)
        for i in range(count):
            if np.isnan(lon[i]):
                near[found] = begin + i
                found += np.int64(1)
    return found
