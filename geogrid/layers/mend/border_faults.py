"""Location of border faults, and the areas involved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.geo.plane import Plane
from geogrid.layers.topology.bounded_overlay import too_costly
from geogrid.layers.topology.check import check_layers
from geogrid.layers.topology.checked_features import TILINGS, CheckedArea, plane_shapes
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.shape_checks import screen_area
from geogrid.layers.topology.tiling_checks import candidate_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd

    from geogrid.layers.topology.checked_features import Shapes
    from geogrid.layers.topology.finding import Finding
    from geogrid.model import DedicatedNesting, Layer

_BORDER_FINDINGS: Final = {
    FindingCode.GAP,
    FindingCode.OVERLAP,
    FindingCode.OUTSIDE_PARENT,
    FindingCode.TWO_PARENTS,
    FindingCode.NOISE,
    FindingCode.DUPLICATE_SHAPE,
}
# In multiples of the tolerance: how far from a fault faces can be reassigned, and areas are involved by their borders.
_NEAR_TOLERANCES: Final = 2
_INVOLVED_TOLERANCES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class BorderFaults:
    """The border faults of a set of layers.

    Attributes
    ----------
    plane
        The plane of the areas.
    positions
        Positions of the comparable areas among all areas.
    areas
        The comparable areas, with shapes in the plane.
    involved
        Positions in `areas` of those at a fault.
    near
        The surroundings of the faults, in WGS 84 degrees.
    """

    plane: Plane
    positions: list[int]
    areas: list[CheckedArea]
    involved: list[int]
    near: shapely.Geometry


def find_faults(
    layers: Mapping[Layer, gpd.GeoDataFrame],
    areas: Sequence[CheckedArea],
    tolerance_m: float,
    dedicated_in: DedicatedNesting,
) -> BorderFaults | None:
    """Return the border faults, or None if there are none or the layers are too complex.

    Parameters
    ----------
    layers, areas
        The same features as frames and as a list.
    tolerance_m
        The tolerance of mending, in metres.
    dedicated_in
        The rule for dedicated grids.
    """
    screened = [screen_area(area) for area in areas]
    positions = [position for position, finding in enumerate(screened) if finding is None]
    plane = Plane.around(np.array([areas[position].shape for position in positions], dtype=object))
    comparable = [replace(areas[position], metres=plane.to_metres(areas[position].shape)) for position in positions]
    shapes = plane_shapes(comparable)
    excluded = _too_costly_shapes(shapes)
    if excluded is None:
        return None
    kept = [area for position, area in enumerate(comparable) if position not in excluded]
    faults = np.array(
        [*_reported_faults(check_layers(layers, dedicated_in=dedicated_in), plane), *_invalid_edges(kept)], dtype=object
    )
    around = shapely.buffer(faults, _INVOLVED_TOLERANCES * tolerance_m, quad_segs=2)
    touched = set(shapely.STRtree(shapes).query(around, predicate="intersects")[1].tolist())
    if not touched:
        return None
    incomparable = [
        area.shape for area, finding in zip(areas, screened, strict=True) if finding and _is_located(finding.code, area)
    ]
    near = plane.to_degrees(shapely.union_all(shapely.buffer(faults, _NEAR_TOLERANCES * tolerance_m, quad_segs=2)))
    for hull in shapely.convex_hull(
        np.array([*incomparable, *(comparable[position].shape for position in sorted(excluded))], dtype=object)
    ):
        near = near.difference(hull)
    return BorderFaults(plane, positions, comparable, sorted(touched - excluded), near)


def _too_costly_shapes(shapes: Shapes) -> set[int] | None:
    """Return the positions of shapes that are too complex to compare, or None if there are too many pairs."""
    pairs = candidate_pairs(shapes)
    if pairs is None:
        return None
    one, other = pairs
    refused = too_costly(shapes[one], shapes[other])
    return {*one[refused].tolist(), *other[refused].tolist()}


def _is_located(code: FindingCode, area: CheckedArea) -> bool:
    return code is not FindingCode.COORDINATES and area.shape is not None and not area.shape.is_empty


def _reported_faults(findings: Iterable[Finding], plane: Plane) -> Iterator[shapely.Geometry]:
    """Yield the gaps, overlaps and parts outside of the topology report, in the plane."""
    for finding in findings:
        if finding.code in _BORDER_FINDINGS and finding.geometry is not None:
            yield from shapely.get_parts(plane.to_metres(finding.geometry))


def _invalid_edges(areas: Iterable[CheckedArea]) -> Iterator[shapely.Geometry]:
    """Yield the border edges, in projected metres, whose nodes differ from those of the neighbouring area.

    The topology report leaves out the smallest of these differences.
    """
    listed = list(areas)
    for level in TILINGS:
        shapes: Shapes = plane_shapes(area for area in listed if area.layer in level)
        if len(shapes) and not shapely.coverage_is_valid(shapes):
            edges = shapely.get_parts(shapely.coverage_invalid_edges(shapes))
            yield from edges[~shapely.is_empty(edges)]
