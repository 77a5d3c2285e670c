"""Checks of a level: overlaps between its areas, and gaps where it should tile the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.layers.topology.bounded_overlay import WORK_PER_EDGE, count_edge_pairs, overlay, too_costly
from geogrid.layers.topology.checked_features import plane_shapes
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.messages import make_finding
from geogrid.layers.topology.slivers import FLOOR_M2, Grade, grade_leftover, keep_polygons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geogrid.geo.plane import Plane
    from geogrid.layers.topology.checked_features import CheckedArea, Shapes
    from geogrid.layers.topology.finding import Finding
    from geogrid.layers.topology.slivers import Leftovers

#: Shapes that share more than this part of the larger area are duplicates.
_DUPLICATE_SHARE: Final = 0.999
#: Maximum distance of a neighbour from a gap.
_NEAR_M: Final = 0.2
#: Maximum number of too complex pairs that are reported one by one.
_NAMED: Final = 20
#: Maximum number of pairs with intersecting boxes: a constant, and an addition per area (a district has about five).
PAIRS_TOTAL: Final = 50_000
PAIRS_PER_AREA: Final = 20
#: Maximum number of edge pairs between the district and the union of the areas: a constant, and an addition per vertex.
_WORK_WHOLE: Final = 500_000
_CHUNK: Final = 256


def check_overlaps(areas: Sequence[CheckedArea], plane: Plane, leftovers: Leftovers) -> tuple[list[Finding], set[int]]:
    """Find the overlaps between the areas of one level, such as the streets.

    Parameters
    ----------
    areas
        Areas of the level with a shape in metres.
    plane
        The projection of these shapes.
    leftovers
        Collector of gaps and overlaps, which grades them and reports them later. Receives the overlaps, except
        duplicate shapes.

    Returns
    -------
    findings : list of Finding
        Findings for duplicate shapes, and for pairs that were too complex to compare.
    uncompared : set of int
        Indexes in `areas` of the areas in a pair that was too complex.
    """
    shapes = plane_shapes(areas)
    pairs = candidate_pairs(shapes)
    if pairs is None:
        return [_too_complex(areas[:1], len(areas), named=False)], set(range(len(areas)))
    one, other = pairs
    refused = too_costly(shapes[one], shapes[other])
    chosen = _suspects(shapes, one, other, refused) & ~refused
    results, failed = overlay(shapely.intersection, shapes[one], shapes[other], ~chosen)
    refused |= chosen & failed
    duplicates = []
    for number in np.flatnonzero(chosen):
        common = keep_polygons(results[number])
        if common.area < FLOOR_M2:
            continue
        pair = (areas[one[number]], areas[other[number]])
        if _is_duplicate(common, *(area.metres for area in pair)):
            codes = tuple(area.label for area in pair)
            duplicates.append(
                make_finding(FindingCode.DUPLICATE_SHAPE, pair[0].layer, codes, geometry=plane.to_degrees(common))
            )
        else:
            leftovers.add(grade_leftover(common), FindingCode.OVERLAP, pair, common)
    too_complex = [(areas[one[number]], areas[other[number]]) for number in np.flatnonzero(refused)]
    return [*duplicates, *too_complex_findings(too_complex)], {*one[refused].tolist(), *other[refused].tolist()}


def too_complex_findings(pairs: Sequence[tuple[CheckedArea, CheckedArea]]) -> Iterator[Finding]:
    """Yield a finding per pair that was too complex to compare, or one for all if there are many."""
    if len(pairs) > _NAMED:
        yield _too_complex(pairs[0], len(pairs), named=False)
    else:
        yield from (_too_complex(pair, 1, named=True) for pair in pairs)


def _too_complex(areas: Sequence[CheckedArea], count: int, *, named: bool) -> Finding:
    codes = tuple(area.label for area in areas) if named else ()
    chinese = f"{'与'.join(codes)} 的" if named else f"{count:,} 对"
    english = f"{' and '.join(codes)} are" if named else f"{count:,} pairs of areas are"
    return make_finding(
        FindingCode.TOO_COMPLEX, areas[0].layer, codes, located_in=areas[0].shape, what_zh=chinese, what=english
    )


def check_gaps(
    areas: Sequence[CheckedArea],
    incomparable: Sequence[shapely.Geometry],
    district: shapely.Geometry | None,
    leftovers: Leftovers,
) -> list[Finding]:
    """Find the parts of the district that no area of a level covers.

    Parameters
    ----------
    areas
        Areas of one level that should tile the district, with a shape in metres.
    incomparable
        Shapes of the same level in metres that cannot be compared. Gaps inside their convex hulls are not reported.
    district
        The district, or None: then only holes between the areas are gaps.
    leftovers
        Collector of gaps and overlaps; receives the gaps.

    Returns
    -------
    list of Finding
        One finding if the search was too complex.
    """
    shapes = plane_shapes(areas)
    if not len(shapes):
        return []
    covered = union_shapes(shapes)
    whole = district if district is not None else fill_holes(covered)
    if whole is not None and whole.normalize() == (covered.normalize() if covered else None):
        # Saves seconds if the outline has 300,000 vertices.
        return []
    if covered is None or whole is None or _is_too_complex(whole, covered):
        return [_too_complex(areas[:1], len(areas), named=False)]
    left = whole.difference(covered)
    for hull in shapely.convex_hull(np.array(incomparable, dtype=object)):
        left = left.difference(hull)
    parts = shapely.get_parts(keep_polygons(left))
    tree = shapely.STRtree(shapes)
    for part in parts:
        grade = grade_leftover(part)
        # Noise is reported in total, without its neighbours.
        neighbours = [areas[number] for number in _neighbours_of_gap(part, tree, shapes)] if grade > Grade.NOISE else []
        layer = (neighbours or areas)[0].layer
        leftovers.add(grade, FindingCode.GAP, tuple(neighbours), part, layer=layer, **_gap_location(neighbours))
    return []


def _is_too_complex(whole: shapely.Geometry, covered: shapely.Geometry) -> bool:
    limit = _WORK_WHOLE + WORK_PER_EDGE * int(shapely.get_num_coordinates(whole))
    return count_edge_pairs(whole, covered, limit) > limit


def candidate_pairs(shapes: Shapes) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return the positions of all pairs with intersecting boxes, each pair once, or None if there are too many."""
    tree = shapely.STRtree(shapes)
    chunks, count = [np.empty((2, 0), dtype=np.intp)], 0
    for start in range(0, len(shapes), _CHUNK):
        pairs = tree.query(shapes[start : start + _CHUNK])
        pairs[0] += start
        chunks.append(pairs[:, pairs[0] < pairs[1]])
        count += chunks[-1].shape[1]
        if count > PAIRS_TOTAL + PAIRS_PER_AREA * len(shapes):
            return None
    one, other = np.concatenate(chunks, axis=1)
    return one, other


