"""Which incidents are meant: one filter for lists, figures and maps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from geogrid.errors import QueryError
from geogrid.model import IncidentStatus

if TYPE_CHECKING:
    from geogrid.incidents.turns import Turn
    from geogrid.model import Bounds, Layer, Level, Source, Triage, Urgency

#: The clock of the district: days begin and end by it.
LOCAL: Final = ZoneInfo("Asia/Shanghai")
# Years at either end of the calendar overflow when a time zone is applied.
FIRST_YEAR, LAST_YEAR = 1900, 2200
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


class Dating(StrEnum):
    """The moment of an incident that lies in a period."""

    REPORTED = "reported_at"
    DUE = "due_at"
    CLOSE_DUE = "close_due_at"


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in WGS 84 degrees, its borders included."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Hours:
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
    >>> str(Hours(18, 22)), Hours(22, 5).label
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
class IncidentFilter:
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
    source: Source | None = None
    street: str | None = None
    community: str | None = None
    grid: str | None = None
    layer: Layer | None = None
    box: Box | None = None
    within: Bounds | None = None
    by_generation: int | None = None
    department: str | None = None
    worker: str | None = None
    dated_by: Dating = Dating.REPORTED
    weekday: int | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class QueueFilter:
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
    turn: Turn | None = None


def day_span(first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """Turn days of the district's calendar into moments: from the start of `first` to the end of `last`.

    Raises
    ------
    QueryError
        If the last day is before the first, or if a year is out of range.

    Examples
    --------
    >>> since, until = day_span(date(2022, 1, 1), date(2022, 6, 30))
    >>> since.isoformat(), until.isoformat()
    ('2022-01-01T00:00:00+08:00', '2022-07-01T00:00:00+08:00')
    """
    if first and last and last < first:
        raise QueryError("The period ends before it begins.", code="period", field="to", remedy="Exchange the days.")
    for field, day in (("from", first), ("to", last)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise QueryError(f"The year is not in {FIRST_YEAR}..{LAST_YEAR}.", code="period", field=field)
    until = datetime.combine(last + timedelta(days=1), time.min, LOCAL) if last else None
    return (datetime.combine(first, time.min, LOCAL) if first else None), until


def parse_moment(text: str) -> datetime:
    """Read a moment as ISO 8601 writes it; without a zone it is on the clock of the district.

    Raises
    ------
    QueryError
        If it is no moment, or if its year is out of range.

    Examples
    --------
    >>> parse_moment("2022-03-01").isoformat(), parse_moment("2022-03-01T08:00:00Z").isoformat()
    ('2022-03-01T00:00:00+08:00', '2022-03-01T08:00:00+00:00')
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise QueryError(
            "This is not a moment.", code="moment", remedy="Write it like 2022-03-01T08:00+08:00."
        ) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise QueryError(f"The year is not in {FIRST_YEAR}..{LAST_YEAR}.", code="moment")
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)


def write_moment(moment: datetime) -> str:
    """Write a moment so that `parse_moment` reads the same; the start of a day of the district as the day alone.

    Examples
    --------
    >>> write_moment(parse_moment("2022-02-28T16:00:00Z")), write_moment(parse_moment("2022-03-01T08:00:00Z"))
    ('2022-03-01', '2022-03-01T16:00:00+08:00')
    """
    local = moment.astimezone(LOCAL)
    return local.date().isoformat() if local.time() == time.min else local.isoformat()


def parse_hours(text: str) -> Hours:
    """Read ``first-last``.

    Raises
    ------
    QueryError
        If these are not two hours.

    Examples
    --------
    >>> parse_hours("22-5")
    Hours(first=22, last=5)
    """
    found = _TWO_HOURS.fullmatch(text)
    if found is None:
        raise _hours_error()
    return Hours(int(found[1]), int(found[2]))


def _hours_error() -> QueryError:
    return QueryError(
        "These are not hours of the day.", code="hours", field="hours", remedy="Write the first and the last, as 18-22."
    )


def parse_box(text: str) -> Box:
    """Read ``west,south,east,north``.

    Raises
    ------
    QueryError
        If these are not four finite degrees in that order.

    Examples
    --------
    >>> parse_box("113.28,40.08,113.31,40.10")
    Box(west=113.28, south=40.08, east=113.31, north=40.1)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _box_error() from error
    # Written so that NaN fails too.
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise _box_error()
    return Box(west, south, east, north)


def _box_error() -> QueryError:
    return QueryError(
        "The bounding box is not west,south,east,north in degrees.",
        code="bbox",
        field="bbox",
        remedy="For instance 113.28,40.08,113.31,40.10.",
    )
