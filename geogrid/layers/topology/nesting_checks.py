"""Checks of areas within those above: grids in communities and villages, these in streets, these in the district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.layers.topology.areas import PARENTS, metres_of
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.overlay import overlay, too_costly
from geogrid.layers.topology.slivers import FLOOR_M2, Grade, grade_one, polygons_of
from geogrid.layers.topology.tiling_checks import refusals
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.layers.topology.areas import Area
    from geogrid.layers.topology.finding import Finding
    from geogrid.layers.topology.slivers import Leftovers


def check_nesting(areas: Sequence[Area], leftovers: Leftovers) -> list[Finding]:
    """Find areas that reach out of their parents.

    Parameters
    ----------
    areas
        All areas, of which those that cannot be compared are passed over.
    leftovers
        Takes what lies outside.

    Returns
    -------
    list of Finding
        Pairs that could not be compared.
    """
    pairs = list(_with_parents(areas))
    children, parents = metres_of(child for child, _ in pairs), metres_of(parent for _, parent in pairs)
    outside, refused = overlay(shapely.difference, children, parents, too_costly(children, parents))
    hosts = [area for area in areas if area.layer in PARENTS[Layer.DEDICATED] and area.metres is not None and area.code]
    tree = shapely.STRtree(metres_of(hosts))
    for (child, parent), shape in zip(pairs, outside, strict=True):
        left = polygons_of(shape)
        if left.area < FLOOR_M2:
            continue
        grade = grade_one(left)
        other = _other_host(left, hosts, tree) if child.layer is Layer.DEDICATED and grade > Grade.NOISE else None
        if other is None:
            leftovers.add(grade, FindingCode.OUTSIDE_PARENT, (child, parent), left)
        else:
            host, common = other
            leftovers.add(grade, FindingCode.TWO_PARENTS, (child, host), common, parent=parent.label)
    return list(refusals([pair for pair, left_out in zip(pairs, refused, strict=True) if left_out]))


def _with_parents(areas: Sequence[Area]) -> Iterator[tuple[Area, Area]]:
    """Yield the areas whose parent can be told and compared, with it."""
    known: dict[tuple[Layer, str], list[Area]] = {}
    for area in areas:
        if area.code:
            known.setdefault((area.layer, area.code), []).append(area)
    for area in areas:
        found = [
            parent for layer in PARENTS.get(area.layer, ()) for parent in known.get((layer, area.parent or ""), ())
        ]
        # Of two with the same code nobody knows which is meant.
        if len(found) == 1 and area.metres is not None and found[0].metres is not None:
            yield area, found[0]


def _other_host(
    left: shapely.Geometry, hosts: Sequence[Area], tree: shapely.STRtree
) -> tuple[Area, shapely.Geometry] | None:
    """Return the community or village that holds most of what lies outside the parent, and that part."""
    near = np.sort(tree.query(left))
    here, there = np.full(len(near), left, dtype=object), metres_of(hosts[number] for number in near)
    common, _ = overlay(shapely.intersection, here, there, too_costly(here, there))
    parts = np.array([polygons_of(part) for part in common], dtype=object)
    if not len(parts) or shapely.area(parts).max() < FLOOR_M2:
        return None
    most = int(shapely.area(parts).argmax())
    return hosts[near[most]], parts[most]
