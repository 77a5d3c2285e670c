"""Explain the grid of a point: the rule that applied, the nearest border, and the other candidates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.errors import QueryError
from geogrid.locate.tree_index import NO_POLYGON

if TYPE_CHECKING:
    from geogrid.locate.distances import AreaDistances
    from geogrid.locate.tree_index import LayerIndex
    from geogrid.model import Point

#: Maximum accuracy radius in metres; a position less accurate than that is useless.
MAX_ACCURACY_M: Final = 5_000.0
#: Maximum distance in metres between two polygons with a common border; files round to seven decimals.
_SAME_BORDER_M: Final = 0.05
#: Segments of a quarter circle; the area of the disc is 0.01 % too small.
_QUAD_SEGMENTS: Final = 64
_MIN_SHARE: Final = 1e-4


class BorderRule(StrEnum):
    """The rule that determined the grid of a point in a layer."""

    INSIDE = "inside"
    BORDER = "border"
    LOWEST_CODE = "lowest_code"
    NEAREST = "nearest"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid that may contain the true position of a point.

    Attributes
    ----------
    code
        Code of the grid.
    share
        Share of the accuracy disc that lies in the grid, 0 to 1.
    metres
        Distance from the point to the grid; 0 inside and on the border.
    """

    code: str
    share: float
    metres: float


@dataclass(frozen=True, slots=True)
class LayerExplanation:
    """The explanation for one layer.

    Attributes
    ----------
    layer
        ``base`` or ``dedicated``.
    code
        The grid of the point, or None.
    rule
        ``inside``; ``border``: on the border of one grid; ``lowest_code``: on a border of several grids, of which the
        one with the lowest code is chosen; ``nearest``: outside, and snapped to the nearest grid; ``none``.
    border_m
        Distance to the nearest border of a grid, in metres on the ellipsoid; None if the layer is empty.
    beyond
        The grid on the other side of that border, or None; for a point in no grid, the nearest grid.
    candidates
        Grids in the accuracy disc by descending share; empty without an accuracy.
    """

    layer: str
    code: str | None
    rule: BorderRule
    border_m: float | None
    beyond: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class LayerMatch:
    """The polygon of a layer that a point is assigned to.

    Attributes
    ----------
    position
        Index into the codes of the layer, or `NO_POLYGON`.
    on_border
        Whether the point lies exactly on the border of that polygon.
    snapped
        Whether the point lies outside and was snapped to the polygon.
    """

    position: int
    on_border: bool = False
    snapped: bool = False


def check_accuracy(accuracy_m: float | None) -> None:
    """Raise if an accuracy radius is not in the range from 0 (exclusive) to `MAX_ACCURACY_M` metres.

    Raises
    ------
    QueryError
        If the accuracy is out of range or NaN.
    """
    # The negated comparison also refuses NaN.
    if accuracy_m is not None and not 0 < accuracy_m <= MAX_ACCURACY_M:
        raise QueryError(
            f"The accuracy is not between 0 and {MAX_ACCURACY_M:,.0f} metres.",
            code="accuracy",
            field="accuracy_m",
            remedy="Give the accuracy radius in metres that the phone reports.",
        )


def explain_layer(
    name: str, index: LayerIndex, distances: AreaDistances, point: Point, match: LayerMatch, accuracy_m: float | None
) -> LayerExplanation:
    """Return the explanation for one layer.

    Parameters
    ----------
    name
        Name of the layer.
    index, distances
        The polygons of the layer in degrees and in metres.
    point
        The point in WGS 84 degrees.
    match
        The polygon that the point is assigned to.
    accuracy_m
        Radius in metres of the disc that contains the true position; None if unknown.
    """
    if not len(index.codes):
        return LayerExplanation(name, None, BorderRule.NONE, None, None, ())
    location = distances.plane.to_metres(shapely.Point(point.lon, point.lat))
    inside = match.position != NO_POLYGON and not match.snapped
    foot = _nearest_border_point(distances, location, match.position if inside else None)
    beyond = _grid_beyond(index, distances, foot, match.position if inside else None)
    code = None if match.position == NO_POLYGON else str(index.codes[match.position])
    return LayerExplanation(
        layer=name,
        code=code,
        rule=_rule(match, beyond),
        border_m=round(_geodesic_m(point, distances.plane.to_degrees(foot)), 3),
        beyond=beyond,
        candidates=_candidates(index, distances, location, accuracy_m) if accuracy_m else (),
    )


def _rule(match: LayerMatch, beyond: str | None) -> BorderRule:
    if match.position == NO_POLYGON:
        return BorderRule.NONE
    if match.snapped:
        return BorderRule.NEAREST
    if match.on_border:
        return BorderRule.BORDER if beyond is None else BorderRule.LOWEST_CODE
    return BorderRule.INSIDE


def _nearest_border_point(distances: AreaDistances, location: shapely.Point, own: int | None) -> shapely.Point:
    """Return the nearest point on the border of the polygon that contains a point, or else of the nearest polygon."""
    position = own if own is not None else int(distances.tree.nearest(location))
    line = shapely.shortest_line(shapely.boundary(distances.shapes[position]), location)
    return shapely.get_point(line, 0)


def _grid_beyond(index: LayerIndex, distances: AreaDistances, foot: shapely.Point, own: int | None) -> str | None:
    rows = distances.tree.query(foot, predicate="dwithin", distance=_SAME_BORDER_M).tolist()
    return min((str(index.codes[position]) for position in rows if position != own), default=None)


def _geodesic_m(point: Point, foot: shapely.Point) -> float:
    from pyproj import Geod  # noqa: PLC0415 - a plain `geogrid locate` does without pyproj

    _, _, metres = Geod(ellps="WGS84").inv(point.lon, point.lat, foot.x, foot.y)
    return float(metres)


def _candidates(
    index: LayerIndex, distances: AreaDistances, location: shapely.Point, accuracy_m: float
) -> tuple[Candidate, ...]:
    disc = shapely.buffer(location, accuracy_m, quad_segs=_QUAD_SEGMENTS)
    rows = distances.tree.query(disc, predicate="intersects")
    shares = shapely.area(shapely.intersection(distances.shapes[rows], disc)) / disc.area
    metres = shapely.distance(distances.shapes[rows], location)
    found = [
        Candidate(str(index.codes[position]), round(min(share, 1.0), 4), round(distance, 3))
        for position, share, distance in zip(rows.tolist(), shares.tolist(), metres.tolist(), strict=True)
        if share >= _MIN_SHARE
    ]
    return tuple(sorted(found, key=lambda candidate: (-candidate.share, candidate.code)))
