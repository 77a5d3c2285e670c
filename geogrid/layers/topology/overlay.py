"""Overlays that cannot hang.

What an overlay costs grows with the pairs of edges that meet, not with the vertices: two combs of 1,603 vertices laid
across each other have two and a half million such pairs and take seconds; two such outlines side by side take none. So
the pairs are counted first, and what would cost too much is refused. The count is the same on every machine, which a
time limit would not be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geogrid.layers.topology.areas import Shapes

#: Pairs of edges that one overlay may have to look at: about a quarter of a second.
WORK_EACH: Final = 100_000
#: And all of one call together: so much, and so much more for each vertex, since honest work grows with them.
WORK_IN_ALL: Final = 2_000_000
WORK_A_VERTEX: Final = 20
#: Vertices that the results of one call may have together.
RESULT_IN_ALL: Final = 2_000_000
# So few cannot cost much and are not counted.
_SMALL: Final = 1_600
_CHUNK: Final = 256


def too_costly(first: Shapes, second: Shapes) -> NDArray[np.bool_]:
    """Say which pairs of shapes are not to be overlaid: each that costs too much, and all once they do together.

    Examples
    --------
    >>> teeth = [(x + side, y) for x in range(500) for side, y in ((0, 1), (0, 500), (0.5, 500), (0.5, 1))]
    >>> comb = shapely.Polygon([(0, 0), *teeth, (499.5, 0)])
    >>> across = shapely.transform(comb, lambda xy: xy[:, ::-1])
    >>> square = shapely.box(0, 0, 2, 2)
    >>> too_costly(np.array([comb, comb]), np.array([across, square])).tolist()
    [True, False]
    """
    refused = np.zeros(len(first), dtype=bool)
    here, there = shapely.get_num_coordinates(first), shapely.get_num_coordinates(second)
    limit = WORK_IN_ALL + WORK_A_VERTEX * int(here.sum() + there.sum())
    total = 0
    for number in np.flatnonzero(here.astype(np.int64) * there > _SMALL):
        if total > limit:
            refused[number] = True
            continue
        work = count_edge_pairs(first[number], second[number], WORK_EACH)
        # What is refused has been counted, and counting takes time too.
        total += work
        refused[number] = work > WORK_EACH
    return refused


def overlay(
    operation: Callable[..., Shapes], first: Shapes, second: Shapes, refused: NDArray[np.bool_]
) -> tuple[Shapes, NDArray[np.bool_]]:
    """Overlay shapes pair by pair, as far as that can be afforded.

    Parameters
    ----------
    operation
        ``shapely.intersection`` or ``shapely.difference``.
    first, second
        Valid polygons in metres, shape (n,).
    refused
        The pairs to leave alone, see `too_costly`; shape (n,).

    Returns
    -------
    results : ndarray of geometry, shape (n,)
        Empty where refused.
    refused : ndarray of bool, shape (n,)
        With those added at which the results grew too large, or GEOS gave up.

    Examples
    --------
    >>> square, other = np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(1, 0, 3, 2)])
    >>> results, refused = overlay(shapely.intersection, square, other, too_costly(square, other))
    >>> results[0].area, refused.tolist()
    (2.0, [False])
    """
    refused = refused.copy()
    results = np.full(len(first), shapely.GeometryCollection(), dtype=object)
    vertices = 0
    for start in range(0, len(first), _CHUNK):
        chosen = start + np.flatnonzero(~refused[start : start + _CHUNK])
        if vertices > RESULT_IN_ALL:
            refused[chosen] = True
            continue
        results[chosen], failed = _attempt(operation, first[chosen], second[chosen])
        refused[chosen[failed]] = True
        vertices += int(shapely.get_num_coordinates(results[chosen]).sum())
    return results, refused


def count_edge_pairs(one: shapely.Geometry, other: shapely.Geometry, limit: int) -> int:
    """Count the pairs of edges of two shapes whose boxes meet, up to somewhat past a limit.

    Examples
    --------
    >>> count_edge_pairs(shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), 100)
    2
    """
    here, there = _edges(one, other.bounds), _edges(other, one.bounds)
    if not len(here) or not len(there):
        return 0
    tree = shapely.STRtree(shapely.box(*there.T))
    boxes = shapely.box(*here.T)
    count, step = 0, max(1, limit // len(there))
    for start in range(0, len(boxes), step):
        count += tree.query(boxes[start : start + step]).shape[1]
        if count > limit:
            break
    return count


def _attempt(operation: Callable[..., Shapes], first: Shapes, second: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Overlay all at once; should GEOS give up on one, each by itself."""
    failed = np.zeros(len(first), dtype=bool)
    try:
        return operation(first, second), failed
    except GEOSException:
        results = np.full(len(first), shapely.GeometryCollection(), dtype=object)
    for number, pair in enumerate(zip(first, second, strict=True)):
        try:
            results[number] = operation(*pair)
        except GEOSException:
            failed[number] = True
    return results, failed


def _edges(shape: shapely.Geometry, box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Return the boxes of a shape's edges that reach into a box, shape (n, 4)."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = points[:-1][same], points[1:][same]
    low, high = np.minimum(start, end), np.maximum(start, end)
    west, south, east, north = box
    near = (high >= (west, south)).all(axis=1) & (low <= (east, north)).all(axis=1)
    boxes: NDArray[np.float64] = np.hstack([low, high])[near]
    return boxes
