"""Possible duplicates: incidents of one category, near in space and time, ranked by similarity."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import numpy as np
from pydantic import Field
from pyproj import Geod

from geogrid.incidents.query import BoundingBox
from geogrid.reference_files import CategoryCode, NamedRuleFile, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.category_tree import CategoryTree
    from geogrid.model import Incident, IncidentStatus, Point

_GEOD: Final = Geod(ellps="WGS84")
# Shortest degree of latitude on the ellipsoid, in metres.
_DEGREE_M: Final = 110_574.0
_POLE: Final = 89.0

_Weight = Annotated[float, Field(ge=0, le=1)]


class DuplicateRange(Row):
    """Maximum distance in metres and maximum time difference in hours between duplicates."""

    radius_m: Annotated[float, Field(gt=0, le=2_000)]
    hours: Annotated[float, Field(gt=0, le=24 * 90)]


class Weights(Row):
    """Weights of distance, time and text in the score."""

    distance: Annotated[float, Field(gt=0, le=1)]
    time: _Weight
    text: _Weight


class DuplicateRules(NamedRuleFile):
    """Rules for possible duplicates.

    Attributes
    ----------
    default
        Range of categories without one of their own or of a category above them.
    categories
        Range by category.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> load_duplicate_rules().range_of("Z06", load_categories())
    DuplicateRange(radius_m=60.0, hours=24.0)
    """

    file = "duplicates.json"
    error_code = "duplicates"

    weights: Weights
    default: DuplicateRange
    categories: dict[CategoryCode, DuplicateRange]

    def range_of(self, category: str, tree: CategoryTree) -> DuplicateRange:
        """Return the range of a category: its own, or that of the nearest category above it."""
        return tree.find_nearest(self.categories, category) or self.default


load_duplicate_rules = DuplicateRules.load


@dataclass(frozen=True, slots=True)
class DuplicateQuery:
    """The report or incident whose duplicates are searched.

    Attributes
    ----------
    wgs84
        Its point in WGS 84 degrees.
    moment
        Time of the report.
    incident
        Id of the incident, if it is stored; for a part that of the whole.
    """

    wgs84: Point
    category: str
    moment: datetime
    description: str = ""
    incident: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An incident that is a possible duplicate.

    Attributes
    ----------
    id, status
        Id and status of the incident.
    distance_m
        Geodesic distance in metres.
    hours
        Time difference in hours.
    score
        From 0 at the limits of the range to 1 for the same place, time and text.
    """

    id: int
    status: IncidentStatus
    distance_m: float
    hours: float
    score: float


class SearchWindow(NamedTuple):
    """Bounding box and period of the candidates."""

    box: BoundingBox
    since: datetime
    until: datetime


def search_window(query: DuplicateQuery, limits: DuplicateRange) -> SearchWindow:
    """Return a bounding box and a period that contain everything within the range.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from geogrid.model import Point
    >>> query = DuplicateQuery(Point(113.3, 40.09), "Z06", datetime(2022, 1, 2, tzinfo=UTC))
    >>> box, since, until = search_window(query, DuplicateRange(radius_m=60.0, hours=24.0))
    >>> round(box.east - box.west, 4), round(box.north - box.south, 4), (until - since).days
    (0.0014, 0.0011, 2)
    """
    lon, lat = query.wgs84.lon, query.wgs84.lat
    height = limits.radius_m / _DEGREE_M
    # Parallels are shortest towards the pole.
    width = height / math.cos(math.radians(min(abs(lat) + height, _POLE)))
    span = timedelta(hours=limits.hours)
    box = BoundingBox(lon - width, lat - height, lon + width, lat + height)
    # In UTC: a sum in local time counts hours of the clock.
    moment = query.moment.astimezone(UTC)
    return SearchWindow(box, moment - span, moment + span)


def rank_duplicates(
    query: DuplicateQuery, candidates: Sequence[Incident], rules: DuplicateRules, limits: DuplicateRange
) -> list[Duplicate]:
    """Return the candidates within the range, best score first. The candidates have the category of the query."""
    if not candidates:
        return []
    lon = np.array([incident.placement.wgs84.lon for incident in candidates])
    lat = np.array([incident.placement.wgs84.lat for incident in candidates])
    origin = np.full_like(lon, query.wgs84.lon), np.full_like(lat, query.wgs84.lat)
    distances: list[float] = _GEOD.inv(*origin, lon, lat)[2].tolist()
    duplicates = [
        _compare(query, incident, metres, limits, rules)
        for incident, metres in zip(candidates, distances, strict=True)
        if metres <= limits.radius_m
    ]
    return sorted((it for it in duplicates if it.hours <= limits.hours), key=lambda it: (-it.score, it.id))


def _compare(
    query: DuplicateQuery, incident: Incident, distance_m: float, limits: DuplicateRange, rules: DuplicateRules
) -> Duplicate:
    hours = abs(incident.report.reported_at - query.moment) / timedelta(hours=1)
    weights = rules.weights
    parts = [(weights.distance, 1 - distance_m / limits.radius_m), (weights.time, 1 - hours / limits.hours)]
    similarity = text_similarity(query.description, incident.report.description)
    if similarity is not None:
        parts.append((weights.text, similarity))
    score = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
    return Duplicate(incident.id, incident.progress.status, round(distance_m, 1), round(hours, 2), round(score, 3))


def text_similarity(first: str, second: str) -> float | None:
    """Return the Dice coefficient of the character pairs of two texts, 0 to 1; None if one of them has no pair.

    Examples
    --------
    >>> text_similarity("路口堆放共享单车", "路口共享单车乱停"), text_similarity("路口", "")
    (0.5714285714285714, None)
    """
    left, right = _character_pairs(first), _character_pairs(second)
    if not left or not right:
        return None
    return 2 * (left & right).total() / (left.total() + right.total())


def _character_pairs(text: str) -> Counter[str]:
    letters = "".join(text.casefold().split())
    return Counter(letters[index : index + 2] for index in range(len(letters) - 1))
