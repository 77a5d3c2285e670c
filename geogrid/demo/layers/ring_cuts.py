"""Cutting a ring in two along a meridian or a parallel, on the lattice."""

from __future__ import annotations

from dataclasses import dataclass

from geogrid.demo.layers.lattice import Node, Ring, bounds, edges, length_m


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line of constant easting (`axis` 0, runs north-south) or of constant northing (`axis` 1)."""

    axis: int
    at: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The two sides of a cut.

    Attributes
    ----------
    line
        Where it was made.
    low, high
        The western and eastern ring, or the southern and northern one.
    ends
        The two nodes that both rings share.
    crossed
        The two edges that the line crossed, in the order of `ends`.
    """

    line: CutLine
    low: Ring
    high: Ring
    ends: tuple[Node, Node]
    crossed: tuple[tuple[Node, Node], tuple[Node, Node]]


def cut(ring: Ring, line: CutLine) -> Cut | None:
    """Cut a ring in two simple rings, or give None where that cannot be done.

    Across an edge that runs along an axis the new node is exact. Across a slanted one, which only the district's
    outline has, it is rounded to the lattice and both sides carry it, so the outline moves by half a unit at most.

    Returns
    -------
    Cut or None
        None where the line misses the ring, crosses it more than twice, or runs through one of its nodes.

    Examples
    --------
    >>> made = cut([(0, 0), (10, 0), (10, 10), (0, 10)], CutLine(0, 4))
    >>> made.low, made.high
    ([(0, 0), (4, 0), (4, 10), (0, 10)], [(4, 0), (10, 0), (10, 10), (4, 10)])
    >>> cut([(0, 0), (10, 0), (10, 10), (0, 10)], CutLine(0, 10)) is None
    True
    """
    sides = [node[line.axis] - line.at for node in ring]
    if 0 in sides:
        return None
    low: Ring = []
    high: Ring = []
    ends: list[Node] = []
    crossed: list[tuple[Node, Node]] = []
    for (here, after), side, other in zip(edges(ring), sides, [*sides[1:], sides[0]], strict=True):
        (low if side < 0 else high).append(here)
        if (side < 0) != (other < 0):
            node = _crossing(here, after, line)
            if node in (here, after) or len(ends) == 2:  # noqa: PLR2004 - a line has two ends
                return None
            low.append(node)
            high.append(node)
            ends.append(node)
            crossed.append((here, after))
    if not ends:
        return None
    return Cut(line, low, high, (ends[0], ends[1]), (crossed[0], crossed[1]))


def _crossing(a: Node, b: Node, line: CutLine) -> Node:
    across = 1 - line.axis
    run, rise = b[line.axis] - a[line.axis], b[across] - a[across]
    doubled = 2 * rise * (line.at - a[line.axis])
    value = a[across] + (doubled + abs(run) if run > 0 else -doubled + abs(run)) // (2 * abs(run))
    return (line.at, value) if line.axis == 0 else (value, line.at)


def area2_below(ring: Ring, line: CutLine) -> float:
    """Give twice the area, in square units, of what lies west or south of a line."""
    total = 0.0
    axis, at = line.axis, line.at
    for a, b in edges(ring):
        below = a[axis] < at, b[axis] < at
        if not any(below):
            continue
        (ax, ay), (bx, by) = (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))
        if not all(below):
            part = (at - a[axis]) / (b[axis] - a[axis])
            mx, my = ax + (bx - ax) * part, ay + (by - ay) * part
            (ax, ay, bx, by) = (ax, ay, mx, my) if below[0] else (mx, my, bx, by)
        # The strip between the edge and the line: edges along the line itself then count for nothing.
        total += (at - (ax + bx) / 2) * (ay - by) * 2 if axis == 0 else (at - (ay + by) / 2) * (bx - ax) * 2
    return total


def line_for_share(ring: Ring, axis: int, share: float, doubled_area: int) -> CutLine:
    """Find by halving the line that leaves about `share` of the area below it."""
    box = bounds(ring)
    low, high = box[axis], box[axis + 2]
    for _ in range(14):
        middle = (low + high) // 2
        if area2_below(ring, CutLine(axis, middle)) < share * doubled_area:
            low = middle
        else:
            high = middle
    return CutLine(axis, (low + high) // 2)


def clearance_m(made: Cut) -> float:
    """Give the distance in metres from the cut to the nearest node that is not an end of a crossed edge."""
    spared = {*made.ends, *made.crossed[0], *made.crossed[1]}
    axis, across = made.line.axis, 1 - made.line.axis
    first, last = sorted(end[across] for end in made.ends)
    nearest = float("inf")
    for node in (*made.low, *made.high):
        if node not in spared:
            foot = min(max(node[across], first), last)
            nearest = min(nearest, length_m(node, (made.line.at, foot) if axis == 0 else (foot, made.line.at)))
    return nearest


def foothold_m(made: Cut) -> float:
    """Give the distance in metres from the ends of the cut to the nearest corner of the slanted edges it crossed."""
    nearest = float("inf")
    for end, edge in zip(made.ends, made.crossed, strict=True):
        if edge[0][0] != edge[1][0] and edge[0][1] != edge[1][1]:
            nearest = min(nearest, length_m(end, edge[0]), length_m(end, edge[1]))
    return nearest
