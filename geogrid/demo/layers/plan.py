"""Where each street lies: a hand-written, schematic plan of the district (示意).

The plan is a tree of straight cuts, in kilometres east and north of the old city's middle. Its leaves are *zones*: a
part of one street that holds so many of its communities or of its villages. A street may have several zones, so it
need not be a rectangle. Positions are those of the real city only roughly: the old city in the middle, the river east
of it, villages outside. No official border went into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from geogrid.demo.layers.lattice import Ring, units
from geogrid.demo.layers.ring_cuts import CutLine, cut
from geogrid.errors import LayerError
from geogrid.model import Layer

if TYPE_CHECKING:
    from geogrid.demo.layers.junctions import Junctions


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a street: how many of its communities, or of its villages, lie in it."""

    street: str
    layer: Layer
    count: int


@dataclass(frozen=True, slots=True)
class Split:
    """A cut at so many kilometres, `axis` 0 east or 1 north, and what lies on either side of it."""

    axis: int
    at_km: float
    low: Tree
    high: Tree


Tree: TypeAlias = "Zone | Split"


def _x(at_km: float, west: Tree, east: Tree) -> Split:
    return Split(0, at_km, west, east)


def _y(at_km: float, south: Tree, north: Tree) -> Split:
    return Split(1, at_km, south, north)


def _city(street: str, count: int) -> Zone:
    return Zone(f"140213{street}", Layer.COMMUNITY, count)


def _country(street: str, count: int) -> Zone:
    return Zone(f"140213{street}", Layer.VILLAGE, count)


_NORTH = _x(
    -1.1,
    _y(6.0, _city("061", 6), _country("061", 1)),  # 卧虎湾
    _x(0.7, _city("062", 5), _city("062", 5)),  # 新华
)
_NORTH_OF_OLD_CITY = _x(
    -1.15,
    _x(-3.0, _country("052", 1), _city("052", 15)),  # 新旺
    _city("056", 11),  # 武定
)
_OLD_CITY_BAND = _x(
    -1.1,
    _city("054", 12),  # 振华
    _x(1.2, _city("051", 12), _city("057", 2)),  # 古城; 御河, west bank
)
_SOUTH_OF_OLD_CITY = _y(
    -3.9,
    _y(-7.0, _country("058", 1), _city("058", 11)),  # 开源
    _city("050", 18),  # 永泰
)
_SOUTH_WEST = _x(
    -2.45,
    _y(-3.2, _city("055", 8), _city("059", 9)),  # 清远, 大庆路
    _y(-4.4, _country("053", 1), _city("053", 15)),  # 迎宾
)
_FAR_WEST = _y(
    -0.4,
    _y(-2.4, _country("055", 2), _country("059", 2)),  # 清远, 大庆路
    _y(3.1, _city("060", 3), _country("060", 9)),  # 马军营
)
_WEST_BANK = _x(
    -3.9,
    _FAR_WEST,
    _y(
        -1.0,
        _x(-1.0, _SOUTH_WEST, _SOUTH_OF_OLD_CITY),
        _y(1.0, _OLD_CITY_BAND, _y(3.3, _NORTH_OF_OLD_CITY, _NORTH)),
    ),
)
_EAST_BANK = _x(
    5.0,
    _y(
        -2.0,
        _y(-4.4, _country("066", 2), _city("066", 7)),  # 水泊寺
        _x(4.25, _city("063", 5), _country("063", 2)),  # 鹿苑
    ),
    _y(-2.65, _country("065", 5), _city("065", 7)),  # 文瀛湖
)
_NORTH_EAST = _x(
    5.0,
    _y(2.1, _city("064", 4), _country("064", 4)),
    _country("064", 7),
)  # 白登山
_PLAN: Final[Tree] = _x(
    2.3,
    _WEST_BANK,
    _y(
        -6.0,
        _country("067", 7),  # 小南头
        _x(3.3, _country("057", 3), _y(0.8, _EAST_BANK, _NORTH_EAST)),  # 御河, east bank
    ),
)


def zones() -> list[Zone]:
    """List the zones of the plan, west before east and south before north at each cut."""
    found: list[Zone] = []
    waiting: list[Tree] = [_PLAN]
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, Zone):
            found.append(tree)
        else:
            waiting += (tree.high, tree.low)
    return found


def lay_out(outline: Ring, junctions: Junctions) -> list[tuple[Zone, Ring]]:
    """Cut the district into the zones of the plan, in the order of `zones`; the crossroads are added to `junctions`.

    Raises
    ------
    LayerError
        If a cut of the plan does not part the outline in two: it is written for this district alone.
    """
    placed: list[tuple[Zone, Ring]] = []
    waiting: list[tuple[Tree, Ring]] = [(_PLAN, outline)]
    while waiting:
        tree, ring = waiting.pop()
        if isinstance(tree, Zone):
            placed.append((tree, ring))
            continue
        made = cut(ring, CutLine(tree.axis, units(tree.at_km * 1000, tree.axis)))
        if made is None:
            raise LayerError(
                f"The plan's cut at {tree.at_km} km does not part the outline in two.", code="plan_outline"
            )
        junctions.add(made)
        waiting += ((tree.high, made.high), (tree.low, made.low))
    return placed
