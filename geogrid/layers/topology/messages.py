"""Texts and default severity of each type of finding, and the construction of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely
from pyproj import Geod

from geogrid.geo.coordinate_checks import find_faults
from geogrid.geo.datums import WGS84
from geogrid.layers.topology.finding import Finding, Severity
from geogrid.layers.topology.finding import FindingCode as Code
from geogrid.model import Point

if TYPE_CHECKING:
    from geogrid.model import Layer

_E, _W = Severity.ERROR, Severity.WARNING
#: Default severity, Chinese text, English text. ``one`` and ``two`` are the codes, ``area`` the square metres.
_TEXTS: Final = {
    Code.LAYER_EMPTY: (_E, "图层没有任何要素", "The layer has no feature"),
    Code.GEOMETRY_MISSING: (_E, "{one} 没有可读的图形", "{one} has no readable geometry"),
    Code.COORDINATES: (_E, "{one} 的坐标不可用：{reason_zh}", "{one} has unusable coordinates: {reason}"),
    Code.RING_INVALID: (_E, "{one} 的边界环无效：{reason_zh}", "{one} has an invalid ring: {reason}"),
    Code.VERTICES_TOO_MANY: (_E, "{one} 有 {count:,} 个顶点{more_zh}", "{one} has {count:,} vertices{more}"),
    Code.MULTIPART: (_W, "{one} 由 {count} 块分离的面组成", "{one} consists of {count} separate parts"),
    Code.SLIVER: (_W, "{one} 是碎面：{area} 平方米，宽 {width} 米", "{one} is a sliver: {area} m², {width} m wide"),
    Code.DUPLICATE_SHAPE: (_E, "{one} 与 {two} 图形相同", "{one} and {two} have the same shape"),
    Code.GAP: (_E, "{where_zh}有空隙 {area} 平方米", "There is a gap of {area} m² {where}"),
    Code.OVERLAP: (_E, "{one} 与 {two} 重叠 {area} 平方米", "{one} and {two} overlap by {area} m²"),
    Code.OUTSIDE_PARENT: (
        _E,
        "{one} 有 {area} 平方米在上级 {two} 之外",
        "{one} has {area} m² outside its parent {two}",
    ),
    Code.TWO_PARENTS: (
        _E,
        "{one} 跨两个社区（村）：所属 {parent}，另有 {area} 平方米在 {two}",
        "{one} lies in two communities or villages: its parent is {parent}, but {area} m² lie in {two}",
    ),
    Code.CODE_SCHEME: (
        _E,
        "代码 {one} 不符合本图层的编码规则 {pattern}：请改正代码，或修改区划配置中的规则",
        "The code {one} does not match {pattern}: correct the code, or the pattern of this layer in the profile",
    ),
    Code.CODE_LENGTH: (
        _E,
        "{one} 没有代码或代码超过 {count} 个字符",
        "{one} has no code, or a code of more than {count} characters",
    ),
    Code.CODE_PARENT: (
        _E,
        "{one} 的代码含上级 {parent}，parent 列却是 {two}：请改正其一",
        "The code {one} contains the parent {parent}, but the column parent says {two}: correct one of them",
    ),
    Code.DUPLICATE_CODE: (_E, "代码 {one} 出现 {count} 次", "The code {one} occurs {count} times"),
    Code.PARENT_UNKNOWN: (
        _E,
        "{one} 的上级（{parent_zh}）不存在：请改正 parent 列，或补上该上级",
        "The parent of {one} ({parent}) does not exist: correct the column parent, or add that area",
    ),
    Code.PARENT_LAYER: (
        _E,
        "{one} 的上级 {two} 不在更高层级：请改正 parent 列",
        "The parent {two} of {one} is in no higher layer: correct the column parent",
    ),
    Code.NAME_MISSING: (_E, "{one} 没有名称", "{one} has no name"),
    Code.KIND_UNKNOWN: (_E, "{one} 的专属网格类别未知", "The kind of the dedicated grid {one} is unknown"),
    Code.TOO_COMPLEX: (_E, "{what_zh}图形过于复杂，未作比较", "{what} too complex to compare"),
    Code.OUTSIDE_DISTRICT: (_W, "{one} 全部在辖区之外", "{one} lies completely outside the district"),
    Code.NOISE: (
        _W,
        "{count:,} 处微小缝隙或重叠，共 {area} 平方米（坐标取舍所致，可吸附消除）",
        "{count:,} tiny gaps or overlaps from rounding, {area} m² in total; snapping removes them",
    ),
}
_GEOD: Final = Geod(ellps="WGS84")
#: A resolution of 0.1 mm, so that a strip 2 cm wide keeps its shape.
_DECIMALS: Final = 9


def make_finding(
    code: Code,
    layer: Layer | str,
    codes: tuple[str, ...] = (),
    *,
    geometry: shapely.Geometry | None = None,
    located_in: shapely.Geometry | None = None,
    severity: Severity | None = None,
    **facts: object,
) -> Finding:
    """Return a finding with its texts, area and point.

    Parameters
    ----------
    code, layer, codes
        See `Finding`.
    geometry
        The gap, overlap, part or point to draw, in WGS 84 degrees.
    located_in
        The shape of the area concerned, if there is nothing to draw; the point is placed in it.
    severity
        Overrides the default severity of the code.
    **facts
        Further values for the text of this code.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> square = shapely.box(113.29, 40.09, 113.2901, 40.0901)
    >>> finding = make_finding(Code.OVERLAP, Layer.URBAN, ("140213051001001", "140213051001002"), geometry=square)
    >>> finding.message_en
    '140213051001001 and 140213051001002 overlap by 94.7 m²'
    """
    default, chinese, english = _TEXTS[code]
    area = area_m2(geometry) if geometry is not None and shapely.get_dimensions(geometry) == 2 else None  # noqa: PLR2004
    one, two = (*codes, "", "")[:2]
    values = {"one": one, "two": two, "area": "–" if area is None else f"{area:,.1f}", **facts}
    return Finding(
        code=code,
        severity=severity or default,
        layer=layer,
        codes=codes,
        area_m2=None if area is None else round(area, 3),
        place=point_in(located_in if geometry is None else geometry),
        geometry=geometry,
        message_zh=chinese.format(**values),
        message_en=english.format(**values),
    )


def area_m2(shape: shapely.Geometry) -> float:
    """Return the geodesic area of polygons in WGS 84 degrees, in square metres."""
    return abs(float(_GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]))


def point_in(shape: shapely.Geometry | None) -> Point | None:
    """Return a point in the largest part of a shape in degrees, or None if the coordinates are invalid."""
    if shape is None or shape.is_empty:
        return None
    lon, lat = shapely.get_coordinates(shape).T
    if find_faults(lon, lat, WGS84).any():
        return None
    parts = shapely.get_parts(shape)
    point = shapely.point_on_surface(parts[shapely.area(parts).argmax()])
    return None if point.is_empty else Point(round(point.x, _DECIMALS), round(point.y, _DECIMALS))
