"""Checks of each shape by itself: whether there is one, its coordinates, rings, size and parts, and its doubles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import shapely

from geogrid.geo import datums
from geogrid.layers.topology.areas import TILINGS
from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import find
from geogrid.layers.topology.slivers import is_thinner
from geogrid.model import GRID_LAYERS, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.topology.areas import Area
    from geogrid.layers.topology.finding import Finding

#: Past this a shape is not looked into at all: what a hostile one costs grows with the square.
MAX_VERTICES: Final = 20_000
#: Past this a grid is worth simplifying; nobody walks so fine a border.
MANY_VERTICES: Final = 2_000
#: A grid smaller than this is no place to patrol, but a leftover of cutting.
SLIVER_M2: Final = 100.0
#: Nor is one narrower than this: a telephone's point is off by more.
SLIVER_WIDTH_M: Final = 3.0

_PLACE: Final = re.compile(r"\[(\S+) (\S+)\]$")
_REASONS: Final = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相接",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Nested shells": "外环相互嵌套",
    "Duplicate Rings": "环重复",
    "Too few points in geometry component": "点数不足",
}
_FAULTS: Final = {
    datums.CoordinateFault.NOT_FINITE: ("不是有限数", "a number is not finite"),
    datums.CoordinateFault.OUT_OF_RANGE: (
        "不在地球上（应为经纬度）",
        "not on the Earth; longitude and latitude are expected",
    ),
    datums.CoordinateFault.SWAPPED: ("经纬度颠倒", "longitude and latitude are the wrong way round"),
}


def screen(area: Area) -> Finding | None:
    """Return why a shape cannot be compared with others, or None if it can."""
    return screen_polygon(area.layer, area.label, area.shape)


def screen_polygon(layer: Layer | str, label: str, shape: shapely.Geometry | None) -> Finding | None:
    """Return why a polygon of a layer cannot be used, or None if it can."""
    return screen_coordinates(layer, label, shape, {"Polygon", "MultiPolygon"}) or _check_rings(layer, label, shape)


def screen_coordinates(
    layer: Layer | str, label: str, shape: shapely.Geometry | None, types: AbstractSet[str]
) -> Finding | None:
    """Return what is wrong with a shape's type, coordinates or number of vertices, or None."""
    codes = (label,)
    if shape is None or shape.is_empty or shape.geom_type not in types:
        return find(FindingCode.GEOMETRY_MISSING, layer, codes)
    lon, lat = shapely.get_coordinates(shape).T
    faults = datums.find_faults(lon, lat, datums.WGS84)
    if faults.any():
        chinese, english = _FAULTS[datums.CoordinateFault(int(faults.max()))]
        return find(FindingCode.COORDINATES, layer, codes, reason_zh=chinese, reason=english)
    count = int(shapely.get_num_coordinates(shape))
    if count > MAX_VERTICES:
        start = shapely.Point(shapely.get_coordinates(shape)[0])
        more: dict[str, Any] = {"more_zh": "，过多，未作比较", "more": ", too many to be compared"}
        return find(FindingCode.VERTICES_TOO_MANY, layer, codes, beside=start, count=count, **more)
    return None


def _check_rings(layer: Layer | str, label: str, shape: shapely.Geometry) -> Finding | None:
    if shape.is_valid:
        return None
    told = shapely.is_valid_reason(shape)
    reason = told.partition("[")[0]
    match = _PLACE.search(told)
    place = shapely.Point(float(match[1]), float(match[2])) if match else shapely.convex_hull(shape).centroid
    words: dict[str, Any] = {"reason_zh": _REASONS.get(reason, reason), "reason": reason.lower()}
    return find(FindingCode.RING_INVALID, layer, (label,), drawn=place, **words)


def check_forms(areas: Sequence[Area]) -> Iterator[Finding]:
    """Yield what is odd about shapes that can be compared: many vertices, several parts, slivers."""
    for area in areas:
        if area.metres is None:
            continue
        codes = (area.label,)
        count = int(shapely.get_num_coordinates(area.metres))
        if area.layer in GRID_LAYERS and count > MANY_VERTICES:
            more: dict[str, Any] = {"more_zh": "，建议化简", "more": "; consider simplifying it"}
            weight = Severity.WARNING
            yield find(
                FindingCode.VERTICES_TOO_MANY,
                area.layer,
                codes,
                beside=area.shape,
                severity=weight,
                count=count,
                **more,
            )
        parts = int(shapely.get_num_geometries(area.metres))
        if area.layer in GRID_LAYERS and parts > 1:
            yield find(FindingCode.MULTIPART, area.layer, codes, drawn=area.shape, count=parts)
        if area.metres.area < SLIVER_M2 or is_thinner(area.metres, SLIVER_WIDTH_M):
            width = f"{2 * area.metres.area / area.metres.length:,.1f}"
            yield find(FindingCode.SLIVER, area.layer, codes, drawn=area.shape, width=width)


def check_doubles(areas: Sequence[Area]) -> tuple[list[Finding], list[Area]]:
    """Find shapes that stand twice among those that ought to lie side by side.

    Returns
    -------
    findings : list of Finding
        One for each further copy.
    first : list of Area
        The areas without those copies, which would otherwise be told again as overlaps.
    """
    rank = {layer: number for number, layers in enumerate((*TILINGS, (Layer.DEDICATED,))) for layer in layers}
    seen: dict[tuple[int, bytes], Area] = {}
    found, first = [], []
    for area in areas:
        if area.metres is None or area.layer is Layer.DISTRICT:
            first.append(area)
            continue
        key = (rank[area.layer], shapely.to_wkb(shapely.normalize(area.metres)))
        other = seen.setdefault(key, area)
        if other is area:
            first.append(area)
        elif other.code is None or other.code != area.code:
            # The same code and the same shape is one row twice, which the codes tell already.
            found.append(find(FindingCode.DUPLICATE_SHAPE, area.layer, (other.label, area.label), drawn=area.shape))
    return found, first
