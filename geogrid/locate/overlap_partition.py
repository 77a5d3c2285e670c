"""Overlapping polygons, dealt out to sheets in each of which none overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A layer that needs more sheets than this is not worth a raster.
MAX_SHEETS: Final = 8
#: Nor is one where so many boxes meet, on average.
_MOST_PAIRS: Final = 64


def split_into_sheets(polygons: NDArray[np.object_]) -> NDArray[np.int32] | None:
    """Return the sheet of each polygon, or None where too many overlap.

    Parameters
    ----------
    polygons
        Those of one layer, shape (n,).

    Examples
    --------
    >>> split_into_sheets(np.array([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 2), shapely.box(1, 1, 3, 3)])).tolist()
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
    for one, other in pairs.tolist():
        neighbours.setdefault(max(one, other), set()).add(min(one, other))
    for polygon in sorted(neighbours):
        taken = {int(sheets[neighbour]) for neighbour in neighbours[polygon]}
        sheets[polygon] = min(set(range(len(taken) + 1)) - taken)
    return sheets if sheets.max() < MAX_SHEETS else None


def find_overlaps(polygons: NDArray[np.object_]) -> NDArray[np.intp] | None:
    """Return the pairs whose insides meet, shape (m, 2), or None if there are too many boxes to look at.

    Only a polygon that spoils the coverage can overlap another. What two polygons share is not well told where one of
    them crosses itself: such a pair counts as overlapping.
    """
    valid = shapely.is_valid(polygons)
    spoils = ~valid | ~shapely.is_empty(shapely.coverage_invalid_edges(polygons))
    pairs = shapely.STRtree(polygons).query(polygons[spoils])
    pairs[0] = np.flatnonzero(spoils)[pairs[0]]
    pairs = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
    if pairs.shape[1] > _MOST_PAIRS * len(polygons):
        return None
    one, other = polygons[pairs]
    shapely.prepare(one)
    apart = valid[pairs].all(axis=0)
    apart[apart] = ~shapely.relate_pattern(one[apart], other[apart], "T********")
    return pairs[:, ~apart].T
