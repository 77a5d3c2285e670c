"""Edges of polygons with bit masks, the input of `geogrid.locate.raster`.

A *sheet* is a set of polygons of one layer that do not overlap, see `geogrid.locate.overlap_partition`. So a sheet
gives each point one number: the number of the polygon that contains it, counted from 1, or 0. A *word* is an integer
whose bits hold the numbers of one or several sheets. The mask of an edge is the XOR of the numbers of the polygons on
both sides. The word of a point is the XOR of the masks of all edges to the left of it at its latitude: a ray from the
far left leaves one polygon and enters another at each edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A word is a signed 32-bit integer; the raster uses the sign to mark border cells.
WORD_BITS: Final = 31
_POLYGONS: Final = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


@dataclass(frozen=True, slots=True)
class MaskField:
    """The bits of an integer (word) that hold the polygon number of one sheet, a set of polygons without overlaps.

    Attributes
    ----------
    layer, sheet
        Index of the layer, and index of the sheet in the layer.
    shift, bits
        Position of the lowest bit, and number of bits.
    count
        Number of polygons in the sheet.
    """

    layer: int
    sheet: int
    shift: int
    bits: int
    count: int


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges with their masks.

    Attributes
    ----------
    ends : ndarray, shape (n, 4)
        x1, y1, x2, y2 in degrees; y1 ≤ y2.
    masks : ndarray of int32, shape (n,)
        XOR of the polygon numbers on both sides.
    """

    ends: NDArray[np.float64]
    masks: NDArray[np.int32]


def allocate_words(counts: Sequence[Sequence[int]]) -> list[tuple[MaskField, ...]]:
    """Allocate bits of 31-bit integers (words) for the polygon numbers of sheets, which are sets of polygons.

    A sheet of n polygons gets the bits for the numbers 0 to n. A sheet that does not fit into the last word begins a
    new word.

    Parameters
    ----------
    counts
        Number of polygons in each sheet of each layer.

    Returns
    -------
    list of tuple
        The fields of each word.

    Examples
    --------
    >>> words = allocate_words([[1200, 56], [90_000]])
    >>> [[(field.layer, field.sheet, field.shift, field.bits) for field in word] for word in words]
    [[(0, 0, 0, 11), (0, 1, 11, 6)], [(1, 0, 0, 17)]]
    """
    words: list[list[MaskField]] = []
    free = 0
    for layer, sheets in enumerate(counts):
        for sheet, count in enumerate(sheets):
            bits = max(1, count.bit_length())
            if not words or bits > free:
                words.append([])
                free = WORD_BITS
            words[-1].append(MaskField(layer, sheet, WORD_BITS - free, bits, count))
            free -= bits
    return [tuple(word) for word in words]


def extract_edges(polygons: NDArray[np.object_], numbers: NDArray[np.int32]) -> Edges:
    """Return the edges of polygons; an edge shared by two polygons occurs once.

    Parameters
    ----------
    polygons
        Polygons and multipolygons, shape (n,).
    numbers
        The number of each polygon, shifted to its bits of the word, shape (n,).

    Raises
    ------
    LayerError
        If a geometry is not a polygon, or a coordinate is not finite.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> edges = extract_edges(two, np.array([1, 2], dtype=np.int32))
    >>> shared = (edges.ends == [1, 0, 1, 1]).all(axis=1)
    >>> edges.masks[shared].tolist()
    [3]
    """
    _check_polygons(polygons)
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    if not np.isfinite(corners).all():
        raise LayerError("A polygon has a coordinate that is not finite.", code="not_finite")
    same_ring = ring[1:] == ring[:-1]
    first, last = corners[:-1][same_ring], corners[1:][same_ring]
    downward = (first[:, 1] > last[:, 1]) | ((first[:, 1] == last[:, 1]) & (first[:, 0] > last[:, 0]))
    ends = np.concatenate([first, last], axis=1)
    ends[downward] = ends[downward][:, [2, 3, 0, 1]]
    return _merge(ends, numbers[owner[part[ring[1:][same_ring]]]])


def _check_polygons(polygons: NDArray[np.object_]) -> None:
    kinds = shapely.get_type_id(polygons)
    if not (np.isin(kinds, _POLYGONS) | shapely.is_missing(polygons) | shapely.is_empty(polygons)).all():
        raise LayerError("A geometry of the layer is not a polygon.", code="geometry_kind", field="geometry")


def _merge(ends: NDArray[np.float64], masks: NDArray[np.int32]) -> Edges:
    """Merge equal edges and XOR their masks.

    Two different edges with the same hash may separate equal edges, which then stay unmerged. That costs time only.
    """
    if not len(ends):
        return Edges(ends, masks)
    key = _hash(ends)
    order = np.argsort(key)
    differs = (ends[order[1:]] != ends[order[:-1]]).any(axis=1)
    begins = np.flatnonzero(np.concatenate([[True], differs]))
    kept = order[begins]
    along_rings = np.argsort(kept)  # edges of one ring stay adjacent in memory
    return Edges(ends[kept[along_rings]], np.bitwise_xor.reduceat(masks[order], begins)[along_rings])


def _hash(ends: NDArray[np.float64]) -> NDArray[np.uint64]:
    key = np.zeros(len(ends), dtype=np.uint64)
    for column in np.ascontiguousarray(ends.T).view(np.uint64):
        key = (key ^ column) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(32)
    return key
