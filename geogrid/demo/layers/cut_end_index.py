"""Index of the end points of cuts along the lines of other cuts, to find near ends."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.lattice import to_units
from geogrid.demo.layers.ring_cuts import Cut, CutLine

if TYPE_CHECKING:
    from geogrid.demo.layers.lattice import Node

#: Minimum distance of two junctions on a line, in metres; nearer ones should coincide.
_JOG_M: Final = 45.0
#: Maximum distance of two junctions that can be merged by moving one of them, in metres.
JOIN_M: Final = 18.0


class Junctions:
    """The end points of cuts on the lines of other cuts."""

    def __init__(self) -> None:
        self._ends: defaultdict[CutLine, list[int]] = defaultdict(list)

    def add(self, made: Cut) -> None:
        """Add both ends of a cut."""
        for edge in made.crossed:
            along = _line_along(edge)
            if along is not None:
                insort(self._ends[along], made.line.at)

    def has_jog(self, made: Cut) -> bool:
        """Return whether a cut ends near another one, but too far away to be merged with it."""
        return any(abs(at - made.line.at) > to_units(JOIN_M, made.line.axis) for at in self.near_ends(made))

    def near_ends(self, made: Cut) -> list[int]:
        """Return the ends of other cuts on the same lines that are nearer than the minimum distance."""
        reach = to_units(_JOG_M, made.line.axis)
        nearby: list[int] = []
        for edge in made.crossed:
            along = _line_along(edge)
            if along is not None:
                ends = self._ends[along]
                start = bisect_left(ends, made.line.at - reach)
                nearby += ends[start : bisect_left(ends, made.line.at + reach + 1)]
        return nearby


def _line_along(edge: tuple[Node, Node]) -> CutLine | None:
    """Return the line of an edge, or None for a slanted edge of the outline."""
    for axis in (0, 1):
        if edge[0][axis] == edge[1][axis]:
            return CutLine(axis, edge[0][axis])
    return None
