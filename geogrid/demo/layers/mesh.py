"""Construction of a mesh from blocks: adjacent blocks share all nodes of their border."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from geogrid.demo.layers.cut_end_index import JOIN_M
from geogrid.demo.layers.lattice import Node, Ring, edges, length_m
from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def add_shared_nodes(rings: Sequence[Ring]) -> list[Ring]:
    """Add to each ring the nodes of other rings that lie on its axis-parallel edges.

    Slanted edges occur only on the outline and have their nodes already, see `cut_ring`.

    Examples
    --------
    >>> north = [(0, 5), (9, 5), (9, 9), (0, 9)]
    >>> west, east = [(0, 0), (4, 0), (4, 5), (0, 5)], [(4, 0), (9, 0), (9, 5), (4, 5)]
    >>> add_shared_nodes([north, west, east])[0]
    [(0, 5), (4, 5), (9, 5), (9, 9), (0, 9)]
    """
    lines: tuple[defaultdict[int, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for node in sorted({node for ring in rings for node in ring}):
        for axis in (0, 1):
            lines[axis][node[axis]].append(node[1 - axis])
    for ends in lines[1].values():
        ends.sort()
    return [[node for edge in edges(ring) for node in _nodes_on_edge(edge, lines)] for ring in rings]


def _nodes_on_edge(edge: tuple[Node, Node], lines: tuple[defaultdict[int, list[int]], ...]) -> list[Node]:
    """Return the nodes on an edge, with its start and without its end."""
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


def merge_close_nodes(rings: Sequence[Ring], outline: Ring) -> list[Ring]:
    """Merge the two nodes of each inner edge that is shorter than `JOIN_M`.

    Parameters
    ----------
    rings
        The blocks of the mesh with shared nodes.
    outline
        The outer ring of the mesh; its nodes stay.
    """
    kept = set(outline)
    merged: dict[Node, Node] = {}
    for start, end in sorted({(min(edge), max(edge)) for ring in rings for edge in edges(ring)}):
        if length_m(start, end) < JOIN_M and not {start, end} & kept:
            merged[end] = start
            kept |= {start, end}
    return [list(dict.fromkeys(merged.get(node, node) for node in ring)) for ring in rings]


def union_rings(rings: Iterable[Ring]) -> Ring:
    """Return the outer ring of adjacent rings of a mesh, with all nodes on it.

    Raises
    ------
    LayerError
        If the rings are not connected, enclose a hole or touch only in a point.

    Examples
    --------
    >>> union_rings([[(0, 0), (4, 0), (4, 5), (0, 5)], [(4, 0), (9, 0), (9, 5), (4, 5)]])
    [(0, 0), (4, 0), (9, 0), (9, 5), (4, 5), (0, 5)]
    """
    left = {edge for ring in rings for edge in edges(ring)}
    outer = [(start, end) for start, end in left if (end, start) not in left]
    onward = dict(outer)
    ring: Ring = []
    node: Node | None = min(onward)
    # The number of steps is limited, so that a broken mesh causes an error and not an endless loop.
    for _ in outer:
        if node is not None:
            ring.append(node)
            node = onward.get(node)
    if len(set(ring)) != len(outer) or node != ring[0]:
        raise LayerError(
            "The outline of a street, community or village of the demo layers is not one ring.",
            code="mesh_parts",
            remedy="Report this error: the generator has made parts that are not connected, or a hole.",
        )
    return ring
