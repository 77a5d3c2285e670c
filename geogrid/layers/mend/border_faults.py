"""Where borders disagree, and which areas have to do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.topology.areas import TILINGS, Area, Plane, metres_of
from geogrid.layers.topology.check import check_layers
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.overlay import too_costly
from geogrid.layers.topology.shape_checks import screen
from geogrid.layers.topology.tiling_checks import pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd

    from geogrid.layers.topology.areas import Shapes
    from geogrid.model import Layer

_TOLD: Final = {
    FindingCode.GAP,
    FindingCode.OVERLAP,
    FindingCode.OUTSIDE_PARENT,
    FindingCode.TWO_PARENTS,
    FindingCode.NOISE,
    FindingCode.DUPLICATE_SHAPE,
}
# So many times the tolerance from a fault, faces may change hands; the areas further on only lend their borders.
_NEAR: Final = 2
_AROUND: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """Where to mend.

    Attributes
    ----------
    plane
        Of the areas.
    numbers
        Which areas can be compared, as places in all of them.
    areas
        These, in the plane too.
    involved
        Which of these lie at a fault, as places in `areas`.
    near
        The surroundings of the faults, in degrees.
    """

    plane: Plane
    numbers: list[int]
    areas: list[Area]
    involved: list[int]
    near: shapely.Geometry


def find_faults(layers: Mapping[Layer, gpd.GeoDataFrame], areas: Sequence[Area], tolerance_m: float) -> Faults | None:
    """Find what may have to be mended, or None if nothing has or nothing can.

    Parameters
    ----------
    layers, areas
        The same, as frames and one by one.
    tolerance_m
        As for mending.
    """
    screened = [screen(area) for area in areas]
    numbers = [number for number, found in enumerate(screened) if found is None]
    plane = Plane.around(np.array([areas[number].shape for number in numbers], dtype=object))
    good = [replace(areas[number], metres=plane.to_metres(areas[number].shape)) for number in numbers]
    shapes = metres_of(good)
    left_out = _costly(shapes)
    if left_out is None:
        return None
    kept = [area for number, area in enumerate(good) if number not in left_out]
    spots = np.array([*_told(layers, plane), *_uneven(kept)], dtype=object)
    around = shapely.buffer(spots, _AROUND * tolerance_m, quad_segs=2)
    touched = set(shapely.STRtree(shapes).query(around, predicate="intersects")[1].tolist())
    if not touched:
        return None
    unread = [area.shape for area, found in zip(areas, screened, strict=True) if found and _has_place(found.code, area)]
    near = plane.to_degrees(shapely.union_all(shapely.buffer(spots, _NEAR * tolerance_m, quad_segs=2)))
    for hull in shapely.convex_hull(
        np.array([*unread, *(good[number].shape for number in sorted(left_out))], dtype=object)
    ):
        near = near.difference(hull)
    return Faults(plane, numbers, good, sorted(touched - left_out), near)


def _costly(shapes: Shapes) -> set[int] | None:
    """Return the shapes that cannot be compared with another, or None if there are too many pairs to list."""
    pairs = pairs_of(shapes)
    if pairs is None:
        return None
    one, other = pairs
    refused = too_costly(shapes[one], shapes[other])
    return {*one[refused].tolist(), *other[refused].tolist()}


def _has_place(code: FindingCode, area: Area) -> bool:
    return code is not FindingCode.COORDINATES and area.shape is not None and not area.shape.is_empty


def _told(layers: Mapping[Layer, gpd.GeoDataFrame], plane: Plane) -> Iterator[shapely.Geometry]:
    """Yield, in the plane, what the report tells of gaps, overlaps and parts outside."""
    for found in check_layers(layers):
        if found.code in _TOLD and found.geometry is not None:
            yield from shapely.get_parts(plane.to_metres(found.geometry))


def _uneven(areas: Iterable[Area]) -> Iterator[shapely.Geometry]:
    """Yield the edges, in the plane, that do not go node to node with a neighbour's: the report tells no trifles."""
    known = list(areas)
    for level in TILINGS:
        shapes: Shapes = metres_of(area for area in known if area.layer in level)
        if len(shapes) and not shapely.coverage_is_valid(shapes):
            edges = shapely.get_parts(shapely.coverage_invalid_edges(shapes))
            yield from edges[~shapely.is_empty(edges)]
