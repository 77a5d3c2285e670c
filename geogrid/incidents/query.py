"""Which incidents are meant: one filter for lists, figures and maps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from geogrid.errors import QueryError
from geogrid.model import IncidentStatus
from geogrid.model.figures import Dating

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.actionable_steps import ActionableSteps
    from geogrid.model import Bounds, IncidentSource, Layer, Level, Triage, Urgency

_HOURS: Final = 24
_TWO_HOURS: Final = re.compile("([0-9]{1,2})-([0-9]{1,2})")


class Standing(StrEnum):
    """What a filter may ask of where an incident stands: one status, or all that is handled, or still open."""

    OPEN = "open"
    HANDLED = "handled"
    REPORTED = IncidentStatus.REPORTED
    VERIFIED = IncidentStatus.VERIFIED
    FILED = IncidentStatus.FILED
    DISPATCHED = IncidentStatus.DISPATCHED
    HANDLING = IncidentStatus.HANDLING
    SUSPENDED = IncidentStatus.SUSPENDED
    FED_BACK = IncidentStatus.FED_BACK
    CHECKED = IncidentStatus.CHECKED
    CLOSED = IncidentStatus.CLOSED
    VOID = IncidentStatus.VOID
    MERGED = IncidentStatus.MERGED


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A bounding box in WGS 84 degrees, its borders included."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class HourRange:
    """Hours of the day on the clock of the district, the last one to its end; they may pass midnight.

    Attributes
    ----------
    first, last
        0 to 23.

    Raises
    ------
    QueryError
        If one is none of these.

    Examples
    --------
    >>> str(HourRange(18, 22)), HourRange(22, 5).label
    ('18-22', '22:00–5:59')
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if not (0 <= self.first < _HOURS and 0 <= self.last < _HOURS):
            raise _hours_error()

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def label(self) -> str:
        """The same for people."""
        return f"{self.first}:00–{self.last}:59"


@dataclass(frozen=True, slots=True)
class IncidentQuery:
    """What an incident must be; None leaves a question open.

    Attributes
    ----------
    since, until
        Reported at or after `since` and before `until`.
    dated_by
        The moment that `since` and `until` mean, where it is not that of the report; who has none is not meant.
    weekday, hours
        Reported on this day of the week, 1 Monday to 7 Sunday, and in these hours, both on the clock of the district
        and each by itself: of hours that pass midnight, those after it belong to the day that they are in.
    category, source, department
        One value each.
    worker
        The `Actor.id` of who handled it last.
    status
        One status; or ``handled``, or ``open``: neither that nor void or merged.
    street, community, grid
        The code of the area that the incident belongs to; a grid may be a base or a dedicated one.
    layer
        ``urban`` or ``rural``: the base grid's layer. ``dedicated``: it lies in a dedicated grid.
    box
        Lies in the box.
    within
        Lies within these bounds, by the grids of its own day: other layers widen nobody's reach.
    by_generation
        Not what an incident must be but what all of them are counted by: the layers of this generation, so that
        `street`, `community`, `grid` and `layer` mean the restated placement. None: each by the layers of its own day.
    """

    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    status: Standing | None = None
    source: IncidentSource | None = None
    street: str | None = None
    community: str | None = None
    grid: str | None = None
    layer: Layer | None = None
    box: BoundingBox | None = None
    within: Bounds | None = None
    by_generation: int | None = None
    department: str | None = None
    worker: str | None = None
    dated_by: Dating = Dating.REPORTED
    weekday: int | None = None
    hours: HourRange | None = None


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Which of the incidents that wait for somebody are meant; None leaves a question open.

    Attributes
    ----------
    status, urgency, triage, level, department, street_code, category
        One value each; how urgent one is, is told by the due time of its present stage.
    turn
        Whose turn it is, or is not.
    """

    status: IncidentStatus | None = None
    urgency: Urgency | None = None
    triage: Triage | None = None
    level: Level | None = None
    department: str | None = None
    street_code: str | None = None
    category: str | None = None
    turn: ActionableSteps | None = None


def parse_hours(text: str) -> HourRange:
    """Read ``first-last``.

    Raises
    ------
    QueryError
        If these are not two hours.

    Examples
    --------
    >>> parse_hours("22-5")
    HourRange(first=22, last=5)
    """
    found = _TWO_HOURS.fullmatch(text)
    if found is None:
        raise _hours_error()
    return HourRange(int(found[1]), int(found[2]))


def _hours_error() -> QueryError:
    return QueryError(
        "These are not hours of the day.", code="hours", field="hours", remedy="Write the first and the last, as 18-22."
    )


def parse_box(text: str) -> BoundingBox:
    """Read ``west,south,east,north``.

    Raises
    ------
    QueryError
        If these are not four finite degrees in that order.

    Examples
    --------
    >>> parse_box("113.28,40.08,113.31,40.10")
    BoundingBox(west=113.28, south=40.08, east=113.31, north=40.1)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _box_error() from error
    # Written so that NaN fails too.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise _box_error()
    return BoundingBox(west, south, east, north)


def _box_error() -> QueryError:
    return QueryError(
        "The bounding box is not west,south,east,north in degrees.",
        code="bbox",
        field="bbox",
        remedy="For instance 113.28,40.08,113.31,40.10.",
    )
