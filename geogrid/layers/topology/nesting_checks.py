"""Checks that areas lie inside their parents: grids, communities and villages, streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.layers.topology.checked_features import PARENTS, plane_shapes
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.overlay import overlay, too_costly
from geogrid.layers.topology.slivers import FLOOR_M2, Grade, grade_leftover, keep_polygons
from geogrid.layers.topology.tiling_checks import too_complex_findings
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.layers.topology.finding import Finding
    from geogrid.layers.topology.slivers import Leftovers


def check_nesting(areas: Sequence[CheckedArea], leftovers: Leftovers) -> list[Finding]:
    """Find the parts of areas outside their parents.

    Parameters
    ----------
    areas
        All areas; those that cannot be compared are skipped.
    leftovers
        Collects the parts outside.

    Returns
    -------
    list of Finding
        Pairs that were too complex to compare.
    """
    pairs = list(_with_parents(areas))
    children, parents = plane_shapes(child for child, _ in pairs), plane_shapes(parent for _, parent in pairs)
    outside, refused = overlay(shapely.difference, children, parents, too_costly(children, parents))
    communities = [
        area
        for area in areas
        if area.layer in (Layer.COMMUNITY, Layer.VILLAGE) and area.metres is not None and area.code
    ]
    tree = shapely.STRtree(plane_shapes(communities))
    for (child, parent), shape in zip(pairs, outside, strict=True):
        part = keep_polygons(shape)
        if part.area < FLOOR_M2:
            continue
        grade = grade_leftover(part)
        other = (
            _other_parent(part, communities, tree) if child.layer is Layer.DEDICATED and grade > Grade.NOISE else None
        )
        if other is None:
            leftovers.add(grade, FindingCode.OUTSIDE_PARENT, (child, parent), part)
        else:
            other_parent, common = other
            leftovers.add(grade, FindingCode.TWO_PARENTS, (child, other_parent), common, parent=parent.label)
    return list(too_complex_findings([pair for pair, left_out in zip(pairs, refused, strict=True) if left_out]))


def _with_parents(areas: Sequence[CheckedArea]) -> Iterator[tuple[CheckedArea, CheckedArea]]:
    """Yield pairs of an area and its parent, if both can be compared."""
    known: dict[tuple[Layer, str], list[CheckedArea]] = {}
    for area in areas:
        if area.code:
            known.setdefault((area.layer, area.code), []).append(area)
    for area in areas:
        parents = [
            parent for layer in PARENTS.get(area.layer, ()) for parent in known.get((layer, area.parent or ""), ())
        ]
        # A duplicate parent code is ambiguous.
        if len(parents) == 1 and area.metres is not None and parents[0].metres is not None:
            yield area, parents[0]


def _other_parent(
    outside: shapely.Geometry, communities: Sequence[CheckedArea], tree: shapely.STRtree
) -> tuple[CheckedArea, shapely.Geometry] | None:
    """Return the community or village with the largest share of the part outside the parent, and that share."""
    near = np.sort(tree.query(outside))
    first, second = np.full(len(near), outside, dtype=object), plane_shapes(communities[number] for number in near)
    common, _ = overlay(shapely.intersection, first, second, too_costly(first, second))
    parts = np.array([keep_polygons(part) for part in common], dtype=object)
    if not len(parts) or shapely.area(parts).max() < FLOOR_M2:
        return None
    largest = int(shapely.area(parts).argmax())
    return communities[near[largest]], parts[largest]
