"""What: incidents, from the report to the end of the loop."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the API builds its schemas from these classes
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - as above
from enum import StrEnum
from typing import Any

from geogrid.model.areas import Layer, LocateStatus, Point  # noqa: TC001 - as above
from geogrid.model.people import Role  # noqa: TC001 - as above


class IncidentStatus(StrEnum):
    """Where an incident stands in its loop; which steps lead on is data (`data/reference/workflow.json`)."""

    REPORTED = "reported"
    VERIFIED = "verified"
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    SUSPENDED = "suspended"
    FED_BACK = "fed_back"
    CHECKED = "checked"
    CLOSED = "closed"
    VOID = "void"
    MERGED = "merged"


class Level(StrEnum):
    """Who answers for an incident: it is raised from one to the next (三级响应), and by a street to the district."""

    GRID = "grid"
    LEADER = "leader"
    STREET = "street"
    DISTRICT = "district"


class Triage(StrEnum):
    """Why a person has to look at where an incident lies."""

    BORDER = "border"
    OUTSIDE = "outside"
    DATUM = "datum"


class IncidentSource(StrEnum):
    """Who found it."""

    PATROL = "patrol"
    RESIDENT = "resident"
    HOTLINE = "hotline"
    INSPECTION = "inspection"
    SYSTEM = "system"


class LimitUnit(StrEnum):
    """By which clock a limit runs: 紧急工作时 runs through, 工作时 and 工作日 in the calendar's working hours only."""

    CONTINUOUS_HOURS = "continuous_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"

    @property
    def is_working(self) -> bool:
        """Whether the clock stands still outside working hours."""
        return self is not LimitUnit.CONTINUOUS_HOURS


@dataclass(frozen=True, slots=True)
class Limit:
    """So much time by a clock; a working day is as long as the calendar's working hours of one day."""

    amount: float
    unit: LimitUnit


@dataclass(frozen=True, slots=True)
class CategoryLimits:
    """How long the incidents of a category may take.

    Attributes
    ----------
    handle
        From being dispatched to being handled, by the level that answers.
    close
        From being handled to being closed.
    """

    handle: Mapping[Level, Limit]
    close: Limit


class Urgency(StrEnum):
    """How a moment lies to the due time."""

    ON_TIME = "on_time"
    NEARLY_DUE = "nearly_due"
    OVERDUE = "overdue"


