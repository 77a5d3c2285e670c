"""The records of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.mend.mend_result import Mending, MendRecord
from geogrid.layers.topology.messages import area_m2
from geogrid.layers.topology.slivers import polygons_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from geogrid.layers.mend.mend_result import OverlapRule
    from geogrid.layers.topology.areas import Area, Plane

_WORDS: Final = {
    Mending.RING_MENDED: ("边界环修复", "ring mended"),
    Mending.GAP_CLOSED: ("缝隙闭合", "gap closed"),
    Mending.BORDER_SNAPPED: ("边界吸附", "border snapped"),
    Mending.OVERLAP_SETTLED: ("重叠裁定", "overlap settled"),
    Mending.NODE_ADDED: ("补充节点", "node added"),
}
_RULES_ZH: Final = {"lowest_code": "代码小者保留", "larger": "面积大者保留", "smaller": "面积小者保留"}
#: A new border is followed in steps of a quarter of a metre, or longer ones where it is very long.
_STEP_M: Final = 0.25
_STEPS: Final = 5_000


def tell_area(was: Area, now: shapely.Geometry, done: Collection[Mending], plane: Plane) -> MendRecord:
    """Tell how the shape of an area changed.

    Parameters
    ----------
    was
        The area as it was.
    now
        Its shape, in degrees.
    done
        What was done.
    plane
        Where distances are measured.
    """
    assert was.shape is not None  # noqa: S101 - what has no shape is not mended
    ordered = tuple(mending for mending in Mending if mending in done)
    moved = distance_m(plane.to_metres(was.shape), plane.to_metres(now))
    gained, lost = _exchanged(was.shape, now)
    chinese, english = ([_WORDS[mending][language] for mending in ordered] for language in (0, 1))
    return MendRecord(
        layer=was.layer,
        codes=(was.label,),
        done=ordered,
        moved_m=round(moved, 3),
        gained_m2=round(gained, 3),
        lost_m2=round(lost, 3),
        message_zh=f"{was.label}：{'、'.join(chinese)}；最多移动 {moved:,.2f} 米，增 {gained:,.1f} 平方米，"
        f"减 {lost:,.1f} 平方米",
        message_en=f"{was.label}: {', '.join(english)}; moved up to {moved:,.2f} m, {gained:,.1f} m² gained, "
        f"{lost:,.1f} m² lost",
    )


def tell_overlap(winner: Area, loser: Area, common: Iterable[shapely.Geometry], rule: OverlapRule) -> MendRecord:
    """Tell who keeps an overlap, of whom, by which rule; `common` are its parts, in degrees."""
    area = sum(area_m2(part) for part in common)
    one, two = winner.label, loser.label
    return MendRecord(
        layer=loser.layer,
        codes=(one, two),
        done=(Mending.OVERLAP_SETTLED,),
        moved_m=None,
        gained_m2=0.0,
        lost_m2=round(area, 3),
        message_zh=f"{one} 与 {two} 重叠 {area:,.1f} 平方米，归 {one}（规则：{_RULES_ZH[rule]}）",
        message_en=f"{one} and {two} overlapped by {area:,.1f} m²: {one} keeps it, by the rule {rule}",
    )


def distance_m(was: shapely.Geometry, now: shapely.Geometry) -> float:
    """Return how far the farthest point of a new border lies from the old one, both in the plane.

    Examples
    --------
    >>> distance_m(shapely.box(0, 0, 10, 10), shapely.box(0, 0, 10.3, 10)), distance_m(*[shapely.box(0, 0, 1, 1)] * 2)
    (0.3000000000000007, 0.0)
    """
    old, new = shapely.boundary(was), shapely.boundary(now)
    fresh = _edges(new)[~_known(_edges(new), _edges(old))]
    if not len(fresh):
        return 0.0
    lines = shapely.multilinestrings(shapely.linestrings(fresh.reshape(-1, 2, 2)))
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(lines, max(_STEP_M, lines.length / _STEPS))))
    shapely.prepare(old)
    return float(shapely.distance(old, points).max())


def _edges(border: shapely.Geometry) -> NDArray[np.float64]:
    """Return the edges of a border, whichever way they run, shape (n, 4)."""
    points, line = shapely.get_coordinates(shapely.get_parts(border), return_index=True)
    same = line[1:] == line[:-1]
    start, end = points[:-1][same], points[1:][same]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    edges: NDArray[np.float64] = np.where(swap[:, None], np.hstack([end, start]), np.hstack([start, end]))
    return edges


def _known(edges: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = set(map(tuple, others.tolist()))
    return np.array([tuple(edge) in known for edge in edges.tolist()], dtype=bool)


def _exchanged(was: shapely.Geometry, now: shapely.Geometry) -> tuple[float, float]:
    """Return the square metres gained and lost."""
    if not was.is_valid:
        more = area_m2(now) - area_m2(was)
        return max(more, 0.0), max(-more, 0.0)
    return area_m2(polygons_of(now.difference(was))), area_m2(polygons_of(was.difference(now)))