def _suspects(
    shapes: Shapes, one: NDArray[np.intp], other: NDArray[np.intp], refused: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pairs may overlap, by a fast check of the whole coverage."""
    # The coverage check is slow for the refused shapes, so they are excluded.
    out = np.zeros(len(shapes), dtype=bool)
    out[one[refused]] = out[other[refused]] = True
    kept = np.flatnonzero(~out)
    odd = np.ones(len(shapes), dtype=bool)
    if shapely.coverage_is_valid(shapes[kept]):
        odd[kept] = False
    else:
        odd[kept] = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes[kept]))
    # If two shapes overlap, at least one of them has an invalid edge.
    suspects: NDArray[np.bool_] = odd[one] | odd[other]
    return suspects


def _is_duplicate(common: shapely.Geometry, one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(common.area > _DUPLICATE_SHARE * max(one.area, other.area))


def union_shapes(shapes: Shapes) -> shapely.Geometry | None:
    """Return the union of shapes, or None if GEOS fails."""
    try:
        valid = shapely.coverage_is_valid(shapes)
        return shapely.coverage_union_all(shapes) if valid else shapely.union_all(shapes)
    except GEOSException:
        return None


def fill_holes(covered: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return a shape without its holes."""
    if covered is None:
        return None
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(covered))))


def _neighbours_of_gap(gap: shapely.Geometry, tree: shapely.STRtree, shapes: Shapes) -> list[int]:
    """Return the positions of the two areas with the longest common border with a gap."""
    # The area within a small buffer measures the common length; missing nodes do not affect it.
    near = shapely.buffer(gap, _NEAR_M, quad_segs=2)
    numbers = np.sort(tree.query(near, predicate="intersects"))
    if not len(numbers):
        return []
    common = shapely.area(shapely.intersection(shapes[numbers], near))
    order = np.argsort(-common, kind="stable")[:2]
    return [int(numbers[place]) for place in order if common[place] > 0]


def _gap_location(neighbours: Sequence[CheckedArea]) -> dict[str, str]:
    names = [area.label for area in neighbours]
    if len(names) > 1:
        return {"where_zh": f"{' 与 '.join(names)} 之间", "where": f"between {' and '.join(names)}"}
    if names:
        return {"where_zh": f"{names[0]} 旁", "where": f"beside {names[0]}"}
    return {"where_zh": "区界内", "where": "in the district"}
