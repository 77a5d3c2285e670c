"""Splitting a ring into so many blocks, by cuts along meridians and parallels.

Each step halves the number of blocks, tries some lines both ways and keeps the one whose two sides make the best
blocks. It meets borders that come from the other side of a street either exactly, at a crossroads, or well away from
them, so that no border has a jog of a few metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.lattice import Ring, area2, bounds, compactness, distance_m, sharpest
from geogrid.demo.layers.ring_cuts import Cut, CutLine, clearance_m, cut, foothold_m, line_for_share
from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from geogrid.demo.layers.junctions import Junctions

#: A cut nearer than this to a corner that it does not end at leaves a neck, in metres.
_NECK_M: Final = 90.0
#: A cut that meets the outline nearer than this to one of its corners leaves a stub there, in metres.
_FOOTHOLD_M: Final = 12.0
#: The cosines of the interior angles at which a corner begins to count as sharp, and counts in full: 45° and 20°.
_SHARP: Final = (0.7071, 0.9397)
#: How far a share may stray from the even one, so that blocks differ as they do in a city.
_JITTER: Final = 0.16
_SQUARE: Final = 0.785
#: The Polsby-Popper score below which a block is a strip, that of a 1:2.6 rectangle.
_STRIP: Final = 0.63
#: A block this far out, in metres, gets twice the area of one in the middle of the old city.
_DENSE_M: Final = 2500.0


def split(ring: Ring, count: int, rng: Random, junctions: Junctions) -> list[Ring]:
    """Split a ring into `count` blocks.

    Parameters
    ----------
    ring
        What to split.
    count
        How many blocks, 1 or more.
    rng
        Draws the shares.
    junctions
        The crossroads so far; the new ones are added.

    Raises
    ------
    LayerError
        If some part can be cut neither way.
    """
    blocks: list[Ring] = []
    waiting = [(ring, count)]
    while waiting:
        part, number = waiting.pop()
        if number == 1:
            blocks.append(part)
            continue
        fewer = number // 2
        made, low = _best(part, (fewer, number - fewer), rng, junctions)
        junctions.add(made)
        waiting += ((made.high, number - low), (made.low, low))
    return blocks


def _best(ring: Ring, counts: tuple[int, int], rng: Random, junctions: Junctions) -> tuple[Cut, int]:
    best: tuple[float, Cut, int] | None = None
    for line, low in _lines(ring, counts, rng):
        made = cut(ring, line)
        if made is None:
            continue
        for option in (made, *_moved(ring, made, junctions)):
            score = _score(option, (low, sum(counts) - low), ring, junctions)
            if best is None or score > best[0]:
                best = (score, option, low)
    if best is None:
        raise LayerError("A part of the district can be cut neither way.", code="plan_outline")
    return best[1], best[2]


def _lines(ring: Ring, counts: tuple[int, int], rng: Random) -> Iterator[tuple[CutLine, int]]:
    doubled = area2(ring)
    ways = {counts, counts[::-1]}
    for axis in (0, 1):
        for low, high in sorted(ways):
            even = _even_share(ring, axis, low, high)
            for stray in (0.0, -rng.random(), rng.random(), rng.random() - 0.5, 2 * rng.random() - 1):
                yield line_for_share(ring, axis, even * (1 + _JITTER * stray), doubled), low


def _even_share(ring: Ring, axis: int, low: int, high: int) -> float:
    """Give the share of the area for the lower side: blocks grow with the distance from the old city."""
    box = bounds(ring)
    middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    weights = []
    for count, part in ((low, 0.25), (high, 0.75)):
        place = list(middle)
        place[axis] = box[axis] + (box[axis + 2] - box[axis]) * part
        weights.append(count * (_DENSE_M + distance_m((place[0], place[1]))))
    return weights[0] / (weights[0] + weights[1])


def _moved(ring: Ring, made: Cut, junctions: Junctions) -> Iterator[Cut]:
    for at in dict.fromkeys(junctions.near(made)):
        other = cut(ring, CutLine(made.line.axis, at))
        if other is not None:
            yield other


def _score(made: Cut, counts: tuple[int, int], ring: Ring, junctions: Junctions) -> float:
    """Score a cut: compact sides, even blocks; less for sharp corners, necks and jogs."""
    doubled = area2(ring)
    score, worst = 0.0, 1.0
    for side, count in ((made.low, counts[0]), (made.high, counts[1])):
        fair = doubled * count / sum(counts)
        evenness = min(area2(side) / fair, 1.0)
        compact = compactness(side)
        quality = min(compact / _SQUARE, 1.0) * evenness
        score += quality / 2
        worst = min(worst, quality)
        score -= 2 * _excess(sharpest(side))
        if count == 1:
            score -= 5 * max(0.0, _STRIP - compact)
    score -= max(0.0, 1 - clearance_m(made) / _NECK_M) / 2
    score -= junctions.jogs(made)
    score -= 0.3 * (foothold_m(made) < _FOOTHOLD_M)
    return score + worst


def _excess(cosine: float) -> float:
    return min(max(0.0, (cosine - _SHARP[0]) / (_SHARP[1] - _SHARP[0])), 1.5)
