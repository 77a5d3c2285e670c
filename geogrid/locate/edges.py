"""The edges of polygons, each with a mask: what changes for a point that crosses it.

The polygons of one *sheet* do not overlap, so a point has one number there: that of the polygon that holds it, counted
from 1, or 0. Several sheets share one *word*, each in bits of its own. An edge's mask is the XOR of the numbers of the
polygons that it bounds, on either side. Then the word of a point is the XOR of the masks of all edges that lie to the
left of it, at its height: on the way in from the far left, each edge that is crossed takes out the polygon that is
left and puts in the one that is entered.
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

#: A word is a signed 32-bit integer whose sign is needed elsewhere.
WORD_BITS: Final = 31
_POLYGONS: Final = (int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON))


@dataclass(frozen=True, slots=True)
class MaskField:
    """The bits of a word that hold the polygon's number in one sheet of one layer; the sheet has `count` polygons."""

    layer: int
    sheet: int
    shift: int
    bits: int
    count: int


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges with masks.

    Attributes
    ----------
    ends : ndarray, shape (n, 4)
        x1, y1, x2, y2 in degrees; y1 ≤ y2.
    masks : ndarray of int32, shape (n,)
        The XOR of the numbers on both sides.
    """

    ends: NDArray[np.float64]
    masks: NDArray[np.int32]


def allocate_words(counts: Sequence[Sequence[int]]) -> list[tuple[MaskField, ...]]:
    """Share out the bits of as many words as are needed.

    Parameters
    ----------
    counts
        How many polygons each sheet of each layer has.

    Examples
    --------
    >>> found = allocate_words([[1200, 56], [90_000]])
    >>> [[(field.layer, field.sheet, field.shift, field.bits) for field in word] for word in found]
    [[(0, 0, 0, 11), (0, 1, 11, 6)], [(1, 0, 0, 17)]]
    """
    found: list[list[MaskField]] = []
    free = 0
    for layer, sheets in enumerate(counts):
        for sheet, count in enumerate(sheets):
            bits = max(1, count.bit_length())
            if not found or bits > free:
                found.append([])
                free = WORD_BITS
            found[-1].append(MaskField(layer, sheet, WORD_BITS - free, bits, count))
            free -= bits
    return [tuple(word) for word in found]


def extract_edges(polygons: NDArray[np.object_], numbers: NDArray[np.int32]) -> Edges:
    """Return the edges of polygons, one that two of them share once.

    Parameters
    ----------
    polygons
        Polygons and multipolygons, shape (n,).
    numbers
        The number of each, already in its place in the word, shape (n,).

    Raises
    ------
    LayerError
        If something else than a polygon is among them, or a coordinate is not finite.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> edges = extract_edges(two, np.array([1, 2], dtype=np.int32))
    >>> shared = (edges.ends == [1, 0, 1, 1]).all(axis=1)
    >>> edges.masks[shared].tolist()
    [3]
    """
    _check(polygons)
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
    return _merged(ends, numbers[owner[part[ring[1:][same_ring]]]])


def _check(polygons: NDArray[np.object_]) -> None:
    kinds = shapely.get_type_id(polygons)
    if not (np.isin(kinds, _POLYGONS) | shapely.is_missing(polygons) | shapely.is_empty(polygons)).all():
        raise LayerError("A layer holds something else than polygons.", code="geometry_kind", field="geometry")


def _merged(ends: NDArray[np.float64], masks: NDArray[np.int32]) -> Edges:
    """Join equal edges and XOR their masks.

    Two different edges of the same hash may part equal ones, which then stay two: that costs time and changes nothing.
    """
    if not len(ends):
        return Edges(ends, masks)
    key = _hash(ends)
    order = np.argsort(key)
    differs = (ends[order[1:]] != ends[order[:-1]]).any(axis=1)
    begins = np.flatnonzero(np.concatenate([[True], differs]))
    kept = order[begins]
    along_rings = np.argsort(kept)  # neighbours on the map stay neighbours in memory
    return Edges(ends[kept[along_rings]], np.bitwise_xor.reduceat(masks[order], begins)[along_rings])


def _hash(ends: NDArray[np.float64]) -> NDArray[np.uint64]:
    key = np.zeros(len(ends), dtype=np.uint64)
    for column in np.ascontiguousarray(ends.T).view(np.uint64):
        key = (key ^ column) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(32)
    return key
