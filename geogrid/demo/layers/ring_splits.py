"""Division of a ring into a number of blocks by cuts along meridians and parallels.

Each step halves the number of blocks: it scores several lines on both axes and takes the best one. A cut ends either
exactly at a junction of the other side, or well away from it, so that borders have no jogs of a few metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.demo.layers.lattice import Ring, bounds, compactness, distance_from_origin_m, doubled_area, sharpest_cosine
from geogrid.demo.layers.ring_cuts import Cut, CutLine, clearance_m, corner_distance_m, cut_ring, line_for_share
from geogrid.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from geogrid.demo.layers.cut_end_index import Junctions

#: Distance from a cut to a corner, in metres, below which a neck remains.
_NECK_M: Final = 90.0
#: Distance from the end of a cut to a corner of the outline, in metres, below which a stub remains.
_STUB_M: Final = 12.0
#: Cosines of the interior angles at which the penalty of a sharp corner begins, and is full: 45° and 20°.
_SHARP: Final = (0.7071, 0.9397)
#: Maximum relative deviation from equal shares.
_JITTER: Final = 0.16
_SQUARE: Final = 0.785
#: Polsby-Popper score below which a block is a strip (a 1:2.6 rectangle).
_STRIP: Final = 0.63
#: Distance from the old city, in metres, at which a block has twice the area of one in the old city.
_DENSE_M: Final = 2500.0


def split_ring(ring: Ring, count: int, rng: Random, junctions: Junctions) -> list[Ring]:
    """Split a ring into `count` blocks.

    Parameters
    ----------
    ring
        The ring to split.
    count
        The number of blocks, at least 1.
    rng
        The random stream.
    junctions
        The existing junctions; the new ones are added.

    Raises
    ------
    LayerError
        If a part cannot be cut on either axis.
    """
    blocks: list[Ring] = []
    waiting = [(ring, count)]
    while waiting:
        part, number = waiting.pop()
        if number == 1:
            blocks.append(part)
            continue
        fewer = number // 2
        made, low = _best_cut(part, (fewer, number - fewer), rng, junctions)
        junctions.add(made)
        waiting += ((made.high, number - low), (made.low, low))
    return blocks


def _best_cut(ring: Ring, counts: tuple[int, int], rng: Random, junctions: Junctions) -> tuple[Cut, int]:
    best: tuple[float, Cut, int] | None = None
    for line, low in _candidate_lines(ring, counts, rng):
        made = cut_ring(ring, line)
        if made is None:
            continue
        for option in (made, *_moved_to_junctions(ring, made, junctions)):
            score = _score(option, (low, sum(counts) - low), ring, junctions)
            if best is None or score > best[0]:
                best = (score, option, low)
    if best is None:
        raise LayerError("A part of the district cannot be cut on either axis.", code="plan_outline")
    return best[1], best[2]


def _candidate_lines(ring: Ring, counts: tuple[int, int], rng: Random) -> Iterator[tuple[CutLine, int]]:
    doubled = doubled_area(ring)
    ways = {counts, counts[::-1]}
    for axis in (0, 1):
        for low, high in sorted(ways):
            even = _even_share(ring, axis, low, high)
            for deviation in (0.0, -rng.random(), rng.random(), rng.random() - 0.5, 2 * rng.random() - 1):
                yield line_for_share(ring, axis, even * (1 + _JITTER * deviation), doubled), low


def _even_share(ring: Ring, axis: int, low: int, high: int) -> float:
    """Return the share of the area for the lower side; blocks grow with the distance from the old city."""
    box = bounds(ring)
    middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    weights = []
    for count, part in ((low, 0.25), (high, 0.75)):
        place = list(middle)
        place[axis] = box[axis] + (box[axis + 2] - box[axis]) * part
        weights.append(count * (_DENSE_M + distance_from_origin_m((place[0], place[1]))))
    return weights[0] / (weights[0] + weights[1])


def _moved_to_junctions(ring: Ring, made: Cut, junctions: Junctions) -> Iterator[Cut]:
    for at in dict.fromkeys(junctions.near_ends(made)):
        other = cut_ring(ring, CutLine(made.line.axis, at))
        if other is not None:
            yield other


def _score(made: Cut, counts: tuple[int, int], ring: Ring, junctions: Junctions) -> float:
    """Return the score of a cut: high for compact and equal blocks, low for sharp corners, necks and jogs."""
    doubled = doubled_area(ring)
    score, worst = 0.0, 1.0
    for side, count in ((made.low, counts[0]), (made.high, counts[1])):
        equal_share = doubled * count / sum(counts)
        evenness = min(doubled_area(side) / equal_share, 1.0)
        compact = compactness(side)
        quality = min(compact / _SQUARE, 1.0) * evenness
        score += quality / 2
        worst = min(worst, quality)
        score -= 2 * _sharpness_penalty(sharpest_cosine(side))
        if count == 1:
            score -= 5 * max(0.0, _STRIP - compact)
    score -= max(0.0, 1 - clearance_m(made) / _NECK_M) / 2
    score -= junctions.has_jog(made)
    score -= 0.3 * (corner_distance_m(made) < _STUB_M)
    return score + worst


def _sharpness_penalty(cosine: float) -> float:
    return min(max(0.0, (cosine - _SHARP[0]) / (_SHARP[1] - _SHARP[0])), 1.5)
