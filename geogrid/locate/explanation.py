"""Why a point belongs to its grids: the rule of each layer, the nearest border, and what else it may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.errors import QueryError
from geogrid.locate.index import NONE

if TYPE_CHECKING:
    from geogrid.locate.distances import AreaDistances
    from geogrid.locate.index import LayerIndex
    from geogrid.model import Point

#: The radius of the largest disc of uncertainty: a telephone that is this far off is of no use.
MAX_ACCURACY_M: Final = 5_000.0
#: A polygon so near the foot of a border has that border too; neighbours differ by what seven decimals leave.
_SAME_BORDER_M: Final = 0.05
#: A disc as a polygon of 4 × 64 corners: its area is short by 0.01 %.
_QUARTER: Final = 64
_LEAST_SHARE: Final = 1e-4


class BorderRule(StrEnum):
    """What decided which grid of a layer a point belongs to."""

    INSIDE = "inside"
    BORDER = "border"
    LOWEST_CODE = "lowest_code"
    NEAREST = "nearest"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid that a point may lie in, given how inexact it is.

    Attributes
    ----------
    code
        Its code.
    share
        Its share of the disc of uncertainty, 0 to 1.
    metres
        How far the point is from it; 0 in it and on its border.
    """

    code: str
    share: float
    metres: float


@dataclass(frozen=True, slots=True)
class LayerExplanation:
    """What one layer says of a point.

    Attributes
    ----------
    layer
        ``base`` or ``dedicated``.
    code
        The grid that the point belongs to, or None.
    rule
        ``inside``; ``border``: on the border of one grid alone; ``lowest_code``: on a border of several, of which the
        lowest code answers; ``nearest``: outside, but near enough to be drawn to it; ``none``.
    border_m
        How far the nearest border of a grid is, in metres on the ellipsoid; None where the layer has no grid.
    beyond
        The grid beyond that border: for a point in no grid the nearest one; None if beyond it there is none.
    candidates
        The grids in the disc of uncertainty, the likeliest first; empty where no accuracy was given.
    """

    layer: str
    code: str | None
    rule: BorderRule
    border_m: float | None
    beyond: str | None
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Where a layer's index has put a point.

    Attributes
    ----------
    position
        In the layer's codes, or `NONE`.
    on_border
        Whether it lies exactly on the border of that polygon.
    snapped
        Whether it lies outside and was drawn to the polygon.
    """

    position: int
    on_border: bool = False
    snapped: bool = False


def check_accuracy(accuracy_m: float | None) -> None:
    """Raise unless an accuracy is one.

    Raises
    ------
    QueryError
        If it is not more than 0 and at most `MAX_ACCURACY_M`.
    """
    # Written so that NaN fails too.
    if accuracy_m is not None and not 0 < accuracy_m <= MAX_ACCURACY_M:
        raise QueryError(
            f"The accuracy is not in 0..{MAX_ACCURACY_M:,.0f} metres.",
            code="accuracy",
            field="accuracy_m",
            remedy="Give the radius in metres that the telephone tells.",
        )


def explain_layer(
    name: str, index: LayerIndex, around: AreaDistances, point: Point, held: Held, accuracy_m: float | None
) -> LayerExplanation:
    """Explain the answer of one layer.

    Parameters
    ----------
    name
        What the layer is called.
    index, around
        The layer.
    point
        In WGS 84 degrees.
    held
        The answer.
    accuracy_m
        The radius of the disc that the point may lie in, all of it alike; None if nothing is known.
    """
    if not len(index.codes):
        return LayerExplanation(name, None, BorderRule.NONE, None, None, ())
    there = around.plane.to_metres(shapely.Point(point.lon, point.lat))
    inside = held.position != NONE and not held.snapped
    foot = _foot(around, there, held.position if inside else None)
    beyond = _beyond(index, around, foot, held.position if inside else None)
    code = None if held.position == NONE else str(index.codes[held.position])
    return LayerExplanation(
        layer=name,
        code=code,
        rule=_rule(held, beyond),
        border_m=round(_metres(point, around.plane.to_degrees(foot)), 3),
        beyond=beyond,
        candidates=_candidates(index, around, there, accuracy_m) if accuracy_m else (),
    )


def _rule(held: Held, beyond: str | None) -> BorderRule:
    if held.position == NONE:
        return BorderRule.NONE
    if held.snapped:
        return BorderRule.NEAREST
    if held.on_border:
        return BorderRule.BORDER if beyond is None else BorderRule.LOWEST_CODE
    return BorderRule.INSIDE


def _foot(around: AreaDistances, there: shapely.Point, own: int | None) -> shapely.Point:
    """Return the nearest point of the border of the own polygon, or else of the nearest one."""
    position = own if own is not None else int(around.tree.nearest(there))
    line = shapely.shortest_line(shapely.boundary(around.shapes[position]), there)
    return shapely.get_point(line, 0)


def _beyond(index: LayerIndex, around: AreaDistances, foot: shapely.Point, own: int | None) -> str | None:
    met = around.tree.query(foot, predicate="dwithin", distance=_SAME_BORDER_M).tolist()
    return min((str(index.codes[position]) for position in met if position != own), default=None)


def _metres(point: Point, foot: shapely.Point) -> float:
    from pyproj import Geod  # noqa: PLC0415 - a plain `geogrid locate` does without pyproj

    _, _, metres = Geod(ellps="WGS84").inv(point.lon, point.lat, foot.x, foot.y)
    return float(metres)


def _candidates(
    index: LayerIndex, around: AreaDistances, there: shapely.Point, accuracy_m: float
) -> tuple[Candidate, ...]:
    disc = shapely.buffer(there, accuracy_m, quad_segs=_QUARTER)
    met = around.tree.query(disc, predicate="intersects")
    shares = shapely.area(shapely.intersection(around.shapes[met], disc)) / disc.area
    distances = shapely.distance(around.shapes[met], there)
    found = [
        Candidate(str(index.codes[position]), round(min(share, 1.0), 4), round(metres, 3))
        for position, share, metres in zip(met.tolist(), shares.tolist(), distances.tolist(), strict=True)
        if share >= _LEAST_SHARE
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.code)))
