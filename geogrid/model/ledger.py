"""Dataclasses of inspected sites (点位), and of the ledger (台账) of the problems found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.model.layers import Point  # noqa: TC001 - the same
from geogrid.model.people import Role  # noqa: TC001 - the same

if TYPE_CHECKING:
    import shapely


class EntryState(StrEnum):
    """State of a ledger entry."""

    OPEN = "open"
    RECTIFIED = "rectified"
    RETURNED = "returned"
    STRUCK_OFF = "struck_off"


@dataclass(frozen=True, slots=True)
class Round:
    """An inspection round (督查轮次): a set of sites and a period.

    Attributes
    ----------
    first, last
        First and last day, inclusive.
    synthetic
        True if the round is synthetic.
    """

    id: int
    name: str
    first: date
    last: date
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site read from a file.

    Attributes
    ----------
    shape
        A point or a polygon in WGS 84 degrees.
    synthetic
        True if the site is synthetic.
    """

    code: str
    name: str
    kind: str
    shape: shapely.Geometry
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class SitePlace:
    """The divisions and the grid that contain a site, by the generation active at its import.

    Attributes
    ----------
    wgs84
        A point of the site in WGS 84 degrees.
    generation
        Id of the generation.
    street_code, community_code, grid_code
        Codes of the responsible grid and its divisions; None outside the district.
    """

    wgs84: Point
    generation: int
    street_code: str | None
    community_code: str | None
    grid_code: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """A stored site."""

    id: int
    code: str
    name: str
    kind: str
    place: SitePlace
    synthetic: bool


@dataclass(frozen=True, slots=True)
class SiteProblem:
    """A problem found at a site, without an entry number.

    Attributes
    ----------
    site, round
        Ids of the site and the inspection round.
    category
        Code of the category.
    department
        Name of the department that has to rectify (整改) it.
    duty
        Code of the duty in the grid that is responsible.
    due_at
        Time by which it has to be rectified.
    incident
        Id of the incident as which it is handled, or None.
    synthetic
        True if the problem is synthetic.
    """

    site: int
    round: int
    category: str
    found_at: datetime
    description: str
    department: str
    due_at: datetime
    duty: str
    incident: int | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class EntryProgress:
    """Current state of a ledger entry, which results from its steps.

    Attributes
    ----------
    version
        Number of the last step.
    department
        Name of the department that has to rectify it now.
    rectification
        Description of the last rectification (整改情况).
    rectified_at, rectified_by
        Time, and `Actor.id` of the user; None if it is not rectified or was returned.
    returned_at
        Time of the last return (退回).
    struck_off_at
        Time at which it was struck off (销号).
    """

    version: int
    state: EntryState
    department: str
    rectification: str = ""
    rectified_at: datetime | None = None
    rectified_by: str | None = None
    returned_at: datetime | None = None
    struck_off_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry of the ledger.

    Attributes
    ----------
    number
        Displayed number, such as ``A-2022-0001``.
    round
        Name of the inspection round.
    evidence
        Number of evidence files.
    """

    id: int
    number: str
    problem: SiteProblem
    site: Site
    round: str
    progress: EntryProgress
    evidence: int


@dataclass(frozen=True, slots=True)
class EntryStep:
    """One step of a ledger entry; attributes as in `Step`. Steps are only appended."""

    number: int
    action: str
    from_state: EntryState | None
    to_state: EntryState
    at: datetime
    actor_id: str
    actor: str
    role: Role
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)
