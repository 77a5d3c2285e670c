"""Names of synthetic grids, and the reading order in which they get their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.lattice import Ring, bounds, centroid
from geogrid.model import DedicatedKind

if TYPE_CHECKING:
    from collections.abc import Sequence

#: First sequence number of dedicated grids, which share the 15-digit codes of base grids.
FIRST_DEDICATED: Final = 501

#: Tolerance of equal eastings in units: 1e-6 degree.
_EQUAL_UNITS: Final = 10

KIND_NAMES: Final = {
    DedicatedKind.SCHOOL: "学校",
    DedicatedKind.HOSPITAL: "医院",
    DedicatedKind.PARK: "公园",
    DedicatedKind.MARKET: "市场",
    DedicatedKind.BUSINESS_BLOCK: "商务街区",
    DedicatedKind.INSTITUTION: "单位",
}


def reading_order(rings: Sequence[Ring]) -> list[int]:
    """Return the reading order of rings: rows from north to south, each from west to east.

    The northernmost remaining ring (of several, the westernmost) begins a row. The row contains all rings whose
    centroid is not south of its southern end, ordered by the easting of their centroids; if eastings are equal to 1e-6
    degree, the northern ring is first.

    Returns
    -------
    list of int
        Positions in `rings`.

    Examples
    --------
    >>> west, east = [(0, 5), (4, 5), (4, 9), (0, 9)], [(4, 6), (9, 6), (9, 10), (4, 10)]
    >>> south = [(0, 0), (9, 0), (9, 5)]
    >>> reading_order([south, east, west])
    [2, 1, 0]
    """
    left = set(range(len(rings)))
    centres = [centroid(ring) for ring in rings]
    ordered: list[int] = []
    while left:
        opener = min(left, key=lambda index: (-bounds(rings[index])[3], centres[index]))
        south = bounds(rings[opener])[1]
        row = [index for index in left if centres[index][1] >= south]
        ordered += sorted(row, key=lambda index: (round(centres[index][0] / _EQUAL_UNITS), -centres[index][1]))
        left -= set(row)
    return ordered


def short_name(name: str) -> str:
    """Return the short name of a community or village.

    Examples
    --------
    >>> short_name("康吉社区居民委员会"), short_name("新泉村村民委员会")
    ('康吉社区', '新泉村')
    """
    return name.removesuffix("居民委员会").removesuffix("村民委员会")


def grid_name(parent_name: str, number: int) -> str:
    """Return the name of an urban or rural grid.

    Examples
    --------
    >>> grid_name("康吉社区居民委员会", 1)
    '康吉社区第01网格'
    """
    return f"{short_name(parent_name)}第{number:02d}网格"


def dedicated_name(parent_name: str, number: int, kind: DedicatedKind) -> str:
    """Return the name of a dedicated grid, which is labelled 示意 (indicative).

    Examples
    --------
    >>> dedicated_name("康吉社区居民委员会", 1, DedicatedKind.SCHOOL)
    '康吉社区专属网格01（学校·示意）'
    """
    return f"{short_name(parent_name)}专属网格{number:02d}（{KIND_NAMES[kind]}·示意）"
