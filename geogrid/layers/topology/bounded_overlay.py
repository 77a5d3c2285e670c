"""Overlays of polygons with bounded cost.

The cost of an overlay grows with the number of edge pairs whose boxes intersect, not with the vertices: two crossed
combs of 1,603 vertices have 2.5 million such pairs and take seconds; two such shapes side by side have none. So the
pairs are counted first, and expensive overlays are refused. Unlike a time limit, the count is equal on all machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geogrid.layers.topology.checked_features import Shapes

#: Maximum number of edge pairs of one overlay: a constant of about 0.25 s, and an addition per vertex of the smaller
#: shape. Each edge of a common border meets three edges of the neighbour.
WORK_EACH: Final = 100_000
WORK_PER_EDGE: Final = 5
#: Maximum number of edge pairs of one call: a constant, and an addition per vertex.
WORK_TOTAL: Final = 2_000_000
WORK_PER_VERTEX: Final = 20
#: Maximum number of vertices of all results of one call.
MAX_RESULT_VERTICES: Final = 2_000_000
# Pairs of shapes with a smaller product of vertex counts are cheap and not counted.
_SMALL: Final = 1_600
_CHUNK: Final = 256
# Allowance for each edge of a shape, which meets itself and its neighbours.
_PAIRS_PER_EDGE: Final = 10
# Maximum number of edges that are kept indexed.
_MAX_KNOWN_EDGES: Final = 2_000_000


def too_costly(first: Shapes, second: Shapes) -> NDArray[np.bool_]:
    """Return which pairs of shapes are too costly to overlay: alone, or because the total limit is reached.

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
    limit = WORK_TOTAL + WORK_PER_VERTEX * int(here.sum() + there.sum())
    total, known = 0, _EdgeTrees()
    for number in np.flatnonzero(here.astype(np.int64) * there > _SMALL):
        if total > limit:
            refused[number] = True
            continue
        limit_each = WORK_EACH + WORK_PER_EDGE * int(min(here[number], there[number]))
        work = _count_pairs(known.of(first[number]), known.of(second[number]), limit_each)
        # Counting takes time too, so refused pairs add to the total.
        total += work
        refused[number] = work > limit_each
    return refused


def overlay(
    operation: Callable[..., Shapes], first: Shapes, second: Shapes, refused: NDArray[np.bool_]
) -> tuple[Shapes, NDArray[np.bool_]]:
    """Overlay shapes pair by pair, within the limits on vertices and time.

    Parameters
    ----------
    operation
        ``shapely.intersection`` or ``shapely.difference``.
    first, second
        Valid polygons in metres, shape (n,).
    refused
        The pairs to skip, see `too_costly`; shape (n,).

    Returns
    -------
    results : ndarray of geometry, shape (n,)
        Empty if refused.
    refused : ndarray of bool, shape (n,)
        Also true if the results became too large or GEOS failed.

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
        if vertices > MAX_RESULT_VERTICES:
            refused[chosen] = True
            continue
        results[chosen], failed = _overlay_all(operation, first[chosen], second[chosen])
        refused[chosen[failed]] = True
        vertices += int(shapely.get_num_coordinates(results[chosen]).sum())
    return results, refused


def crosses_itself_often(shape: shapely.Geometry) -> bool:
    """Return whether the edges of a shape meet each other so often that no operation on it takes bounded time.

    Examples
    --------
    >>> teeth = [(x + side, y) for x in range(500) for side, y in ((0, 0), (300, 500))]
    >>> [crosses_itself_often(shapely.Polygon(ring)) for ring in ([*teeth, (499, -1), (0, -1)], teeth[:3])]
    [True, False]
    """
    limit = WORK_EACH + _PAIRS_PER_EDGE * int(shapely.get_num_coordinates(shape))
    return count_edge_pairs(shape, shape, limit) > limit


def count_edge_pairs(one: shapely.Geometry, other: shapely.Geometry, limit: int) -> int:
    """Count the pairs of edges of two shapes with intersecting boxes; stop soon after a limit.

    Examples
    --------
    >>> count_edge_pairs(shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), 100)
    2
    """
    return _count_pairs(_EdgeTree(one), _EdgeTree(other), limit)


class _EdgeTree:
    """The edges of a shape, with an index of their boxes."""

    def __init__(self, shape: shapely.Geometry) -> None:
        points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
        same = ring[1:] == ring[:-1]
        self.shape = shape
        self.edges = shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1))
        self._tree = shapely.STRtree(self.edges)

    def query(self, shapes: shapely.Geometry | Shapes) -> NDArray[np.intp]:
        """Return the edges whose boxes intersect those of shapes; for several shapes pairs, shape (2, n)."""
        found: NDArray[np.intp] = self._tree.query(shapes)
        return found


class _EdgeTrees:
    """The trees of large shapes that occur in many pairs, such as an outline and each grid."""

    def __init__(self) -> None:
        self._known: dict[int, _EdgeTree] = {}
        self._count = 0

    def of(self, shape: shapely.Geometry) -> _EdgeTree:
        """Return the tree of a shape."""
        if id(shape) in self._known:
            return self._known[id(shape)]
        tree = _EdgeTree(shape)
        self._count += len(tree.edges)
        if self._count < _MAX_KNOWN_EDGES:
            self._known[id(shape)] = tree
        return tree


def _count_pairs(one: _EdgeTree, other: _EdgeTree, limit: int) -> int:
    if not len(one.edges) or not len(other.edges):
        return 0
    here = one.edges[one.query(shapely.envelope(other.shape))]
    there = len(other.query(shapely.envelope(one.shape)))
    count, step = 0, max(1, limit // max(1, there))
    for start in range(0, len(here), step):
        count += other.query(here[start : start + step]).shape[1]
        if count > limit:
            break
    return count


def _overlay_all(operation: Callable[..., Shapes], first: Shapes, second: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Overlay all pairs in one call; if GEOS fails, overlay each pair separately."""
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
