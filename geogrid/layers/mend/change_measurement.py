"""Measurement of changed areas and settled overlaps, as records of mending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.mend.mend_result import MendAction, MendRecord
from geogrid.layers.topology.messages import area_m2
from geogrid.layers.topology.slivers import keep_polygons

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from geogrid.geo.plane import Plane
    from geogrid.layers.mend.mend_result import OverlapRule
    from geogrid.layers.topology.checked_features import CheckedArea

_TEXTS: Final = {
    MendAction.RING_MENDED: ("边界环修复", "ring repaired"),
    MendAction.GAP_CLOSED: ("缝隙闭合", "gap closed"),
    MendAction.BORDER_SNAPPED: ("边界吸附", "border snapped"),
    MendAction.OVERLAP_SETTLED: ("重叠裁定", "overlap settled"),
    MendAction.NODE_ADDED: ("补充节点", "node added"),
}
_RULES_ZH: Final = {"lowest_code": "代码小者保留", "larger": "面积大者保留", "smaller": "面积小者保留"}
#: Distance between samples of a new border, in metres, and the maximum number of samples.
_STEP_M: Final = 0.25
_MAX_SAMPLES: Final = 5_000


def record_area(before: CheckedArea, after: shapely.Geometry, done: Collection[MendAction], plane: Plane) -> MendRecord:
    """Return the record of a changed area.

    Parameters
    ----------
    before
        The area before mending.
    after
        Its new shape, in WGS 84 degrees.
    done
        The actions on the area.
    plane
        The plane for measuring distances.
    """
    assert before.shape is not None  # noqa: S101 - only areas with a shape are mended
    ordered = tuple(mending for mending in MendAction if mending in done)
    moved = border_shift_m(plane.to_metres(before.shape), plane.to_metres(after))
    gained, lost = _gained_and_lost_m2(before.shape, after)
    chinese, english = ([_TEXTS[mending][language] for mending in ordered] for language in (0, 1))
    return MendRecord(
        layer=before.layer,
        codes=(before.label,),
        done=ordered,
        moved_m=round(moved, 3),
        gained_m2=round(gained, 3),
        lost_m2=round(lost, 3),
        message_zh=f"{before.label}：{'、'.join(chinese)}；最多移动 {moved:,.2f} 米，增 {gained:,.1f} 平方米，"
        f"减 {lost:,.1f} 平方米",
        message_en=f"{before.label}: {', '.join(english)}; moved up to {moved:,.2f} m, {gained:,.1f} m² gained, "
        f"{lost:,.1f} m² lost",
    )


def record_overlap(
    winner: CheckedArea, loser: CheckedArea, common: Iterable[shapely.Geometry], rule: OverlapRule
) -> MendRecord:
    """Return the record of a settled overlap; `common` are its parts in WGS 84 degrees."""
    area = sum(area_m2(part) for part in common)
    one, two = winner.label, loser.label
    return MendRecord(
        layer=loser.layer,
        codes=(one, two),
        done=(MendAction.OVERLAP_SETTLED,),
        moved_m=None,
        gained_m2=0.0,
        lost_m2=round(area, 3),
        message_zh=f"{one} 与 {two} 重叠 {area:,.1f} 平方米，归 {one}（规则：{_RULES_ZH[rule]}）",
        message_en=f"{one} and {two} overlapped by {area:,.1f} m²: {one} keeps the overlap (rule: {rule})",
    )


def border_shift_m(before: shapely.Geometry, after: shapely.Geometry) -> float:
    """Return the largest distance of a new border from the old one, in metres; both shapes are in the plane.

    Examples
    --------
    >>> border_shift_m(shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10.3, 10))
    0.3000000000000007
    >>> border_shift_m(*[shapely.box(0, 0, 1, 1)] * 2)
    0.0
    """
    old, new = shapely.boundary(before), shapely.boundary(after)
    new_edges = _edges(new)[~_edges_in(_edges(new), _edges(old))]
    if not len(new_edges):
        return 0.0
    lines = shapely.multilinestrings(shapely.linestrings(new_edges.reshape(-1, 2, 2)))
    points = shapely.points(
        shapely.get_coordinates(shapely.segmentize(lines, max(_STEP_M, lines.length / _MAX_SAMPLES)))
    )
    shapely.prepare(old)
    return float(shapely.distance(old, points).max())


def _edges(border: shapely.Geometry) -> NDArray[np.float64]:
    """Return the edges of a border with sorted ends, shape (n, 4)."""
    points, line = shapely.get_coordinates(shapely.get_parts(border), return_index=True)
    same = line[1:] == line[:-1]
    start, end = points[:-1][same], points[1:][same]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    edges: NDArray[np.float64] = np.where(swap[:, None], np.hstack([end, start]), np.hstack([start, end]))
    return edges


def _edges_in(edges: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    other_edges = set(map(tuple, others.tolist()))
    return np.array([tuple(edge) in other_edges for edge in edges.tolist()], dtype=bool)


def _gained_and_lost_m2(before: shapely.Geometry, after: shapely.Geometry) -> tuple[float, float]:
    """Return the areas gained and lost, in m²."""
    if not before.is_valid:
        more = area_m2(after) - area_m2(before)
        return max(more, 0.0), max(-more, 0.0)
    return area_m2(keep_polygons(after.difference(before))), area_m2(keep_polygons(before.difference(after)))
