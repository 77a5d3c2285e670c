"""Partition overlapping polygons into sheets: sets of polygons that do not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Maximum number of sheets; beyond it a raster does not pay.
MAX_SHEETS: Final = 8
#: Maximum number of intersecting bounding boxes for each polygon, on average.
_MOST_PAIRS: Final = 64


def split_into_sheets(polygons: NDArray[np.object_]) -> NDArray[np.int32] | None:
    """Partition polygons into sheets, sets without overlaps: return the number of each polygon's sheet, from 0.

    Return None if more than `MAX_SHEETS` sheets are needed, or if too many polygons overlap.

    Parameters
    ----------
    polygons
        The polygons of one layer, shape (n,).

    Examples
    --------
    >>> boxes = [shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2), shapely.box(1, 1, 3, 3)]
    >>> split_into_sheets(np.array(boxes)).tolist()
    [0, 0, 1]
    """
    sheets = np.zeros(len(polygons), dtype=np.int32)
    present = ~(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    if shapely.coverage_is_valid(polygons[present]):
        return sheets
    pairs = find_overlaps(polygons)
    if pairs is None:
        return None
    neighbours: dict[int, set[int]] = {}
    for first, second in pairs.tolist():
        neighbours.setdefault(max(first, second), set()).add(min(first, second))
    for polygon in sorted(neighbours):
        taken = {int(sheets[neighbour]) for neighbour in neighbours[polygon]}
        sheets[polygon] = min(set(range(len(taken) + 1)) - taken)
    return sheets if sheets.max() < MAX_SHEETS else None


def find_overlaps(polygons: NDArray[np.object_]) -> NDArray[np.intp] | None:
    """Return the indexes of all pairs of overlapping polygons, shape (m, 2), or None if too many boxes intersect.

    Polygons overlap if their interiors intersect; a pair with a self-intersecting polygon counts as overlapping. Only
    polygons with edges that violate the coverage are tested.
    """
    valid = shapely.is_valid(polygons)
    suspects = ~valid | ~shapely.is_empty(shapely.coverage_invalid_edges(polygons))
    pairs = shapely.STRtree(polygons).query(polygons[suspects])
    pairs[0] = np.flatnonzero(suspects)[pairs[0]]
    pairs = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    if pairs.shape[1] > _MOST_PAIRS * len(polygons):
        return None
    first, second = polygons[pairs]
    shapely.prepare(first)
    disjoint = valid[pairs].all(axis=0)
    disjoint[disjoint] = ~shapely.relate_pattern(first[disjoint], second[disjoint], "T********")
    return pairs[:, ~disjoint].T
