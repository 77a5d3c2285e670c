"""Where borders meet: what lets two cuts from either side of a street join at a crossroads."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.lattice import units
from geogrid.demo.layers.ring_cuts import Cut, CutLine

if TYPE_CHECKING:
    from geogrid.demo.layers.lattice import Node

#: Borders that meet a common line nearer to each other than this are joined at a crossroads, in metres.
_JOG_M: Final = 45.0
#: Those nearer still can be joined by moving one of them.
JOIN_M: Final = 18.0


class Junctions:
    """Where cuts end on the lines that other cuts made: the crossroads so far."""

    def __init__(self) -> None:
        self._ends: defaultdict[CutLine, list[int]] = defaultdict(list)

    def add(self, made: Cut) -> None:
        """Remember both ends of a cut."""
        for edge in made.crossed:
            along = _line_along(edge)
            if along is not None:
                insort(self._ends[along], made.line.at)

    def jogs(self, made: Cut) -> bool:
        """Tell whether a cut ends beside another, too near to be apart and too far to be joined by a nudge."""
        return any(abs(at - made.line.at) > units(JOIN_M, made.line.axis) for at in self.near(made))

    def near(self, made: Cut) -> list[int]:
        """List the ends of other cuts, on the lines where this one ends, that are too near to be apart."""
        reach = units(_JOG_M, made.line.axis)
        found: list[int] = []
        for edge in made.crossed:
            along = _line_along(edge)
            if along is not None:
                ends = self._ends[along]
                start = bisect_left(ends, made.line.at - reach)
                found += ends[start : bisect_left(ends, made.line.at + reach + 1)]
        return found


def _line_along(edge: tuple[Node, Node]) -> CutLine | None:
    """Give the line that an edge runs along, or None for a slanted edge of the outline."""
    for axis in (0, 1):
        if edge[0][axis] == edge[1][axis]:
            return CutLine(axis, edge[0][axis])
    return None
