"""Cuts across narrow faces, so that each piece lies between just two areas.

A gap along the border of two streets has many grids on either side. Given as a whole to one of them it would run past
all the others; cut across where borders meet it, each piece goes to a neighbour of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geogrid.layers.mend.faces import Faces
    from geogrid.layers.topology.areas import Plane, Shapes

# Of the edges across from a corner the nearest few: those beside it in the same row come first.
_TRIED: Final = 12
# A line that enters the face leaves its edges by more than rounding.
_TOUCH_M: Final = 1e-3


def cuts(faces: Faces, chosen: Iterable[int], reach_m: float, plane: Plane) -> Shapes:
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
