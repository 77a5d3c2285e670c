"""A hand-written, schematic plan of the streets of the district (示意).

The plan is a tree of straight cuts, in kilometres east and north of the centre of the old city. Its leaves are *zones*:
a part of a street with a number of communities or of villages. A street may have several zones, so it is not always a
rectangle. Positions are approximate: the old city in the centre, the river east of it, villages outside. No official
border was used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from geogrid.demo.layers.lattice import Ring, to_units
from geogrid.demo.layers.ring_cuts import CutLine, cut_ring
from geogrid.errors import LayerError
from geogrid.model import Layer

if TYPE_CHECKING:
    from geogrid.demo.layers.cut_end_index import Junctions


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a street, with the number of its communities or of its villages."""

    street: str
    layer: Layer
    count: int


@dataclass(frozen=True, slots=True)
class PlanCut:
    """A cut at a number of kilometres along `axis` (0 east, 1 north), with the subtrees on both sides."""

    axis: int
    at_km: float
    low: Tree
    high: Tree


Tree: TypeAlias = "Zone | PlanCut"


def _x(at_km: float, west: Tree, east: Tree) -> PlanCut:
    return PlanCut(0, at_km, west, east)


def _y(at_km: float, south: Tree, north: Tree) -> PlanCut:
    return PlanCut(1, at_km, south, north)


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


def list_zones() -> list[Zone]:
    """Return the zones of the plan, west before east and south before north at each cut."""
    zones: list[Zone] = []
    waiting: list[Tree] = [_PLAN]
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, Zone):
            zones.append(tree)
        else:
            waiting += (tree.high, tree.low)
    return zones


def lay_out_zones(outline: Ring, junctions: Junctions) -> list[tuple[Zone, Ring]]:
    """Cut the district into the zones of the plan, in the order of `list_zones`, and add the new junctions.

    Raises
    ------
    LayerError
        If a cut does not divide the outline in two; the plan fits only this district.
    """
    placed_zones: list[tuple[Zone, Ring]] = []
    waiting: list[tuple[Tree, Ring]] = [(_PLAN, outline)]
    while waiting:
        tree, ring = waiting.pop()
        if isinstance(tree, Zone):
            placed_zones.append((tree, ring))
            continue
        made = cut_ring(ring, CutLine(tree.axis, to_units(tree.at_km * 1000, tree.axis)))
        if made is None:
            raise LayerError(
                f"The cut of the plan at {tree.at_km} km does not divide the outline in two.", code="plan_outline"
            )
        junctions.add(made)
        waiting += ((tree.high, made.high), (tree.low, made.low))
    return placed_zones