class CategoryKind(StrEnum):
    """What a category is of: a field of street management, or disputes between people, which are mediated."""

    FIELD = "field"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of problem.

    Attributes
    ----------
    code
        The code that incidents carry.
    name, name_en
        The name in Chinese and in English.
    department
        The department on call for it.
    kind
        What it is of.
    """

    code: str
    name: str
    name_en: str
    department: str
    kind: CategoryKind = CategoryKind.FIELD


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    """What an imported history says of an incident's way, beside when it was handled and closed; None says nothing.

    Attributes
    ----------
    verified_at, filed_at, dispatched_at, checked_at
        When it came so far.
    due_at
        When it ought to have been handled.
    department
        Who was to handle it, by its name in the list of categories.
    """

    verified_at: datetime | None = None
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    checked_at: datetime | None = None
    due_at: datetime | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """An incident as it comes in.

    Attributes
    ----------
    reported_at
        When it was reported, with its time zone.
    category
        A code of the category list.
    source
        Who found it.
    point, datum
        Where, as given.
    description
        What was said of it.
    handled_at
        When it was handled, in a history that is imported; None while it is open.
    closed_at
        When it was closed, in such a history.
    external_id
        The reporter's own number; a source gives each only once.
    synthetic
        True for made-up incidents.
    claimed_grid
        The grid that the reporter says it is in; it decides nothing, but tells a wrong datum.
    accuracy_m
        How far off the point may be, as the reporter's device says, in metres.
    history
        What else such a history says; an incident in the store has it in its progress.
    """

    reported_at: datetime
    category: str
    source: IncidentSource
    point: Point
    datum: str
    description: str = ""
    handled_at: datetime | None = None
    external_id: str | None = None
    synthetic: bool = False
    claimed_grid: str | None = None
    closed_at: datetime | None = None
    accuracy_m: float | None = None
    history: ImportedHistory = field(default_factory=ImportedHistory)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an incident lies, by the layers of one generation.

    Attributes
    ----------
    wgs84
        The point in WGS 84 degrees.
    locate_status
        How it lies to the base grids.
    generation
        The generation that assigned it.
    base_code, base_layer
        The base grid and whether it is urban or rural; None outside the district.
    dedicated_code
        The dedicated grid, or None.
    community_code, street_code
        Those of the grid that answers for it.
    """

    wgs84: Point
    locate_status: LocateStatus
    generation: int
    base_code: str | None
    base_layer: Layer | None
    dedicated_code: str | None
    community_code: str | None
    street_code: str | None

    @property
    def responsible_code(self) -> str | None:
        """The grid whose people answer for it: the dedicated one where there is one."""
        return self.dedicated_code or self.base_code


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an incident has come: the sum of its steps, kept beside them.

    Attributes
    ----------
    version
        The number of the last step.
    status, level, department
        Where it stands, and who answers for it now; a department by its name in the list of categories.
    triage
        Why a person has to look at where it lies; None where nobody has to, or has done so.
    verified_at, filed_at, dispatched_at, handled_at, checked_at, closed_at, voided_at
        When it came so far; None if it did not, or was sent back.
    stage_due_at
        When its present stage ought to be over; None while the clock stands still.
    warn_at
        From when on it is nearly due.
    due_at, close_due_at
        When it ought to be handled and closed, suspensions and extensions included; None before it is dispatched.
    clock_level
        The level whose limit `due_at` was counted by; None before that.
    escalate_at
        When the next level answers, if it is not handled by then; None where nothing raises it by itself.
    called
        Departments that a street has called by a whistle (街道吹哨), beside the one that is to handle it.
    suspended_at
        Since when the clock stands still.
    extensions, reworks
        How often it was extended and sent back to be handled again.
    handled_by
        The `Actor.id` of who handled it last.
    merged_into
        The incident that it is a duplicate of.
    """

    version: int = 1
    status: IncidentStatus = IncidentStatus.REPORTED
    level: Level = Level.GRID
    department: str | None = None
    triage: Triage | None = None
    verified_at: datetime | None = None
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None
    checked_at: datetime | None = None
    closed_at: datetime | None = None
    voided_at: datetime | None = None
    stage_due_at: datetime | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None
    close_due_at: datetime | None = None
    clock_level: Level | None = None
    escalate_at: datetime | None = None
    called: tuple[str, ...] = ()
    suspended_at: datetime | None = None
    extensions: int = 0
    reworks: int = 0
    handled_by: str | None = None
    merged_into: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an incident; steps are added and never changed.

    Attributes
    ----------
    number
        1 for the first, without gaps.
    action
        A transition of the workflow, or ``report`` and ``import``.
    from_status, to_status
        Where the incident stood and stands; None before the first.
    at
        When.
    actor_id, actor, role
        Who, under what name, and as what.
    note
        Why.
    department
        The department that the step names.
    details
        What else the step says, by its action.
    """

    number: int
    action: str
    from_status: IncidentStatus | None
    to_status: IncidentStatus
    at: datetime
    actor_id: str
    actor: str
    role: Role
    note: str = ""
    department: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewIncident:
    """An incident that is to be kept, with the steps that it has come by."""

    report: Report
    placement: Placement
    progress: Progress
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident in the store: what was reported, where that lies, and how far it has come."""

    id: int
    report: Report
    placement: Placement
    created_at: datetime
    progress: Progress = field(default_factory=Progress)


class ChangeKind(StrEnum):
    """What has happened within somebody's bounds."""

    CHANGE = "change"
    GONE = "gone"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Change:
    """That an incident came in or was taken a step on, that one left somebody's bounds, or that rows were imported.

    Attributes
    ----------
    id
        A number that only grows, across all incidents.
    kind
        Which of these.
    incident
        Which one; None of an import.
    version
        The number of the step; None of an import, and of what is gone.
    """

    id: int
    kind: ChangeKind
    incident: int | None = None
    version: int | None = None
