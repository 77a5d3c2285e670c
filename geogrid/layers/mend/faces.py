"""The faces into which the borders of all levels together cut the plane, and cuts across narrow faces.

All levels are cut by the same lines, so a border that two levels share moves on both levels or on neither.

A gap along the border of two streets has many grids on either side. As one face it would go to one of them and extend
along all the others. Cut across at each corner, each piece goes to its own neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.geo.plane import Plane
    from geogrid.layers.topology.checked_features import Shapes

#: The grid of line intersections in degrees, about 0.1 mm: nearer vertices are merged.
GRID_DEG: Final = 1e-9
# Number of nearest edges to try for a cut from a corner; the edges at the corner itself come first.
_TRIED: Final = 12
# Minimum length of a cut, above rounding errors.
_MIN_CUT_M: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Polygons that do not overlap and share their nodes.

    Attributes
    ----------
    shapes, metres
        The faces in WGS 84 degrees and in the plane, shape (n,).
    points
        A point inside each face, in WGS 84 degrees, shape (n,).
    adjacent
        For each face its adjacent faces, with the length of the common border in metres.
    """

    shapes: Shapes
    metres: Shapes
    points: Shapes
    adjacent: list[dict[int, float]]


def build_faces(lines: Shapes, plane: Plane) -> Faces:
    """Return the faces into which lines in degrees cut the plane.

    Examples
    --------
    >>> from geogrid.geo.plane import Plane
    >>> squares = shapely.boundary([shapely.box(113, 40, 113.02, 40.01), shapely.box(113.01, 40, 113.03, 40.01)])
    >>> faces = build_faces(squares, Plane.around(squares))
    >>> len(faces.shapes), sorted(len(others) for others in faces.adjacent)
    (3, [1, 1, 2])
    """
    noded = shapely.union_all(lines, grid_size=GRID_DEG)
    shapes = shapely.get_parts(shapely.polygonize([noded]))
    metres = np.array([plane.to_metres(shape) for shape in shapes], dtype=object)
    return Faces(shapes, metres, shapely.point_on_surface(shapes), _adjacent_faces(shapes, plane))


def union_faces(shapes: Sequence[shapely.Geometry] | Shapes) -> shapely.Geometry:
    """Return the union of non-overlapping faces."""
    return shapely.coverage_union_all(np.asarray(shapes, dtype=object))


def _adjacent_faces(shapes: Shapes, plane: Plane) -> list[dict[int, float]]:
    rings, owner = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    vertices, number = np.unique(points, axis=0, return_inverse=True)
    same = ring[1:] == ring[:-1]
    ends = np.sort(np.column_stack([number[:-1][same], number[1:][same]]), axis=1)
    face = owner[ring[:-1][same]]
    order = np.lexsort((face, ends[:, 1], ends[:, 0]))
    ends, face = ends[order], face[order]
    is_shared = (ends[1:] == ends[:-1]).all(axis=1)
    lengths = np.hypot(*((vertices[ends[:, 0]] - vertices[ends[:, 1]]) * plane.scale).T)
    adjacent: list[dict[int, float]] = [{} for _ in shapes]
    for one, other, length in zip(face[:-1][is_shared], face[1:][is_shared], lengths[1:][is_shared], strict=True):
        adjacent[one][int(other)] = adjacent[one].get(int(other), 0.0) + float(length)
        adjacent[other][int(one)] = adjacent[other].get(int(one), 0.0) + float(length)
    return adjacent


def cut_lines(faces: Faces, narrow: Iterable[int], reach_m: float, plane: Plane) -> Shapes:
    """Return cut lines in degrees, from each corner of narrow faces to the opposite edge.

    Parameters
    ----------
    faces
        All faces.
    narrow
        Positions of the narrow faces.
    reach_m
        Maximum length of a cut, in metres.
    plane
        The plane of the faces.
    """
    lines = [line for number in narrow for line in _across(faces.metres[number], reach_m)]
    return np.array([plane.to_degrees(line) for line in lines], dtype=object)


def _across(face: shapely.Geometry, reach_m: float) -> Iterator[shapely.Geometry]:
    """Yield the shortest line from each corner to an opposite edge."""
    points, ring = shapely.get_coordinates(shapely.get_rings(face), return_index=True)
    same = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1))
    tree = shapely.STRtree(edges)
    shapely.prepare(face)
    for corner in shapely.points(points[:-1][same]):
        near = tree.query(corner, predicate="dwithin", distance=reach_m)
        away = shapely.distance(edges[near], corner)
        order = near[np.argsort(away, kind="stable")][:_TRIED]
        lines = shapely.shortest_line(corner, edges[order])
        lines = lines[shapely.length(lines) > _MIN_CUT_M]
        middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        within = np.flatnonzero(shapely.contains_properly(face, middles))
        if len(within):
            yield lines[within[0]]
