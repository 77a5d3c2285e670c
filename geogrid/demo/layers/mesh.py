"""Joining blocks into one mesh: every border is walked by the same nodes on both sides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.demo.layers.junctions import JOIN_M
from geogrid.demo.layers.lattice import Node, Ring, edges, length_m
from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def noded(rings: Sequence[Ring]) -> list[Ring]:
    """Give each ring every node of the others that lies on one of its edges along an axis.

    Slanted edges, which only the outline has, carry their nodes already: see `cut`.

    Examples
    --------
    >>> north = [(0, 5), (9, 5), (9, 9), (0, 9)]
    >>> west, east = [(0, 0), (4, 0), (4, 5), (0, 5)], [(4, 0), (9, 0), (9, 5), (4, 5)]
    >>> noded([north, west, east])[0]
    [(0, 5), (4, 5), (9, 5), (9, 9), (0, 9)]
    """
    lines: tuple[defaultdict[int, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for node in sorted({node for ring in rings for node in ring}):
        for axis in (0, 1):
            lines[axis][node[axis]].append(node[1 - axis])
    for ends in lines[1].values():
        ends.sort()
    return [[node for edge in edges(ring) for node in _walk(edge, lines)] for ring in rings]


def _walk(edge: tuple[Node, Node], lines: tuple[defaultdict[int, list[int]], ...]) -> list[Node]:
    """List the nodes from the start of an edge up to, but without, its end."""
    start, end = edge
    for axis in (0, 1):
        at = start[axis]
        if at == end[axis]:
            first, last = sorted((start[1 - axis], end[1 - axis]))
            on_line = lines[axis][at]
            between = on_line[bisect_right(on_line, first) : bisect_left(on_line, last)]
            ordered = between if start[1 - axis] < end[1 - axis] else between[::-1]
            return [start, *((at, other) if axis == 0 else (other, at) for other in ordered)]
    return [start]


def joined(rings: Sequence[Ring], outline: Ring) -> list[Ring]:
    """Join borders that all but meet: the two nodes of an inner edge shorter than `JOIN_M` become one.

    Parameters
    ----------
    rings
        The blocks of the mesh, noded.
    outline
        The ring around them; nodes on it stay.
    """
    kept = set(outline)
    became: dict[Node, Node] = {}
    for start, end in sorted({(min(edge), max(edge)) for ring in rings for edge in edges(ring)}):
        if length_m(start, end) < JOIN_M and not {start, end} & kept:
            became[end] = start
            kept |= {start, end}
    return [list(dict.fromkeys(became.get(node, node) for node in ring)) for ring in rings]


def union(rings: Iterable[Ring]) -> Ring:
    """Join rings of a mesh into the one ring around them, keeping every node on it.

    Raises
    ------
    LayerError
        If they are not in one piece, enclose a hole or touch at a mere point.

    Examples
    --------
    >>> union([[(0, 0), (4, 0), (4, 5), (0, 5)], [(4, 0), (9, 0), (9, 5), (4, 5)]])
    [(0, 0), (4, 0), (9, 0), (9, 5), (4, 5), (0, 5)]
    """
    left = {edge for ring in rings for edge in edges(ring)}
    outer = [(start, end) for start, end in left if (end, start) not in left]
    onward = dict(outer)
    ring: Ring = []
    node: Node | None = min(onward)
    # A walk of as many steps as there are edges, so that a broken mesh ends in an error and not in a circle.
    for _ in outer:
        if node is not None:
            ring.append(node)
            node = onward.get(node)
    if len(set(ring)) != len(outer) or node != ring[0]:
        raise LayerError("Blocks of one parent do not join into one ring.", code="mesh_parts")
    return ring
