"""Checks of areas side by side: overlaps in a layer, and gaps between what ought to tile the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.layers.topology.areas import metres_of
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import find
from geogrid.layers.topology.overlay import count_meetings, overlay, too_costly
from geogrid.layers.topology.slivers import FLOOR_M2, Grade, grade_one, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geogrid.layers.topology.areas import Area, Plane, Shapes
    from geogrid.layers.topology.finding import Finding
    from geogrid.layers.topology.slivers import Leftovers

#: Two shapes that agree in so much of their area are one shape twice, however their vertices were rounded.
_SAME: Final = 0.999
#: Neighbours are looked for so near a gap: past the noise, and short of the next area.
_NEAR_M: Final = 0.2
#: So many pairs that cost too much are named.
_NAMED: Final = 20
#: Pairs whose boxes meet, in all and for each area: a district has some five for each grid.
PAIRS_IN_ALL: Final = 50_000
PAIRS_AN_AREA: Final = 20
#: Pairs of edges between the whole and what is covered: its outline is that of the areas along it.
_WORK_WHOLE: Final = 500_000
_CHUNK: Final = 256


def check_overlaps(areas: Sequence[Area], plane: Plane, leftovers: Leftovers) -> tuple[list[Finding], set[int]]:
    """Find what overlaps among areas that ought to lie side by side.

    Parameters
    ----------
    areas
        Areas that can be compared, of one level.
    plane
        Theirs.
    leftovers
        Takes the overlaps.

    Returns
    -------
    findings : list of Finding
        Doubles, and pairs that could not be compared.
    uncompared : set of int
        The places in `areas` of those in such a pair.
    """
    shapes = metres_of(areas)
    pairs = pairs_of(shapes)
    if pairs is None:
        return [_too_complex(areas[:1], len(areas), named=False)], set(range(len(areas)))
    one, other = pairs
    refused = too_costly(shapes[one], shapes[other])
    chosen = _suspects(shapes, one, other, refused) & ~refused
    results, failed = overlay(shapely.intersection, shapes[one], shapes[other], ~chosen)
    refused |= chosen & failed
    doubles = []
    for number in np.flatnonzero(chosen):
        common = polygons_of(results[number])
        if common.area < FLOOR_M2:
            continue
        pair = (areas[one[number]], areas[other[number]])
        if _is_double(common, *(area.metres for area in pair)):
            codes = tuple(area.label for area in pair)
            doubles.append(find(FindingCode.DUPLICATE_SHAPE, pair[0].layer, codes, drawn=plane.to_degrees(common)))
        else:
            leftovers.add(grade_one(common), FindingCode.OVERLAP, pair, common)
    left_out = [(areas[one[number]], areas[other[number]]) for number in np.flatnonzero(refused)]
    return [*doubles, *refusals(left_out)], {*one[refused].tolist(), *other[refused].tolist()}


def refusals(pairs: Sequence[tuple[Area, Area]]) -> Iterator[Finding]:
    """Yield a finding for each pair that was refused, or for all together where they are many."""
    if len(pairs) > _NAMED:
        yield _too_complex(pairs[0], len(pairs), named=False)
    else:
        yield from (_too_complex(pair, 1, named=True) for pair in pairs)


def _too_complex(areas: Sequence[Area], count: int, *, named: bool) -> Finding:
    codes = tuple(area.label for area in areas) if named else ()
    chinese = f"{'与'.join(codes)} 的" if named else f"{count:,} 对"
    english = f"{' and '.join(codes)} are" if named else f"{count:,} pairs of areas are"
    return find(FindingCode.TOO_COMPLEX, areas[0].layer, codes, beside=areas[0].shape, what_zh=chinese, what=english)


def check_gaps(
    areas: Sequence[Area],
    unread: Sequence[shapely.Geometry],
    around: shapely.Geometry | None,
    leftovers: Leftovers,
) -> list[Finding]:
    """Find what no area of a level covers.

    Parameters
    ----------
    areas
        Areas that can be compared, of one level that ought to tile.
    unread
        Shapes of the same level that cannot be compared, in metres, whatever their state. What lies in their convex
        hulls is no gap yet: mending them comes first.
    around
        What they ought to tile, or None: then only holes between them are gaps.
    leftovers
        Takes the gaps.

    Returns
    -------
    list of Finding
        One if the gaps could not be looked for.
    """
    shapes = metres_of(areas)
    if not len(shapes):
        return []
    covered = union_of(shapes)
    whole = around if around is not None else filled(covered)
    if covered is None or whole is None or count_meetings(whole, covered, _WORK_WHOLE) > _WORK_WHOLE:
        return [_too_complex(areas[:1], len(areas), named=False)]
    left = whole.difference(covered)
    for hull in shapely.convex_hull(np.array(unread, dtype=object)):
        left = left.difference(hull)
    parts = shapely.get_parts(polygons_of(left))
    tree = shapely.STRtree(shapes)
    for part in parts:
        grade = grade_one(part)
        # Noise is summed up; nobody asks whose it is.
        neighbours = [areas[number] for number in _beside(part, tree, shapes)] if grade > Grade.NOISE else []
        layer = (neighbours or areas)[0].layer
        leftovers.add(grade, FindingCode.GAP, tuple(neighbours), part, layer=layer, **_where(neighbours))
    return []


def pairs_of(shapes: Shapes) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the pairs whose boxes meet, each once, or None if there are too many to list."""
    tree = shapely.STRtree(shapes)
    found, count = [np.empty((2, 0), dtype=np.intp)], 0
    for start in range(0, len(shapes), _CHUNK):
        pairs = tree.query(shapes[start : start + _CHUNK])
        pairs[0] += start
        found.append(pairs[:, pairs[0] < pairs[1]])
        count += found[-1].shape[1]
        if count > PAIRS_IN_ALL + PAIRS_AN_AREA * len(shapes):
            return None
    one, other = np.concatenate(found, axis=1)
    return one, other


