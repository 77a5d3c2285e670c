"""Build a raster over edges: a cell without edges stores its word, a *border cell* stores its edges.

The word of a point (see `geogrid.locate.polygon_edges`) is the XOR of the masks of all edges to its left. A border
cell stores its *listed* edges, those that may touch it, and one base word for all other edges. The base word is
correct along the bottom of the cell. Above, it changes at each end of a listed edge to the left of the cell, because
the edges that meet in that corner cancel out. A *stub* corrects this: a vertical edge at the far left that starts at
that latitude. So the word of a point always combines all edges of the layer, and results do not depend on the
resolution.

The listed edges of a cell are consecutive records, which one or two accesses to memory fetch. A copy of an edge in each
cell that it touches costs memory, but a shared table of edges would cost an access for each edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.locate.scanlines import CellRuns, RasterExtent, expand_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geogrid.locate.polygon_edges import Edges, MaskField

#: Cells for each edge, and maximum cells on a side: first for rasters that fit into the cache, then for larger ones.
_DENSITIES: Final = ((200, 1000), (8, 4096))
_MAX_CROSSINGS: Final = 4_000_000
_CHUNK: Final = 200_000

#: A listed edge of a border cell. x1, y1, x2, y2: its ends in degrees, y1 ≤ y2. mask: XOR of the polygon numbers on its
#: two sides, stored as ``~mask`` in the last record of a cell. base: the base word in the first record, else 0.
RECORD: Final = np.dtype(
    [("x1", "f8"), ("y1", "f8"), ("x2", "f8"), ("y2", "f8"), ("mask", "i4"), ("base", "i4")], align=True
)


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
        Row by row from the south: the word of a cell, or ``~i`` for a border cell whose first record is ``records[i]``.
    records : ndarray of `RECORD`, shape (t,)
        The listed edges and stubs, cell by cell.
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
    records: NDArray[np.void]
    members: NDArray[np.int32]
    fields: tuple[MaskField, ...]

    def list_lengths(self) -> NDArray[np.intp]:
        """Return the number of records of each border cell."""
        return np.diff(np.flatnonzero(self.records["mask"] < 0), prepend=-1)


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
    flat = words.ravel()
    records = _take_records(extent, edges, flat, _concatenate(cells), _concatenate(listed), _Stubs.merge(stubs))
    return Raster(
        extent.west, extent.south, extent.per_lon, extent.per_lat, extent.side, flat, records, members, fields
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
    low, high = (extent.row(edges.ends[runs.edge, end]) for end in (1, 3))
    crosses = (low < runs.row) & (runs.row <= high) & (runs.last + 1 < extent.side)
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


def _take_records(
    extent: RasterExtent,
    edges: Edges,
    words: NDArray[np.int32],
    cells: NDArray[np.int32],
    listed: NDArray[np.int32],
    stubs: _Stubs,
) -> NDArray[np.void]:
    """Return the records of all cells, and replace the words of border cells by the positions of their records.

    Parameters
    ----------
    words
        The word of each cell, changed in place.
    cells, listed
        A cell and an edge that it lists.
    """
    ends = np.concatenate([edges.ends[listed], _verticals(extent, stubs.y)])
    cells = np.concatenate([cells, stubs.cell.astype(np.int32)])
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    records = np.zeros(len(cells), dtype=RECORD)
    for name, values in zip(("x1", "y1", "x2", "y2"), ends.T, strict=True):
        records[name] = values[order]
    records["mask"] = np.concatenate([edges.masks[listed], stubs.mask])[order]
    first = np.flatnonzero(np.diff(cells, prepend=-1))
    last = np.append(first, len(cells))[1:] - 1
    records["mask"][last] = ~records["mask"][last]
    border = cells[first]
    records["base"][first] = words[border]
    words[border] = ~first.astype(np.int32)
    return records


def _verticals(extent: RasterExtent, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vertical edges from each latitude to the top of the raster, to the left of all other edges."""
    x, top = (
        np.full_like(y, extent.west - 1 / extent.per_lon),
        np.full_like(y, extent.south + extent.side / extent.per_lat),
    )
    return np.stack([x, y, x, top], axis=1)
