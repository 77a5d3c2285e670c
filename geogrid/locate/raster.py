"""A raster over edges: cells that no edge touches hold the answer, the others hold the few edges that do.

The word of a point (see `geogrid.locate.edges`) is the XOR of the masks of all edges to the left of it. Of these a
border cell keeps only its *listed* edges, those that may touch it, and one base word for all others. The base word is
right along the bottom of the cell. Higher up, at the end of a listed edge that lies to the left of the cell, the
unlisted edges change too: as all edges that meet in one corner cancel out, they change by just what the listed ones
do. A *stub*, an upright edge at the far left that begins at that height, makes up for it. So listed edges are always
counted whole, a cell's answer is the sum over all edges of the layer, and no answer depends on the raster's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geogrid.locate.scanlines import CellRuns, RasterExtent, expand_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.edges import Edges, MaskField

#: Cells an edge and most cells a side: many while the raster fits into a cache, fewer after that.
_DENSITIES: Final = ((200, 1400), (8, 4096))
_MOST_CROSSINGS: Final = 4_000_000
_EDGES_AT_ONCE: Final = 200_000


@dataclass(frozen=True, slots=True)
class Raster:
    """Flat arrays that answer for one word.

    Attributes
    ----------
    west, south
        The corner of the cell (0, 0), degrees.
    per_lon, per_lat
        Columns and rows a degree.
    side
        Columns, and rows; those at the rim are empty, so that what is outside can be moved there.
    cells : ndarray of int32, shape (side²,)
        Row by row from the south: a word, or for the border cell ``k`` its complement ``~k``.
    base : ndarray of int32, shape (k,)
        The base word of each border cell.
    starts : ndarray of int32, shape (k + 1,)
        Where the edges of each border cell start in `listed`.
    listed : ndarray of int32, shape (t,)
        Rows of `edges`.
    edges : ndarray, shape (m, 4)
        x1, y1, x2, y2: of edges, then of stubs.
    masks : ndarray of int32, shape (m,)
        Their masks.
    members : ndarray of int32
        The positions of the polygons of each field, one field after the other.
    fields
        What the bits of the word mean.
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
    """Build the raster of a word.

    Parameters
    ----------
    edges
        The edges of all its polygons.
    members, fields
        What the bits of their masks mean; see `Raster`.
    resolution
        Cells a side; by default what suits the number of edges and how far they reach. No answer depends on it.
    """
    frame = RasterExtent(edges.ends, resolution or choose_resolution(edges))
    words = np.zeros((frame.side, frame.side), dtype=np.int32)
    cells, listed, stubs = [], [], []
    for begin in range(0, len(edges.ends), _EDGES_AT_ONCE):
        runs = frame.runs(edges.ends[begin : begin + _EDGES_AT_ONCE], begin)
        _cross_bottoms(frame, edges, runs, words)
        cell, run = expand_ranges(runs.row * frame.side + runs.first, runs.last - runs.first + 1)
        cells.append(cell.astype(np.int32))
        listed.append(runs.edge[run].astype(np.int32))
        stubs.append(_stubs(frame, edges, runs))
    np.bitwise_xor.accumulate(words, axis=1, out=words)
    lists = _sorted_lists(frame, edges, words.ravel(), _joined(cells), _joined(listed), _Stubs.joined(stubs))
    return Raster(
        frame.west, frame.south, frame.per_lon, frame.per_lat, frame.side, **lists, members=members, fields=fields
    )


def choose_resolution(edges: Edges) -> int:
    """Return cells a side: fewer cells an edge where edges are very many or reach far, so that lists stay short."""
    if not len(edges.ends):
        return 1
    x1, y1, x2, y2 = edges.ends.T
    width, height = np.ptp(edges.ends[:, ::2]), np.ptp(edges.ends[:, 1::2])
    reach = np.abs(x2 - x1).sum() / (width or 1) + (y2 - y1).sum() / (height or 1)
    wanted = max(min((density * len(edges.ends)) ** 0.5, most) for density, most in _DENSITIES)
    return max(int(min(wanted, _MOST_CROSSINGS / max(reach, 1))), 1)


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def _cross_bottoms(frame: RasterExtent, edges: Edges, runs: CellRuns, words: NDArray[np.int32]) -> None:
    """Put the mask of each edge that crosses the bottom of a row just right of where it is listed."""
    crosses = (frame.row(edges.ends[runs.edge, 1]) < runs.row) & (runs.last + 1 < frame.side)
    right = runs.row[crosses] * frame.side + runs.last[crosses] + 1
    np.bitwise_xor.at(words.ravel(), right, edges.masks[runs.edge[crosses]])


@dataclass(frozen=True, slots=True)
class _Stubs:
    """Upright edges at the far left: in which cell, from which height on, with which mask."""

    cell: NDArray[np.intp]
    y: NDArray[np.float64]
    mask: NDArray[np.int32]

    @staticmethod
    def joined(parts: list[_Stubs]) -> _Stubs:
        """Join the stubs of one cell and height, and leave out those that cancel."""
        if not parts:
            return _Stubs(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0, dtype=np.int32))
        cell, y, mask = (np.concatenate([getattr(part, name) for part in parts]) for name in ("cell", "y", "mask"))
        if not len(cell):
            return parts[0]
        order = np.lexsort((y, cell))
        cell, y = cell[order], y[order]
        begins = np.flatnonzero(np.concatenate([[True], (np.diff(cell) != 0) | (np.diff(y) != 0)]))
        joint = np.bitwise_xor.reduceat(mask[order], begins)
        kept = begins[joint != 0]
        return _Stubs(cell[kept], y[kept], joint[joint != 0])


def _stubs(frame: RasterExtent, edges: Edges, runs: CellRuns) -> _Stubs:
    """Return a stub for each listed edge, each of its ends in the row, and each cell to the right of that end."""
    cells, heights, masks = [], [], []
    for x, y in (edges.ends[:, :2].T, edges.ends[:, 2:].T):
        in_row = np.flatnonzero(frame.row(y[runs.edge]) == runs.row)
        edge = runs.edge[in_row]
        first = np.maximum(runs.first[in_row], frame.column(x[edge]) + 1)
        count = np.maximum(runs.last[in_row] - first + 1, 0)
        cell, source = expand_ranges(runs.row[in_row] * frame.side + first, count)
        cells.append(cell)
        heights.append(y[edge[source]])
        masks.append(edges.masks[edge[source]])
    return _Stubs(np.concatenate(cells), np.concatenate(heights), np.concatenate(masks))


def _sorted_lists(
    frame: RasterExtent,
    edges: Edges,
    words: NDArray[np.int32],
    cells: NDArray[np.int32],
    listed: NDArray[np.int32],
    stubs: _Stubs,
) -> dict[str, NDArray[Any]]:
    """Sort what is listed by cell, number the border cells, and return the arrays by name."""
    upright, stub = np.unique(np.stack([stubs.y, stubs.mask.astype(np.float64)], axis=1), axis=0, return_inverse=True)
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
        "edges": np.concatenate([edges.ends, _uprights(frame, upright[:, 0])]),
        "masks": np.concatenate([edges.masks, upright[:, 1].astype(np.int32)]),
    }


def _uprights(frame: RasterExtent, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return edges that run from a height straight to the top, left of all others."""
    x, top = np.full_like(y, frame.west - 1 / frame.per_lon), np.full_like(y, frame.south + frame.side / frame.per_lat)
    return np.stack([x, y, x, top], axis=1)
