"""Incidents that may be the same: of one category, near in space and time, and how alike they are."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from pydantic import Field
from pyproj import Geod

from geogrid.incidents.query import BoundingBox
from geogrid.resources import NamedRuleFile, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.model import Incident, IncidentStatus, Point

_GEOD: Final = Geod(ellps="WGS84")
# A degree of latitude is nowhere shorter than this.
_DEGREE_M: Final = 110_574.0
_POLE: Final = 89.0

_Weight = Annotated[float, Field(ge=0, le=1)]


class DuplicateRange(Row):
    """How far away, in metres, and how far apart, in hours, an incident may be the same."""

    radius_m: Annotated[float, Field(gt=0, le=2_000)]
    hours: Annotated[float, Field(gt=0, le=24 * 90)]


class Weights(Row):
    """What distance, time and text each count in the score."""

    distance: Annotated[float, Field(gt=0, le=1)]
    time: _Weight
    text: _Weight


class DuplicateRules(NamedRuleFile):
    """What counts as a possible duplicate.

    Attributes
    ----------
    weights
        What each property counts in the score.
    default
        The reach of categories that are not in `categories`.
    categories
        The reach of each category.

    Examples
    --------
    >>> load_duplicate_rules().reach("Z06")
    Reach(radius_m=60.0, hours=24.0)
    """

    file = "duplicates.json"
    error_code = "duplicates"

    weights: Weights
    default: DuplicateRange
    categories: dict[str, DuplicateRange]

    def reach(self, category: str) -> DuplicateRange:
        """Return the reach of a category."""
        return self.categories.get(category, self.default)


load_duplicate_rules = DuplicateRules.load


@dataclass(frozen=True, slots=True)
class DuplicateQuery:
    """What duplicates are sought of: a report, kept or not.

    Attributes
    ----------
    wgs84, category, moment, description
        Where, what and when, and what was said.
    incident
        Its number, where it is kept.
    """

    wgs84: Point
    category: str
    moment: datetime
    description: str = ""
    incident: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An incident that may be the same.

    Attributes
    ----------
    id, status
        Which one, and where it stands.
    distance_m
        How far away, on the ellipsoid, in metres.
    hours
        How far apart.
    score
        0 at the edge of the reach, 1 for the same place, moment and words.
    """

    id: int
    status: IncidentStatus
    distance_m: float
    hours: float
    score: float


def search_window(sought: DuplicateQuery, reach: DuplicateRange) -> tuple[BoundingBox, datetime, datetime]:
    """Return the box and the period that hold all within reach, and a little more.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from geogrid.model import Point
    >>> sought = DuplicateQuery(Point(113.3, 40.09), "Z06", datetime(2022, 1, 2, tzinfo=UTC))
    >>> box, since, until = search_window(sought, DuplicateRange(radius_m=60.0, hours=24.0))
    >>> round(box.east - box.west, 4), round(box.north - box.south, 4), (until - since).days
    (0.0014, 0.0011, 2)
    """
    lon, lat = sought.wgs84.lon, sought.wgs84.lat
    high = reach.radius_m / _DEGREE_M
    # Parallels are shortest on the side of the pole.
    wide = high / math.cos(math.radians(min(abs(lat) + high, _POLE)))
    span = timedelta(hours=reach.hours)
    return BoundingBox(lon - wide, lat - high, lon + wide, lat + high), sought.moment - span, sought.moment + span


def rank_duplicates(sought: DuplicateQuery, candidates: Sequence[Incident], rules: DuplicateRules) -> list[Duplicate]:
    """Return those of some incidents of the same category that are within reach, the likeliest first."""
    if not candidates:
        return []
    reach = rules.reach(sought.category)
    lon = np.array([incident.placement.wgs84.lon for incident in candidates])
    lat = np.array([incident.placement.wgs84.lat for incident in candidates])
    here = np.full_like(lon, sought.wgs84.lon), np.full_like(lat, sought.wgs84.lat)
    distances: list[float] = _GEOD.inv(*here, lon, lat)[2].tolist()
    found = [
        _compare(sought, incident, metres, reach, rules)
        for incident, metres in zip(candidates, distances, strict=True)
        if metres <= reach.radius_m
    ]
    return sorted((one for one in found if one.hours <= reach.hours), key=lambda one: (-one.score, one.id))


def _compare(
    sought: DuplicateQuery, incident: Incident, distance_m: float, reach: DuplicateRange, rules: DuplicateRules
) -> Duplicate:
    hours = abs(incident.report.reported_at - sought.moment) / timedelta(hours=1)
    weights = rules.weights
    parts = [(weights.distance, 1 - distance_m / reach.radius_m), (weights.time, 1 - hours / reach.hours)]
    alike = text_similarity(sought.description, incident.report.description)
    if alike is not None:
        parts.append((weights.text, alike))
    score = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
    return Duplicate(incident.id, incident.progress.status, round(distance_m, 1), round(hours, 2), round(score, 3))


def text_similarity(one: str, other: str) -> float | None:
    """Return how alike two texts are: twice the pairs of neighbouring characters they share, by all their pairs (Dice).

    None where one of them has no such pair: then words speak neither for nor against.

    Examples
    --------
    >>> text_similarity("路口堆放共享单车", "路口共享单车乱停"), likeness("路口", "")
    (0.5714285714285714, None)
    """
    left, right = _pairs(one), _pairs(other)
    if not left or not right:
        return None
    return 2 * (left & right).total() / (left.total() + right.total())


def _pairs(text: str) -> Counter[str]:
    letters = "".join(text.casefold().split())
    return Counter(letters[place : place + 2] for place in range(len(letters) - 1))
