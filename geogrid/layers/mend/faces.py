"""The faces into which the borders of all levels together cut the plane.

All levels are cut by the same lines, so a border that two levels share moves in both or in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.geo.plane import Plane
    from geogrid.layers.topology.areas import Shapes

#: A tenth of a millimetre, in degrees: where lines cross is told so finely, and vertices nearer than that are one.
GRID_DEG: Final = 1e-9
# Of the edges across from a corner the nearest few: those beside it in the same row come first.
_TRIED: Final = 12
# A line that enters the face leaves its edges by more than rounding.
_TOUCH_M: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Polygons that do not overlap, node to node.

    Attributes
    ----------
    shapes, metres
        The faces in degrees and in the plane, shape (n,).
    points
        A point inside each, in degrees, shape (n,).
    beside
        Of each face, the faces that share an edge with it and how long that is, in metres.
    """

    shapes: Shapes
    metres: Shapes
    points: Shapes
    beside: list[dict[int, float]]


def build_faces(lines: Shapes, plane: Plane) -> Faces:
    """Cut the plane by lines, in degrees.

    Examples
    --------
    >>> from geogrid.geo.plane import Plane
    >>> squares = shapely.boundary([shapely.box(113, 40, 113.02, 40.01), shapely.box(113.01, 40, 113.03, 40.01)])
    >>> faces = build_faces(squares, Plane.around(squares))
    >>> len(faces.shapes), sorted(len(others) for others in faces.beside)
    (3, [1, 1, 2])
    """
    noded = shapely.union_all(lines, grid_size=GRID_DEG)
    shapes = shapely.get_parts(shapely.polygonize([noded]))
    metres = np.array([plane.to_metres(shape) for shape in shapes], dtype=object)
    return Faces(shapes, metres, shapely.point_on_surface(shapes), _beside(shapes, plane))


def union_faces(shapes: Sequence[shapely.Geometry] | Shapes) -> shapely.Geometry:
    """Return the union of faces."""
    return shapely.coverage_union_all(np.asarray(shapes, dtype=object))


def _beside(shapes: Shapes, plane: Plane) -> list[dict[int, float]]:
    rings, owner = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    vertices, number = np.unique(points, axis=0, return_inverse=True)
    same = ring[1:] == ring[:-1]
    ends = np.sort(np.column_stack([number[:-1][same], number[1:][same]]), axis=1)
    face = owner[ring[:-1][same]]
    order = np.lexsort((face, ends[:, 1], ends[:, 0]))
    ends, face = ends[order], face[order]
    twin = (ends[1:] == ends[:-1]).all(axis=1)
    lengths = np.hypot(*((vertices[ends[:, 0]] - vertices[ends[:, 1]]) * plane.scale).T)
    beside: list[dict[int, float]] = [{} for _ in shapes]
    for one, other, length in zip(face[:-1][twin], face[1:][twin], lengths[1:][twin], strict=True):
        beside[one][int(other)] = beside[one].get(int(other), 0.0) + float(length)
        beside[other][int(one)] = beside[other].get(int(one), 0.0) + float(length)
    return beside


def cut_lines(faces: Faces, chosen: Iterable[int], reach_m: float, plane: Plane) -> Shapes:
    """Return lines, in degrees, from each corner of the chosen faces straight across them.

    Parameters
    ----------
    faces
        All faces.
    chosen
        The numbers of the narrow ones.
    reach_m
        How long a cut may be.
    plane
        Theirs.
    """
    found = [line for number in chosen for line in _across(faces.metres[number], reach_m)]
    return np.array([plane.to_degrees(line) for line in found], dtype=object)


def _across(face: shapely.Geometry, reach_m: float) -> Iterator[shapely.Geometry]:
    """Yield the shortest line from each corner to an edge across from it."""
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
        lines = lines[shapely.length(lines) > _TOUCH_M]
        middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        within = np.flatnonzero(shapely.contains_properly(face, middles))
        if len(within):
            yield lines[within[0]]
