"""Dataclasses of posts, and of roles, permissions, bounds and actors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - the API builds its schemas from these classes
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Post:
    """A post: a duty held by a person or an organisation for a period.

    Attributes
    ----------
    layer, code
        Layer and code of the area or line.
    duty
        Code of the duty.
    name
        Name of the person or organisation.
    title
        Title of the holder, such as 路长; empty if it is that of the duty.
    organisation, phone
        Empty if not known.
    valid_from, valid_to
        First and last day, inclusive; None for no end. An end before the first day means that it was never taken up.
    """

    layer: str
    code: str
    duty: str
    name: str
    title: str
    organisation: str
    phone: str
    valid_from: date
    valid_to: date | None


class Role(StrEnum):
    """Role of a user or key. `data/reference/roles.json` defines its permissions."""

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
    #: Automatic actions of geogrid; it is never granted.
    SYSTEM = "system"


class Permission(StrEnum):
    """Permission of a role. The workflow defines which steps a role may take."""

    INCIDENTS_READ = "incidents.read"
    INCIDENTS_REPORT = "incidents.report"
    INCIDENTS_IMPORT = "incidents.import"
    INCIDENTS_EXPORT = "incidents.export"
    LOOP_STEP = "loop.step"
    #: See unmasked personal data.
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
    """Bounds of a grant: permitted areas, categories and departments. An empty tuple sets no bound.

    Attributes
    ----------
    areas
        Codes of streets, communities, villages or grids.
    categories
        Codes of categories; an inner category stands for all categories below it.
    departments
        Names of departments.
    """

    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any bound is set."""
        return bool(self.areas or self.categories or self.departments)


@dataclass(frozen=True, slots=True)
class Grant:
    """The roles and bounds of an account or a key."""

    roles: frozenset[Role]
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated user, an API key, or geogrid itself.

    Attributes
    ----------
    id
        Permanent id: ``user:7``, ``key:3``, ``system``.
    name
        Display name.
    """

    id: str
    name: str
    roles: frozenset[Role]
    bounds: Bounds = field(default_factory=Bounds)

    def choose_role(self, among: frozenset[Role] = frozenset(Role)) -> Role:
        """Return the first role of the actor, in the order of `Role`, that is in `among`."""
        return next(role for role in Role if role in self.roles & among)


#: Every role that can be granted.
EVERY_ROLE = frozenset(Role) - {Role.SYSTEM}
#: The actor of automatic actions.
SYSTEM = Actor("system", "geogrid", frozenset({Role.SYSTEM}))
#: The actor of the command line, whose user has access to the database.
CONSOLE = Actor("console", "console", frozenset({Role.ADMINISTRATOR, Role.DATA_STEWARD}))
