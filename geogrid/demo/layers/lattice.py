"""Whole-number geometry: rings on a lattice of 1e-7 degree, so that a rebuild gives the same bytes everywhere.

A *node* is a pair of integers, east and north of `ORIGIN`, in units of 1e-7 degree (about a centimetre). A *ring* is
a list of nodes, counter-clockwise, without the closing one. Areas are exact; lengths and angles, which only steer the
planning, use nothing but the four operations and the square root, which IEEE 754 fixes to the last bit, and `fsum`,
since ``sum`` adds otherwise from Python 3.12 on. Sines, GEOS and the linear-algebra libraries, which differ from
machine to machine, have no part in it.
"""

from __future__ import annotations

from math import fsum, sqrt
from typing import TypeAlias

import shapely

Node: TypeAlias = tuple[int, int]
Ring: TypeAlias = list[Node]

#: Units in a degree.
UNITS = 10_000_000
#: About the middle of the old city, WGS 84, in units: the zero of the lattice.
ORIGIN: Node = (1_132_988_000, 400_900_000)
#: Metres in a unit, east and north, on the WGS 84 ellipsoid at the origin (constant within 0.2 % over the district).
METRES = (0.008_528_1, 0.011_103_6)
PI = 3.141_592_653_589_793


def units(metres: float, axis: int) -> int:
    """Turn a length along an axis (0 east, 1 north) into lattice units.

    Examples
    --------
    >>> units(100, 0), units(100, 1)
    (11726, 9006)
    """
    return round(metres / METRES[axis])


def distance_m(place: tuple[float, float]) -> float:
    """Give how far a place, in units, is from the origin: the larger of its metres east or west, north or south."""
    return max(abs(place[0]) * METRES[0], abs(place[1]) * METRES[1])


def ring_of(polygon: shapely.Polygon) -> Ring:
    """Turn a polygon without holes, in WGS 84 degrees, into a ring.

    Examples
    --------
    >>> ring_of(shapely.box(113.2988, 40.09, 113.2989, 40.0902))
    [(0, 0), (1000, 0), (1000, 2000), (0, 2000)]
    """
    nodes = [(round(x * UNITS) - ORIGIN[0], round(y * UNITS) - ORIGIN[1]) for x, y in polygon.exterior.coords[:-1]]
    return started(nodes if area2(nodes) > 0 else nodes[::-1])


def polygon_of(ring: Ring) -> shapely.Polygon:
    """Turn a ring back into a polygon in WGS 84 degrees, each coordinate the double nearest to its seven decimals."""
    return shapely.Polygon([((x + ORIGIN[0]) / UNITS, (y + ORIGIN[1]) / UNITS) for x, y in ring])


def started(ring: Ring) -> Ring:
    """Turn a ring so that it begins with its lowest node in the order of east, then north."""
    first = ring.index(min(ring))
    return ring[first:] + ring[:first]


def edges(ring: Ring) -> list[tuple[Node, Node]]:
    """List the directed edges of a ring."""
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def area2(ring: Ring) -> int:
    """Give twice the signed area in square units, exactly; positive counter-clockwise."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in edges(ring))


def area_m2(ring: Ring) -> float:
    """Give the planning area in square metres."""
    return area2(ring) * (METRES[0] * METRES[1] / 2)


def centroid(ring: Ring) -> tuple[float, float]:
    """Give the centroid in units, from whole-number sums."""
    total, east, north = 0, 0, 0
    for (ax, ay), (bx, by) in edges(ring):
        cross = ax * by - bx * ay
        total += cross
        east += (ax + bx) * cross
        north += (ay + by) * cross
    return east / (3 * total), north / (3 * total)


def bounds(ring: Ring) -> tuple[int, int, int, int]:
    """Give west, south, east and north."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def length_m(a: Node, b: Node) -> float:
    """Give the planning length of an edge in metres."""
    dx, dy = (b[0] - a[0]) * METRES[0], (b[1] - a[1]) * METRES[1]
    return sqrt(dx * dx + dy * dy)


def compactness(ring: Ring) -> float:
    """Give the Polsby-Popper score 4πA/P²: 1 for a circle, 0.785 for a square, 0.589 for a 1:3 rectangle.

    Examples
    --------
    >>> side = units(300, 0), units(300, 1)
    >>> round(compactness([(0, 0), (side[0], 0), side, (0, side[1])]), 3)
    0.785
    """
    perimeter = fsum(length_m(a, b) for a, b in edges(ring))
    return 4 * PI * area_m2(ring) / (perimeter * perimeter)


def sharpest(ring: Ring) -> float:
    """Give the greatest cosine of an interior angle below 180°: 0 for a rectangle, 0.966 for a spike of 15°."""
    worst = -1.0
    for before, here, after in zip([ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True):
        ux, uy = (before[0] - here[0]) * METRES[0], (before[1] - here[1]) * METRES[1]
        vx, vy = (after[0] - here[0]) * METRES[0], (after[1] - here[1]) * METRES[1]
        if vx * uy - vy * ux > 0:  # a convex corner of a counter-clockwise ring
            worst = max(worst, (ux * vx + uy * vy) / sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy)))
    return worst
