"""Checks of single shapes: presence, coordinates, rings, size and parts; and search for duplicate shapes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.geo.coordinate_checks import CoordinateFault, find_faults
from geogrid.geo.datums import WGS84
from geogrid.layers.topology.bounded_overlay import crosses_itself_often
from geogrid.layers.topology.checked_features import TILINGS
from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import make_finding
from geogrid.layers.topology.slivers import is_narrower
from geogrid.model import GRID_LAYERS, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.layers.topology.finding import Finding

#: Above this a shape is not checked any further. A detailed outline of a county has 300,000 vertices.
MAX_VERTICES: Final = 500_000
# Up to this the validity of any ring is checked within a second: the cost may grow with the square of the vertices.
_QUICK_VERTICES: Final = 20_000
#: Above this a grid should be simplified.
MANY_VERTICES: Final = 2_000
#: A smaller grid is an artefact of cutting, not an area to patrol.
SLIVER_M2: Final = 100.0
#: A narrower grid is below the error of a phone's position.
SLIVER_WIDTH_M: Final = 3.0

#: The types of a polygon with an open ring, see `geogrid.layers.files.geometry_arrays.assemble`.
_OPEN_RINGS: Final = {"LineString", "MultiLineString"}
_POINT: Final = re.compile(r"\[(\S+) (\S+)\]$")
_REASONS: Final = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相接",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Nested shells": "外环相互嵌套",
    "Duplicate Rings": "环重复",
    "Too few points in geometry component": "点数不足",
    "Ring is not closed": "环未闭合",
}
_FAULTS: Final = {
    CoordinateFault.NOT_FINITE: ("不是有限数", "a coordinate is not a finite number"),
    CoordinateFault.OUT_OF_RANGE: (
        "不在地球上（应为经纬度）",
        "not longitude and latitude in degrees",
    ),
    CoordinateFault.METRES: ("单位是米（应为经纬度）", "metres, not longitude and latitude in degrees"),
    CoordinateFault.SWAPPED: ("经纬度颠倒", "longitude and latitude are swapped"),
}


#: A wider shape has parts on both sides of 180°.
_HALF_CIRCLE: Final = 180.0
_ANTIMERIDIAN: Final = (
    "跨越 180° 经线，请只导入一侧的图形",
    "the shape lies on both sides of 180°; import the layers of one side only",
)


def screen_area(area: CheckedArea) -> Finding | None:
    """Return the finding that makes the shape of an area unusable, or None."""
    return screen_polygon(area.layer, area.label, area.shape)


def screen_polygon(layer: Layer | str, label: str, shape: shapely.Geometry | None) -> Finding | None:
    """Return the finding that makes a polygon unusable, or None."""
    return screen_coordinates(layer, label, shape, {"Polygon", "MultiPolygon"}) or _check_rings(layer, label, shape)


def screen_coordinates(
    layer: Layer | str, label: str, shape: shapely.Geometry | None, types: AbstractSet[str]
) -> Finding | None:
    """Return a finding on the type, coordinates or number of vertices of a shape, or None."""
    codes = (label,)
    has_open_ring = shape is not None and "Polygon" in types and shape.geom_type in _OPEN_RINGS
    if shape is None or shape.is_empty or not (has_open_ring or shape.geom_type in types):
        return make_finding(FindingCode.GEOMETRY_MISSING, layer, codes)
    lon, lat = shapely.get_coordinates(shape).T
    faults = find_faults(lon, lat, WGS84)
    if faults.any():
        chinese, english = _FAULTS[CoordinateFault(int(faults.max()))]
        return make_finding(FindingCode.COORDINATES, layer, codes, reason_zh=chinese, reason=english)
    if np.ptp(lon) > _HALF_CIRCLE:
        chinese, english = _ANTIMERIDIAN
        return make_finding(FindingCode.COORDINATES, layer, codes, reason_zh=chinese, reason=english)
    if has_open_ring:
        return _ring_finding(layer, label, "Ring is not closed", shapely.Point(lon[0], lat[0]))
    count = int(shapely.get_num_coordinates(shape))
    if count > MAX_VERTICES or (count > _QUICK_VERTICES and crosses_itself_often(shape)):
        start = shapely.Point(shapely.get_coordinates(shape)[0])
        more: dict[str, Any] = {"more_zh": "，过多，未作比较", "more": ", too many to compare"}
        return make_finding(FindingCode.VERTICES_TOO_MANY, layer, codes, located_in=start, count=count, **more)
    return None


def _check_rings(layer: Layer | str, label: str, shape: shapely.Geometry) -> Finding | None:
    if shape.is_valid:
        return None
    message = shapely.is_valid_reason(shape)
    reason = message.partition("[")[0]
    match = _POINT.search(message)
    place = shapely.Point(float(match[1]), float(match[2])) if match else shapely.convex_hull(shape).centroid
    return _ring_finding(layer, label, reason, place)


def _ring_finding(layer: Layer | str, label: str, reason: str, place: shapely.Geometry) -> Finding:
    reasons: dict[str, Any] = {"reason_zh": _REASONS.get(reason, reason), "reason": reason.lower()}
    return make_finding(FindingCode.RING_INVALID, layer, (label,), geometry=place, **reasons)


def check_shapes(areas: Sequence[CheckedArea]) -> Iterator[Finding]:
    """Yield warnings on comparable shapes: many vertices, several parts, slivers."""
    for area in areas:
        if area.metres is None:
            continue
        codes = (area.label,)
        count = int(shapely.get_num_coordinates(area.metres))
        if area.layer in GRID_LAYERS and count > MANY_VERTICES:
            more: dict[str, Any] = {"more_zh": "，建议化简", "more": "; consider simplifying it"}
            yield make_finding(
                FindingCode.VERTICES_TOO_MANY,
                area.layer,
                codes,
                located_in=area.shape,
                severity=Severity.WARNING,
                count=count,
                **more,
            )
        parts = int(shapely.get_num_geometries(area.metres))
        if area.layer in GRID_LAYERS and parts > 1:
            yield make_finding(FindingCode.MULTIPART, area.layer, codes, geometry=area.shape, count=parts)
        if area.metres.area < SLIVER_M2 or is_narrower(area.metres, SLIVER_WIDTH_M):
            width = f"{2 * area.metres.area / area.metres.length:,.1f}"
            yield make_finding(FindingCode.SLIVER, area.layer, codes, geometry=area.shape, width=width)


def find_duplicate_shapes(areas: Sequence[CheckedArea]) -> tuple[list[Finding], list[CheckedArea]]:
    """Find equal shapes within a level.

    Returns
    -------
    findings : list of Finding
        One per additional copy.
    first : list of CheckedArea
        The areas without the copies, which would otherwise be reported as overlaps too.
    """
    level = {layer: number for number, layers in enumerate((*TILINGS, (Layer.DEDICATED,))) for layer in layers}
    seen: dict[tuple[int, bytes], CheckedArea] = {}
    findings, first = [], []
    for area in areas:
        if area.metres is None or area.layer is Layer.DISTRICT:
            first.append(area)
            continue
        key = (level[area.layer], shapely.to_wkb(shapely.normalize(area.metres)))
        other = seen.setdefault(key, area)
        if other is area:
            first.append(area)
        elif other.code is None or other.code != area.code:
            # Equal code and shape: a duplicate row, reported as a duplicate code already.
            findings.append(
                make_finding(FindingCode.DUPLICATE_SHAPE, area.layer, (other.label, area.label), geometry=area.shape)
            )
    return findings, first