def _suspects(
    shapes: Shapes, one: NDArray[np.intp], other: NDArray[np.intp], refused: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Say which pairs may overlap, by a quick look at all shapes together."""
    # The look is as slow as an overlay where it would cost too much, so those keep out of it.
    out = np.zeros(len(shapes), dtype=bool)
    out[one[refused]] = out[other[refused]] = True
    kept = np.flatnonzero(~out)
    odd = np.ones(len(shapes), dtype=bool)
    if shapely.coverage_is_valid(shapes[kept]):
        odd[kept] = False
    else:
        odd[kept] = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes[kept]))
    # Where two overlap, an edge of one of them lies in the other.
    found: NDArray[np.bool_] = odd[one] | odd[other]
    return found


def _is_double(common: shapely.Geometry, one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(common.area > _SAME * max(one.area, other.area))


def union_of(shapes: Shapes) -> shapely.Geometry | None:
    """Return the union of shapes, or None if GEOS gives up."""
    try:
        valid = shapely.coverage_is_valid(shapes)
        return shapely.coverage_union_all(shapes) if valid else shapely.union_all(shapes)
    except GEOSException:
        return None


def filled(covered: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return a shape without its holes."""
    if covered is None:
        return None
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(covered))))


def _beside(gap: shapely.Geometry, tree: shapely.STRtree, shapes: Shapes) -> list[int]:
    """Return the two areas that reach furthest along a gap."""
    # Areas within a hand's breadth stand for lengths: nodes that one side lacks do not break them.
    near = shapely.buffer(gap, _NEAR_M, quad_segs=2)
    numbers = np.sort(tree.query(near, predicate="intersects"))
    if not len(numbers):
        return []
    common = shapely.area(shapely.intersection(shapes[numbers], near))
    order = np.argsort(-common, kind="stable")[:2]
    return [int(numbers[place]) for place in order if common[place] > 0]


def _where(neighbours: Sequence[Area]) -> dict[str, str]:
    names = [area.label for area in neighbours]
    if len(names) > 1:
        return {"where_zh": f"{' 与 '.join(names)} 之间", "where": f"between {' and '.join(names)}"}
    if names:
        return {"where_zh": f"{names[0]} 旁", "where": f"beside {names[0]}"}
    return {"where_zh": "区界内", "where": "in the district"}
