"""Dedicated grids: rectangles for schools, hospitals and similar sites inside one community or village."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, TypeAlias

from geogrid.demo.layers.apportionment import apportion
from geogrid.demo.layers.lattice import Node, Ring, area_m2, bounds, edges, to_units
from geogrid.errors import LayerError
from geogrid.model import DedicatedKind, Layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

#: West, south, east and north in lattice units.
Rectangle: TypeAlias = tuple[int, int, int, int]

#: The total number of dedicated grids.
DEDICATED_COUNT: Final = 273
#: The percentage of each kind.
_MIX: Final = {
    DedicatedKind.SCHOOL: 30,
    DedicatedKind.HOSPITAL: 10,
    DedicatedKind.PARK: 18,
    DedicatedKind.MARKET: 15,
    DedicatedKind.BUSINESS_BLOCK: 14,
    DedicatedKind.INSTITUTION: 13,
}
#: Minimum and maximum area of each kind, in square metres.
_AREA_M2: Final = {
    DedicatedKind.SCHOOL: (15_000, 40_000),
    DedicatedKind.HOSPITAL: (15_000, 40_000),
    DedicatedKind.PARK: (20_000, 120_000),
    DedicatedKind.MARKET: (5_000, 20_000),
    DedicatedKind.BUSINESS_BLOCK: (8_000, 30_000),
    DedicatedKind.INSTITUTION: (5_000, 30_000),
}
#: Maximum share of the area of the community or village.
_GREATEST_SHARE: Final = 0.08
_LEAST_M2: Final = 3000.0
#: Clearance to the border of the community, in metres; twice this between two dedicated grids.
_CLEAR_M: Final = 8.0
#: Kinds that may lie in several base grids; the other kinds lie inside one.
_WIDE: Final = {DedicatedKind.PARK, DedicatedKind.BUSINESS_BLOCK}
#: Maximum number of attempts per rectangle; it shrinks after every 20.
_TRIES: Final = 400
#: Relative number of dedicated grids of a community and of a village.
_WEIGHT: Final = {Layer.COMMUNITY: 1.5, Layer.VILLAGE: 1.0}


def apportion_kinds(layers: Sequence[Layer], rng: Random) -> list[list[DedicatedKind]]:
    """Return the kinds of the dedicated grids of each community and village.

    Parameters
    ----------
    layers
        The layer of each parent: community or village.
    rng
        The random stream.

    Returns
    -------
    list of list of DedicatedKind
        For each parent a list of zero to about three kinds.
    """
    counts = apportion(DEDICATED_COUNT, [_WEIGHT[layer] * (0.1 + rng.random() * rng.random()) for layer in layers], 0)
    numbers = apportion(DEDICATED_COUNT, list(_MIX.values()), 0)
    pool = [kind for kind, number in zip(_MIX, numbers, strict=True) for _ in range(number)]
    # Shuffle by sorting: only random() is guaranteed to return the same numbers in all Python versions.
    pool.sort(key=lambda _: rng.random())
    return [[pool.pop() for _ in range(count)] for count in counts]


def place_rectangles(kinds: Sequence[DedicatedKind], parent: Ring, grids: Sequence[Ring], rng: Random) -> list[Ring]:
    """Return rectangles for dedicated grids inside their community or village.

    Parameters
    ----------
    kinds
        The kind of each rectangle.
    parent
        The community or village; each rectangle stays 8 m clear of its border.
    grids
        Its base grids; parks and business blocks may cross their borders, the other kinds lie inside one.
    rng
        The random stream.

    Raises
    ------
    LayerError
        If a rectangle does not fit after `_TRIES` attempts.
    """
    rectangles: list[Rectangle] = []
    for kind in kinds:
        for number in range(_TRIES):
            grid = grids[int(rng.random() * len(grids))]
            box = _draw_rectangle(_size_m2(kind, parent, number, rng), grid, rng)
            around = parent if kind in _WIDE else grid
            if _inside(box, around) and not any(_overlaps(_expand(box, 2), other) for other in rectangles):
                rectangles.append(box)
                break
        else:
            raise LayerError("A community or village has no room for its dedicated grids.", code="plan_room")
    return [[(west, south), (east, south), (east, north), (west, north)] for west, south, east, north in rectangles]


def _size_m2(kind: DedicatedKind, parent: Ring, number: int, rng: Random) -> float:
    least, greatest = _AREA_M2[kind]
    drawn = rng.random()
    wanted = least + (greatest - least) * drawn * drawn  # more small ones than large ones
    shrunk = min(wanted, _GREATEST_SHARE * area_m2(parent)) * (1 - 0.035 * (number // 20))
    return max(shrunk, _LEAST_M2)


def _draw_rectangle(size_m2: float, grid: Ring, rng: Random) -> Rectangle:
    """Return a random rectangle of a given area, 0.6 to 1.6 times as wide as high, centred in the box of a grid."""
    width_m = sqrt(size_m2 * (0.6 + rng.random()))
    half = to_units(width_m / 2, 0), to_units(size_m2 / width_m / 2, 1)
    west, south, east, north = bounds(grid)
    x = west + int((east - west) * rng.random())
    y = south + int((north - south) * rng.random())
    return x - half[0], y - half[1], x + half[0], y + half[1]


def _expand(box: Rectangle, times: int = 1) -> Rectangle:
    dx, dy = times * to_units(_CLEAR_M, 0), times * to_units(_CLEAR_M, 1)
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy


def _overlaps(one: Rectangle, other: Rectangle) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _inside(box: Rectangle, ring: Ring) -> bool:
    """Return whether a rectangle with its clearance lies inside a ring."""
    expanded = _expand(box)
    return _contains(ring, (expanded[0], expanded[1])) and not any(_touches(edge, expanded) for edge in edges(ring))


def _touches(edge: tuple[Node, Node], box: Rectangle) -> bool:
    """Return exactly whether an edge and a rectangle share a point (separating axis test)."""
    (ax, ay), (bx, by) = edge
    if not _overlaps((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)), box):
        return False
    sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(sides) <= 0 <= max(sides)


def _contains(ring: Ring, node: Node) -> bool:
    """Return whether a node lies inside a ring (even-odd rule)."""
    x, y = node
    inside = False
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > y) != (by > y) and ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) == (by < ay):
            inside = not inside
    return inside
