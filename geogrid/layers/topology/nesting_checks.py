"""Checks that areas lie inside the areas above them: grids, communities and villages, streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.layers.topology.bounded_overlay import overlay, too_costly
from geogrid.layers.topology.checked_features import COMMUNITY_LAYERS, find_containers, plane_shapes
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.slivers import FLOOR_M2, NOISE_M2, Grade, grade_leftover, keep_polygons
from geogrid.layers.topology.tiling_checks import too_complex_findings
from geogrid.model import DedicatedNesting, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geogrid.layers.topology.checked_features import CheckedArea, Containment
    from geogrid.layers.topology.finding import Finding
    from geogrid.layers.topology.slivers import Leftovers


@dataclass(frozen=True, slots=True, eq=False)
class _Outside:
    """The part of an area outside the area in which it must lie, in metres."""

    inner: CheckedArea
    outer: CheckedArea
    part: shapely.Geometry


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """The part of a shape in a community or village, in metres."""

    community: CheckedArea
    part: shapely.Geometry


def check_nesting(areas: Sequence[CheckedArea], leftovers: Leftovers, dedicated_in: DedicatedNesting) -> list[Finding]:
    """Find the parts of areas outside the areas above them.

    Parameters
    ----------
    areas
        All areas; those that cannot be compared are skipped.
    leftovers
        Collects the parts outside.
    dedicated_in
        The rule for dedicated grids.

    Returns
    -------
    list of Finding
        Pairs that were too complex to compare.
    """
    search = _CommunitySearch(areas)
    refused: list[tuple[CheckedArea, CheckedArea]] = []
    for found in _parts_outside(areas, find_containers(areas, dedicated_in), refused):
        grade = grade_leftover(found.part)
        is_wide = found.inner.layer is Layer.DEDICATED and grade > Grade.NOISE
        other = search.largest_share(found.part) if is_wide else None
        if other:
            _add_two_parents(leftovers, grade, found, other)
        else:
            leftovers.add(grade, FindingCode.OUTSIDE_PARENT, (found.inner, found.outer), found.part)
    if dedicated_in is DedicatedNesting.LARGEST_SHARE:
        parents = find_containers(areas, DedicatedNesting.COMMUNITY)
        straddling = [pair for pair in parents if areas[pair.inner].layer is Layer.DEDICATED]
        for found in _parts_outside(areas, straddling, refused):
            other = search.largest_share(found.part)
            inside_m2 = shapely.area(found.inner.metres) - found.part.area
            if other and other.part.area > inside_m2 + NOISE_M2:
                _add_two_parents(leftovers, Grade.FAULT, found, other)
    return list(too_complex_findings(refused))


def _parts_outside(
    areas: Sequence[CheckedArea],
    containers: Iterable[Containment],
    refused: list[tuple[CheckedArea, CheckedArea]],
) -> list[_Outside]:
    """Return the parts outside, without rounding errors; add the pairs that are too complex to `refused`."""
    pairs = [
        (areas[pair.inner], areas[pair.outer])
        for pair in containers
        if areas[pair.inner].metres is not None and areas[pair.outer].metres is not None
    ]
    inner, outer = plane_shapes(one for one, _ in pairs), plane_shapes(other for _, other in pairs)
    outside, too_complex = overlay(shapely.difference, inner, outer, too_costly(inner, outer))
    refused += [pair for pair, left_out in zip(pairs, too_complex, strict=True) if left_out]
    parts = [_Outside(*pair, keep_polygons(shape)) for pair, shape in zip(pairs, outside, strict=True)]
    return [found for found in parts if found.part.area >= FLOOR_M2]


def _add_two_parents(leftovers: Leftovers, grade: Grade, found: _Outside, other: _Share) -> None:
    areas = (found.inner, other.community)
    leftovers.add(grade, FindingCode.TWO_PARENTS, areas, other.part, parent=found.outer.label)


class _CommunitySearch:
    """Search for the communities and villages that contain a shape in metres."""

    def __init__(self, areas: Sequence[CheckedArea]) -> None:
        self._communities = [
            area for area in areas if area.layer in COMMUNITY_LAYERS and area.metres is not None and area.code
        ]
        self._tree = shapely.STRtree(plane_shapes(self._communities))

    def largest_share(self, shape: shapely.Geometry) -> _Share | None:
        """Return the community or village with the largest part of a shape, or None."""
        near = np.sort(self._tree.query(shape))
        first = np.full(len(near), shape, dtype=object)
        second = plane_shapes(self._communities[number] for number in near)
        common, _ = overlay(shapely.intersection, first, second, too_costly(first, second))
        parts = np.array([keep_polygons(part) for part in common], dtype=object)
        if not len(parts) or shapely.area(parts).max() < FLOOR_M2:
            return None
        largest = int(shapely.area(parts).argmax())
        return _Share(self._communities[near[largest]], parts[largest])
