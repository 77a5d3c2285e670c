"""The faces into which the borders of all levels together cut the plane.

All levels are cut by the same lines, so a border that two levels share moves in both or in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.layers.topology.areas import Plane, Shapes

#: A tenth of a millimetre, in degrees: where lines cross is told so finely, and vertices nearer than that are one.
GRID_DEG: Final = 1e-9


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


def arrange(lines: Shapes, plane: Plane) -> Faces:
    """Cut the plane by lines, in degrees.

    Examples
    --------
    >>> from geogrid.layers.topology.areas import Plane
    >>> squares = shapely.boundary([shapely.box(113, 40, 113.02, 40.01), shapely.box(113.01, 40, 113.03, 40.01)])
    >>> faces = arrange(squares, Plane.around(squares))
    >>> len(faces.shapes), sorted(len(others) for others in faces.beside)
    (3, [1, 1, 2])
    """
    noded = shapely.union_all(lines, grid_size=GRID_DEG)
    shapes = shapely.get_parts(shapely.polygonize([noded]))
    metres = np.array([plane.to_metres(shape) for shape in shapes], dtype=object)
    return Faces(shapes, metres, shapely.point_on_surface(shapes), _beside(shapes, plane))


def join(shapes: Sequence[shapely.Geometry] | Shapes) -> shapely.Geometry:
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
