"""Build a raster over edges: a cell without edges stores its word, a *border cell* stores its edges.

The word of a point (see `geogrid.locate.polygon_edges`) is the XOR of the masks of all edges to its left. A border
cell stores its *listed* edges, those that may touch it, and one base word for all other edges. The base word is
correct along the bottom of the cell. Above, it changes at each end of a listed edge to the left of the cell, because
the edges that meet in that corner cancel out. A *stub* corrects this: a vertical edge at the far left that starts at
that latitude. So the word of a point always combines all edges of the layer, and results do not depend on the
resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.locate.scanlines import CellRuns, RasterExtent, expand_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.polygon_edges import Edges, MaskField

#: Cells for each edge, and maximum cells on a side: first for rasters that fit into the cache, then for larger ones.
_DENSITIES: Final = ((200, 1400), (8, 4096))
_MAX_CROSSINGS: Final = 4_000_000
_CHUNK: Final = 200_000


@dataclass(frozen=True, slots=True)
class Raster:
    """The raster of the sheets that share one word, as flat arrays.

    Attributes
    ----------
    west, south
        Corner of the cell (0, 0) in degrees.
    per_lon, per_lat
        Columns and rows in one degree.
    side
        Number of columns, and of rows. The outermost cells are empty; points outside are clamped to them.
    cells : ndarray of int32, shape (side²,)
        Row by row from the south: the word of a cell, or ``~k`` for the border cell ``k``.
    base : ndarray of int32, shape (k,)
        The base word of each border cell.
    starts : ndarray of int32, shape (k + 1,)
        Index in `listed` of the first edge of each border cell.
    listed : ndarray of int32, shape (t,)
        Rows of `edges`, cell by cell.
    edges : ndarray, shape (m, 4)
        x1, y1, x2, y2 of the edges, then of the stubs.
    masks : ndarray of int32, shape (m,)
        Masks of `edges`.
    members : ndarray of int32
        Positions of the polygons of each field, one field after the other.
    fields
        The fields of the word.
    """

    west: float
    south: float
    per_lon: float
    per_lat: float
    side: int
    cells: NDArray[np.int32]
    base: NDArray[np.int32]
    starts: NDArray[np.int32]
    listed: NDArray[np.int32]
    edges: NDArray[np.float64]
    masks: NDArray[np.int32]
    members: NDArray[np.int32]
    fields: tuple[MaskField, ...]


def build_raster(
    edges: Edges, members: NDArray[np.int32], fields: tuple[MaskField, ...], resolution: int | None = None
) -> Raster:
    """Return the raster of the sheets that share a word.

    Parameters
    ----------
    edges
        The edges of all polygons of these sheets.
    members, fields
        Attributes of `Raster`.
    resolution
        Number of cells on a side; by default chosen from the number and the length of the edges. It affects speed only.
    """
    extent = RasterExtent(edges.ends, resolution or choose_resolution(edges))
    words = np.zeros((extent.side, extent.side), dtype=np.int32)
    cells, listed, stubs = [], [], []
    for begin in range(0, len(edges.ends), _CHUNK):
        runs = extent.runs(edges.ends[begin : begin + _CHUNK], begin)
        _cross_bottoms(extent, edges, runs, words)
        cell, run = expand_ranges(runs.row * extent.side + runs.first, runs.last - runs.first + 1)
        cells.append(cell.astype(np.int32))
        listed.append(runs.edge[run].astype(np.int32))
        stubs.append(_stubs(extent, edges, runs))
    np.bitwise_xor.accumulate(words, axis=1, out=words)
    lists = _sorted_lists(extent, edges, words.ravel(), _concatenate(cells), _concatenate(listed), _Stubs.merge(stubs))
    return Raster(
        extent.west, extent.south, extent.per_lon, extent.per_lat, extent.side, **lists, members=members, fields=fields
    )


def choose_resolution(edges: Edges) -> int:
    """Return the number of rows, and of columns, of the raster, chosen so that the lists of edges stay short."""
    if not len(edges.ends):
        return 1
    x1, y1, x2, y2 = edges.ends.T
    width, height = np.ptp(edges.ends[:, ::2]), np.ptp(edges.ends[:, 1::2])
    reach = np.abs(x2 - x1).sum() / (width or 1) + (y2 - y1).sum() / (height or 1)
    side = max(min((density * len(edges.ends)) ** 0.5, max_side) for density, max_side in _DENSITIES)
    return max(int(min(side, _MAX_CROSSINGS / max(reach, 1))), 1)


def _concatenate(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def _cross_bottoms(extent: RasterExtent, edges: Edges, runs: CellRuns, words: NDArray[np.int32]) -> None:
    """For each edge that crosses the bottom of a row, XOR its mask into the cell to the right of its listed cells."""
    crosses = (extent.row(edges.ends[runs.edge, 1]) < runs.row) & (runs.last + 1 < extent.side)
    right = runs.row[crosses] * extent.side + runs.last[crosses] + 1
    np.bitwise_xor.at(words.ravel(), right, edges.masks[runs.edge[crosses]])


@dataclass(frozen=True, slots=True)
class _Stubs:
    """Vertical edges at the far left: the cell, the latitude of the lower end, and the mask of each."""

    cell: NDArray[np.intp]
    y: NDArray[np.float64]
    mask: NDArray[np.int32]

    @staticmethod
    def merge(parts: list[_Stubs]) -> _Stubs:
        """Merge stubs of the same cell and latitude, and drop stubs that cancel each other out."""
        if not parts:
            return _Stubs(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0, dtype=np.int32))
        cell, y, mask = (np.concatenate([getattr(part, name) for part in parts]) for name in ("cell", "y", "mask"))
        if not len(cell):
            return parts[0]
        order = np.lexsort((y, cell))
        cell, y = cell[order], y[order]
        begins = np.flatnonzero(np.concatenate([[True], (np.diff(cell) != 0) | (np.diff(y) != 0)]))
        merged = np.bitwise_xor.reduceat(mask[order], begins)
        kept = begins[merged != 0]
        return _Stubs(cell[kept], y[kept], merged[merged != 0])


def _stubs(extent: RasterExtent, edges: Edges, runs: CellRuns) -> _Stubs:
    """Return the stubs: short vertical edges that correct the base word of cells to the right of an edge's end.

    There is one for each end of a listed edge in a row, in each listed cell to the right of that end.
    """
    cells, heights, masks = [], [], []
    for x, y in (edges.ends[:, :2].T, edges.ends[:, 2:].T):
        in_row = np.flatnonzero(extent.row(y[runs.edge]) == runs.row)
        edge = runs.edge[in_row]
        first = np.maximum(runs.first[in_row], extent.column(x[edge]) + 1)
        count = np.maximum(runs.last[in_row] - first + 1, 0)
        cell, source = expand_ranges(runs.row[in_row] * extent.side + first, count)
        cells.append(cell)
        heights.append(y[edge[source]])
        masks.append(edges.masks[edge[source]])
    return _Stubs(np.concatenate(cells), np.concatenate(heights), np.concatenate(masks))


def _sorted_lists(
    extent: RasterExtent,
    edges: Edges,
    words: NDArray[np.int32],
    cells: NDArray[np.int32],
    listed: NDArray[np.int32],
    stubs: _Stubs,
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a `Raster` by name: listed edges and stubs sorted by cell, border cells numbered."""
    vertical, stub = np.unique(np.stack([stubs.y, stubs.mask.astype(np.float64)], axis=1), axis=0, return_inverse=True)
    cells = np.concatenate([cells, stubs.cell.astype(np.int32)])
    listed = np.concatenate([listed, (len(edges.ends) + stub.ravel()).astype(np.int32)])
    order = np.argsort(cells)
    cells = cells[order]
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    border = cells[starts]
    base = words[border]
    words[border] = ~np.arange(len(border), dtype=np.int32)
    return {
        "cells": words,
        "base": base,
        "starts": np.append(starts, len(cells)).astype(np.int32),
        "listed": listed[order],
        "edges": np.concatenate([edges.ends, _verticals(extent, vertical[:, 0])]),
        "masks": np.concatenate([edges.masks, vertical[:, 1].astype(np.int32)]),
    }


def _verticals(extent: RasterExtent, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vertical edges from each latitude to the top of the raster, to the left of all other edges."""
    x, top = (
        np.full_like(y, extent.west - 1 / extent.per_lon),
        np.full_like(y, extent.south + extent.side / extent.per_lat),
    )
    return np.stack([x, y, x, top], axis=1)
