"""Dataclasses of incidents: reports, categories, limits, progress, steps and change events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - as above
from enum import StrEnum
from typing import Any, Final

from geogrid.model.layers import Layer, LocateStatus, Point  # noqa: TC001 - as above
from geogrid.model.people import Role  # noqa: TC001 - as above


class IncidentStatus(StrEnum):
    """Status of an incident. `data/reference/workflow.json` defines the transitions."""

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
    SPLIT = "split"


class Triage(StrEnum):
    """Reason why a user has to review the location of an incident."""

    BORDER = "border"
    OUTSIDE = "outside"
    DATUM = "datum"


class OnSpot(StrEnum):
    """Result of the draw for an incident that was handled before it was reported (即查即改)."""

    #: Not drawn, so closed at once.
    CLOSED = "closed"
    #: Drawn for a re-check (抽查) by another user.
    DRAWN = "drawn"


class PhotoKind(StrEnum):
    """Whether a photo shows an incident before or after its handling."""

    BEFORE = "before"
    AFTER = "after"


#: Statuses of incidents that figures count as received and as nothing else.
UNCOUNTED_STATUSES: Final = (IncidentStatus.VOID, IncidentStatus.MERGED)
#: Statuses of incidents that wait for no step.
ENDED_STATUSES: Final = (IncidentStatus.CLOSED, *UNCOUNTED_STATUSES)


class LimitUnit(StrEnum):
    """Unit of a time limit: 紧急工作时 counts all hours, 工作时 and 工作日 count working hours only."""

    CONTINUOUS_HOURS = "continuous_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"

    @property
    def is_working(self) -> bool:
        """Whether only working hours count: for limits in working hours and in working days."""
        return self is not LimitUnit.CONTINUOUS_HOURS


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit. A working day is as long as the working hours of one calendar day."""

    amount: float
    unit: LimitUnit


class Urgency(StrEnum):
    """Urgency of an incident relative to its due time."""

    ON_TIME = "on_time"
    NEARLY_DUE = "nearly_due"
    OVERDUE = "overdue"


class CategoryKind(StrEnum):
    """Kind of a category: field of street management, disputes (mediated), event (事件) or component (部件).

    Components are things such as manhole covers.
    """

    FIELD = "field"
    DISPUTE = "dispute"
    EVENT = "event"
    COMPONENT = "component"


@dataclass(frozen=True, slots=True)
class Category:
    """A category of problems.

    Attributes
    ----------
    name, name_en
        Name in Chinese and in English.
    department
        Name of the department on call for it; empty for an inner category without one.
    parent
        Code of the category above, or None for a 大类.
    retired
        Whether it is kept only for incidents that have it, and not for new reports.
    """

    code: str
    name: str
    name_en: str
    department: str
    kind: CategoryKind = CategoryKind.FIELD
    parent: str | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class ImportedHistory:
    """Milestones of an imported incident beside `Report.handled_at` and `Report.closed_at`; None if not known.

    Attributes
    ----------
    due_at
        Time by which it had to be handled.
    department
        Name of the handling department.
    """

    verified_at: datetime | None = None
    filed_at: datetime | None = None
    dispatched_at: datetime | None = None
    checked_at: datetime | None = None
    due_at: datetime | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report of an incident, as received.

    Attributes
    ----------
    reported_at
        Time of the report, with time zone.
    category, source
        Codes of the category and of the source.
    point, datum
        Location as received.
    handled_at, closed_at
        Times in an imported history; None while the incident is open.
    external_id
        Id in the reporting system; unique within a source.
    synthetic
        True for a synthetic incident.
    claimed_grid
        Code of the grid named by the reporter. It is only used to detect a wrong datum.
    accuracy_m
        Accuracy of the point in metres, as stated by the reporter's device.
    history
        Other milestones of an imported history; for a stored incident they are in its `Progress`.
    """

    reported_at: datetime
    category: str
    source: str
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
    """The grids and divisions that contain an incident, by one generation.

    Attributes
    ----------
    wgs84
        The point in WGS 84 degrees.
    generation
        Id of the generation.
    base_code, base_layer
        The base grid and its layer; None outside the district.
    dedicated_code
        The dedicated grid, or None.
    community_code, street_code
        Those of the responsible grid.
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
        """Code of the responsible grid: the dedicated grid if there is one."""
        return self.dedicated_code or self.base_code


