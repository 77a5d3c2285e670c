"""Inspected sites (点位), and the ledger (台账) of the problems that were found there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.model.areas import Point  # noqa: TC001 - the same
from geogrid.model.people import Duty, Role

if TYPE_CHECKING:
    import shapely


class EntryState(StrEnum):
    """Where an entry of the ledger stands."""

    OPEN = "open"
    RECTIFIED = "rectified"
    RETURNED = "returned"
    STRUCK_OFF = "struck_off"


@dataclass(frozen=True, slots=True)
class Round:
    """An inspection round (督查轮次): a set of sites, and the days on which they are inspected.

    Attributes
    ----------
    id, name
        For programs and for people.
    first, last
        Both days count.
    synthetic
        True where it is made up.
    """

    id: int
    name: str
    first: date
    last: date
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site as a file brings it.

    Attributes
    ----------
    code, name, kind
        Its own code, and what it is.
    shape
        A point or an area in WGS 84 degrees.
    synthetic
        True where it is made up.
    """

    code: str
    name: str
    kind: str
    shape: shapely.Geometry
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class SitePlace:
    """Where a site lies, by the layers that were in force when it was brought.

    Attributes
    ----------
    wgs84
        A point of it.
    generation
        Those layers.
    street_code, community_code, grid_code
        The grid is the one whose people answer; None outside the district.
    """

    wgs84: Point
    generation: int
    street_code: str | None
    community_code: str | None
    grid_code: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """A site in the store."""

    id: int
    code: str
    name: str
    kind: str
    place: SitePlace
    synthetic: bool


@dataclass(frozen=True, slots=True)
class SiteProblem:
    """A problem that was found at a site, before it has a number.

    Attributes
    ----------
    site, round
        Where, and in which round; by their numbers.
    category
        A code of the category list.
    found_at
        When.
    description
        What was seen.
    department
        Who is to put it right, by the name in the category list.
    duty
        Whose duty it is in the grid; who holds it, the list of people tells.
    due_at
        When it ought to be put right.
    incident
        The incident that it is handled as, or None.
    synthetic
        True where it is made up.
    """

    site: int
    round: int
    category: str
    found_at: datetime
    description: str
    department: str
    due_at: datetime
    duty: Duty = Duty.LEADER
    incident: int | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class EntryProgress:
    """How far an entry has come: the sum of its steps.

    Attributes
    ----------
    version
        The number of the last step.
    state, department
        Where it stands, and who is to put it right now.
    rectification
        What was done, in the words of who did it last.
    rectified_at, rectified_by
        When it was put right, and the `Actor.id` of who did; None if it was not, or was returned.
    returned_at
        When it was sent back last.
    struck_off_at
        When it was struck off.
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
    id, number
        For programs and for people: ``平城-2022-0001``.
    problem
        What was found.
    site, round
        Where, and the name of the round.
    progress
        How far it has come.
    evidence
        How many pieces of evidence it has.
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
    """One step of an entry; steps are added and never changed. Attributes as of `Step`."""

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
