"""Who: duties, posts, roles and those who act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum


class Duty(StrEnum):
    """What somebody is to a grid, in the order in which lists name them.

    ``party_branch`` (网格党支部) and ``department`` (责任部门, on call) are organisations; ``warden`` is the 路长,
    街长, 巷长 or 片长 of a line or an area.
    """

    LEADER = "leader"
    WORKER = "worker"
    BUILDING_LEADER = "building_leader"
    RESIDENT = "resident"
    DISPATCHED = "dispatched"
    PARTY_BRANCH = "party_branch"
    DEPARTMENT = "department"
    WARDEN = "warden"


#: Duties whose holder is an organisation, not a person.
ORGANISATION_DUTIES = frozenset({Duty.PARTY_BRANCH, Duty.DEPARTMENT})


@dataclass(frozen=True, slots=True)
class Post:
    """A duty that somebody holds for a while.

    Attributes
    ----------
    layer, code
        The area or line: the name of its layer and its code.
    duty
        Which duty.
    name
        The person's, or the organisation's.
    title
        What the holder is called, such as 路长; empty if the duty says it.
    organisation
        Where a person comes from; empty if nobody said.
    phone
        Empty if nobody said.
    valid_from, valid_to
        The first and the last day, both count; None for no end. An end before the beginning: it was never taken up.
    """

    layer: str
    code: str
    duty: Duty
    name: str
    title: str
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None


class Role(StrEnum):
    """What somebody is in the service; what each may do is data (`data/reference/roles.json`)."""

    GRID_WORKER = "grid_worker"
    LEADER = "leader"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    SUPERVISOR = "supervisor"
    PLANNER = "planner"
    DATA_STEWARD = "data_steward"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    API_CLIENT = "api_client"
    #: Rules and clocks of geogrid itself; nobody is given this role.
    SYSTEM = "system"


class Permission(StrEnum):
    """What a role may do; which steps of the loop it may take is the workflow's own business."""

    INCIDENTS_READ = "incidents.read"
    INCIDENTS_REPORT = "incidents.report"
    INCIDENTS_IMPORT = "incidents.import"
    INCIDENTS_EXPORT = "incidents.export"
    LOOP_STEP = "loop.step"
    #: See persons whole; all others see them masked.
    PEOPLE_READ = "people.read"
    PEOPLE_WRITE = "people.write"
    FIGURES_READ = "figures.read"
    LEDGER_READ = "ledger.read"
    LEDGER_WRITE = "ledger.write"
    LAYERS_WRITE = "layers.write"
    RULES_WRITE = "rules.write"
    USERS_MANAGE = "users.manage"
    KEYS_MANAGE = "keys.manage"
    AUDIT_READ = "audit.read"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far what somebody may do reaches; an empty tuple sets no bound.

    Attributes
    ----------
    areas
        Codes of streets, communities, villages or grids: an incident must lie in one of them.
    categories
        Codes of categories.
    departments
        Names of departments, as the list of categories has them.
    """

    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any bound."""
        return bool(self.areas or self.categories or self.departments)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account or a key is given: what it is, and how far that reaches."""

    roles: frozenset[Role]
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: a person with an account, a program with a key, or geogrid itself.

    Attributes
    ----------
    id
        A name for programs that stays the same: ``user:7``, ``key:3``, ``system``.
    name
        For people.
    roles
        What the actor is.
    bounds
        How far that reaches.
    """

    id: str
    name: str
    roles: frozenset[Role]
    bounds: Bounds = field(default_factory=Bounds)

    def acting(self, among: frozenset[Role] = frozenset(Role)) -> Role:
        """Return the role in which the actor does something that is for some roles: the nearest to the street."""
        return next(role for role in Role if role in self.roles & among)


#: All that somebody can be given.
EVERY_ROLE = frozenset(Role) - {Role.SYSTEM}
#: Rules and clocks act as this one.
SYSTEM = Actor("system", "geogrid", frozenset({Role.SYSTEM}))
#: Who has the machine and its database; the commands act as this one.
CONSOLE = Actor("console", "console", frozenset({Role.ADMINISTRATOR, Role.DATA_STEWARD}))