@dataclass(frozen=True, slots=True)
class Progress:
    """Current state of an incident, which results from its steps and is stored beside them.

    Attributes
    ----------
    level
        Code of the responsible level.
    version
        Number of the last step.
    status, department
        Status, and name of the handling department.
    triage
        Reason for a location review; None if none is needed or it is done.
    triage_blocks
        Whether the location has to be reviewed before filing and dispatch; False if the doubt is only a hint.
    verified_at, filed_at, dispatched_at, handled_at, checked_at, closed_at, voided_at
        Times of the milestones; None if not reached or taken back.
    stage_due_at
        Due time of the current stage; None while suspended.
    warn_at
        Time from which the stage is nearly due.
    due_at, close_due_at
        Due times of handling and closing, with suspensions and extensions; None before the dispatch. Figures judge the
        incident by them for ever: a reopening does not change them.
    reopened_due_at
        Due time of handling after the last reopening (重开); None if there was none.
    due_provisional
        Whether the due times depend on days whose holidays were not known: the calendar had no data for their year.
    clock_level
        Level whose limit gave `due_at`.
    escalate_at
        Time of the escalation to the next level; None if there is none.
    called
        Departments called by a whistle (街道吹哨), beside the handling department.
    suspended_at
        Start of the current suspension (挂账).
    extensions, reworks, reopened
        Number of extensions (延期), of reworks (返工) and of reopenings (重开).
    handled_by
        `Actor.id` of the last handler.
    merged_into
        Id of the incident of which it is a duplicate.
    on_spot
        Whether the incident was handled before it was reported, and drawn for a re-check; None for all other incidents.
    part_of, part
        Id of the split incident (拆分派遣) of which it is a part, and the number of the part from 1; None otherwise.
    split_into
        Number of its parts; 0 if it was not split.
    """

    level: str
    version: int = 1
    status: IncidentStatus = IncidentStatus.REPORTED
    department: str | None = None
    triage: Triage | None = None
    triage_blocks: bool = False
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
    reopened_due_at: datetime | None = None
    due_provisional: bool = False
    clock_level: str | None = None
    escalate_at: datetime | None = None
    called: tuple[str, ...] = ()
    suspended_at: datetime | None = None
    extensions: int = 0
    reworks: int = 0
    reopened: int = 0
    handled_by: str | None = None
    merged_into: int | None = None
    on_spot: OnSpot | None = None
    part_of: int | None = None
    part: int | None = None
    split_into: int = 0

    @property
    def current_due_at(self) -> datetime | None:
        """Due time of handling that people work to: after a reopening that of the reopening."""
        return self.reopened_due_at or self.due_at


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an incident: a workflow transition taken. Steps are only appended.

    Attributes
    ----------
    number
        Ordinal from 1, without gaps.
    action
        Action of the transition, or ``report`` or ``import`` for the first step.
    from_status, to_status
        Status before and after the step; before the first step it is None.
    actor_id, actor, role
        Id, name and role of the actor.
    department
        Department named in the step.
    details
        Further values, depending on the action.
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
    """An incident to be stored, with its first steps."""

    report: Report
    placement: Placement
    progress: Progress
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A stored incident."""

    id: int
    report: Report
    placement: Placement
    created_at: datetime
    progress: Progress


class ChangeKind(StrEnum):
    """Kind of a change event."""

    CHANGE = "change"
    GONE = "gone"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Change:
    """A change event: an incident was added or took a step, left the bounds of the user, or rows were imported.

    Attributes
    ----------
    id
        Increases over all incidents.
    incident
        Id of the incident; None for an import.
    version
        Number of the step; None for an import and for an incident that left the bounds.
    """

    id: int
    kind: ChangeKind
    incident: int | None = None
    version: int | None = None
