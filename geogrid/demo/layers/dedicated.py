"""Dedicated grids: rectangles for schools, hospitals and the like, well inside one community or village."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, TypeAlias

from geogrid.demo.layers.apportionment import deal
from geogrid.demo.layers.lattice import Node, Ring, area_m2, bounds, edges, units
from geogrid.errors import LayerError
from geogrid.model import DedicatedKind, Layer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

#: West, south, east, north.
Box: TypeAlias = tuple[int, int, int, int]

#: How many there are in all.
DEDICATED_COUNT: Final = 273
#: Of a hundred, so many of each kind.
_MIX: Final = {
    DedicatedKind.SCHOOL: 30,
    DedicatedKind.HOSPITAL: 10,
    DedicatedKind.PARK: 18,
    DedicatedKind.MARKET: 15,
    DedicatedKind.BUSINESS_BLOCK: 14,
    DedicatedKind.INSTITUTION: 13,
}
#: The least and the greatest area of a kind, in square metres.
_AREA_M2: Final = {
    DedicatedKind.SCHOOL: (15_000, 40_000),
    DedicatedKind.HOSPITAL: (15_000, 40_000),
    DedicatedKind.PARK: (20_000, 120_000),
    DedicatedKind.MARKET: (5_000, 20_000),
    DedicatedKind.BUSINESS_BLOCK: (8_000, 30_000),
    DedicatedKind.INSTITUTION: (5_000, 30_000),
}
#: No dedicated grid takes more of its community or village than this.
_GREATEST_SHARE: Final = 0.08
_LEAST_M2: Final = 3000.0
#: What stays free between a dedicated grid and its community's border, and between two of them: 8 m and twice that.
_CLEAR_M: Final = 8.0
#: What may straddle base grids; the others lie inside one.
_WIDE: Final = {DedicatedKind.PARK, DedicatedKind.BUSINESS_BLOCK}
#: Tries for one; after each twenty it is made a little smaller.
_TRIES: Final = 400
#: A community gets half as many again as a village of the same luck.
_WEIGHT: Final = {Layer.COMMUNITY: 1.5, Layer.VILLAGE: 1.0}


def kinds_by_parent(layers: Sequence[Layer], rng: Random) -> list[list[DedicatedKind]]:
    """Deal the dedicated grids to communities and villages.

    Parameters
    ----------
    layers
        For each parent, whether it is a community or a village.
    rng
        Draws who gets how many of which.

    Returns
    -------
    list of list of DedicatedKind
        For each parent the kinds of its dedicated grids, none to about three.
    """
    counts = deal(DEDICATED_COUNT, [_WEIGHT[layer] * (0.1 + rng.random() * rng.random()) for layer in layers], 0)
    numbers = deal(DEDICATED_COUNT, list(_MIX.values()), 0)
    pool = [kind for kind, number in zip(_MIX, numbers, strict=True) for _ in range(number)]
    # Drawn by sorting: of all that `random` offers, only the bare numbers are promised to stay the same.
    pool.sort(key=lambda _: rng.random())
    return [[pool.pop() for _ in range(count)] for count in counts]


def place(kinds: Sequence[DedicatedKind], parent: Ring, grids: Sequence[Ring], rng: Random) -> list[Ring]:
    """Place dedicated grids inside their community or village.

    Parameters
    ----------
    kinds
        What to place.
    parent
        The community or village; each rectangle stays 8 m clear of its border.
    grids
        Its base grids; parks and business blocks may straddle them, the other kinds lie inside one.
    rng
        Draws sizes and places.

    Raises
    ------
    LayerError
        If there is no room.
    """
    placed: list[Box] = []
    for kind in kinds:
        for number in range(_TRIES):
            grid = grids[int(rng.random() * len(grids))]
            box = _draw(_size_m2(kind, parent, number, rng), grid, rng)
            around = parent if kind in _WIDE else grid
            if _inside(box, around) and not any(_overlap(_grown(box, 2), other) for other in placed):
                placed.append(box)
                break
        else:
            raise LayerError("A community or village has no room for its dedicated grids.", code="plan_room")
    return [[(west, south), (east, south), (east, north), (west, north)] for west, south, east, north in placed]


def _size_m2(kind: DedicatedKind, parent: Ring, number: int, rng: Random) -> float:
    least, greatest = _AREA_M2[kind]
    drawn = rng.random()
    wanted = least + (greatest - least) * drawn * drawn  # more small ones than large ones
    shrunk = min(wanted, _GREATEST_SHARE * area_m2(parent)) * (1 - 0.035 * (number // 20))
    return max(shrunk, _LEAST_M2)


def _draw(size_m2: float, grid: Ring, rng: Random) -> Box:
    """Draw a rectangle of a size, 0.6 to 1.6 times as wide as high, with its centre in the box around a grid."""
    width_m = sqrt(size_m2 * (0.6 + rng.random()))
    half = units(width_m / 2, 0), units(size_m2 / width_m / 2, 1)
    west, south, east, north = bounds(grid)
    x = west + int((east - west) * rng.random())
    y = south + int((north - south) * rng.random())
    return x - half[0], y - half[1], x + half[0], y + half[1]


def _grown(box: Box, times: int = 1) -> Box:
    dx, dy = times * units(_CLEAR_M, 0), times * units(_CLEAR_M, 1)
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy


def _overlap(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _inside(box: Box, ring: Ring) -> bool:
    """Tell whether a box with its clearance lies inside a ring: its corner does, and no edge touches it."""
    grown = _grown(box)
    return _holds(ring, (grown[0], grown[1])) and not any(_touches(edge, grown) for edge in edges(ring))


def _touches(edge: tuple[Node, Node], box: Box) -> bool:
    """Tell whether an edge and a box share a point, exactly: no line along either separates them."""
    (ax, ay), (bx, by) = edge
    if not _overlap((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)), box):
        return False
    sides = [(bx - ax) * (y - ay) - (by - ay) * (x - ax) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(sides) <= 0 <= max(sides)


def _holds(ring: Ring, node: Node) -> bool:
    """Tell whether a node lies inside a ring, by the parity of the edges west of it."""
    x, y = node
    inside = False
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > y) != (by > y) and ((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0) == (by < ay):
            inside = not inside
    return inside
