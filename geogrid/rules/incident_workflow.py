"""The workflow of incidents: schema and loading of its states and transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from geogrid.model import Category, CategoryKind, IncidentStatus, Role
from geogrid.reference_files import CategoryCode, Name, NamedRuleFile, Row, Slug, index_by_code
from geogrid.rules.vocabulary import VocabularyCode
from geogrid.step_engine import BaseTransition, NamedState

if TYPE_CHECKING:
    from geogrid.category_tree import CategoryTree


class Stage(StrEnum):
    """Stage of an incident: the next required action, whose limit applies."""

    VERIFY = "verify"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CLOSE = "close"


class RequiredInput(StrEnum):
    """Required input of a step."""

    NOTE = "note"
    PHOTO = "photo"
    DEPARTMENT = "department"
    INCIDENT = "incident"
    GRID = "grid"
    OUTCOME = "outcome"
    MEDIATION = "mediation"
    CORRECTION = "correction"
    PARTS = "parts"


class ClockAction(StrEnum):
    """Effect of a step on the due time of handling."""

    START = "start"
    STOP = "stop"
    RESUME = "resume"
    EXTEND = "extend"
    RESET = "reset"


class State(NamedState):
    """A status with its names.

    Attributes
    ----------
    due
        The stage; None if no action is due or the incident is suspended.
    """

    code: IncidentStatus
    due: Stage | None = None


_Milestone = Literal["verified_at", "filed_at", "dispatched_at", "handled_at", "checked_at", "closed_at", "voided_at"]


class StepOutcome(Row):
    """One of several outcomes of a step.

    Attributes
    ----------
    to, sets
        As in `Transition`.
    raises_to
        The new responsible level, unless the level is already higher.
    calls
        Name of a department that joins the handling department; it is called by a whistle (吹哨).
    """

    name: Name
    name_en: Name
    to: IncidentStatus | None = None
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    raises_to: VocabularyCode | None = None
    calls: Name | None = None


class MediationKind(Row):
    """A kind of mediation, such as 人民调解, with its names."""

    name: Name
    name_en: Name


class LevelUsers(Row):
    """Users that settle an incident at a level.

    Attributes
    ----------
    roles
        Roles of the users of the level itself: their bounds contain its whole area, such as the street.
    departments, department_roles
        Names of departments that settle too, if they are in charge or called, and the roles of their users.
    """

    roles: frozenset[Role]
    departments: frozenset[Name] = frozenset()
    department_roles: frozenset[Role] = frozenset()


class Transition(BaseTransition):
    """A transition: a step that can be taken.

    Attributes
    ----------
    from_, to
        Statuses before and after the step; `to` is None if the status does not change.
    needs
        Required inputs.
    in_charge
        True reserves the step for handlers of the handling department; called departments cannot take it.
    own_level
        True reserves the step for the users of the responsible level, where `Workflow.level_users` names them.
    settled
        True requires that no open location review blocks the incident.
    answered
        True requires that each called department has reported in (报到). A note with the reason replaces this.
    within_street
        Statuses from which the step can choose only a grid of the same street.
    sets, clears
        Milestones of `Progress` that the step sets or takes back.
    clock
        Effect on the due time of handling.
    counts, most
        Counter of `Progress` that the step increments, and its maximum.
    raises_level
        True raises the level to the next one, or to a given higher one.
    kinds
        Permitted kinds of categories.
    outcomes
        Possible outcomes by code; empty if there is only one.
    mediations
        Possible kinds of mediation by code; empty if the step is none.
    via
        HTTP route of the step if it has one of its own; None for the common route.
    """

    from_: Annotated[tuple[IncidentStatus, ...], Field(alias="from", min_length=1)]
    to: IncidentStatus | None = None
    needs: tuple[RequiredInput, ...] = ()
    in_charge: bool = False
    own_level: bool = False
    settled: bool = False
    answered: bool = False
    within_street: frozenset[IncidentStatus] = frozenset()
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    clears: tuple[_Milestone | Literal["merged_into"], ...] = ()
    clock: ClockAction | None = None
    counts: Literal["extensions", "reworks", "reopened"] | None = None
    most: Annotated[int, Field(ge=1, strict=True)] | None = None
    raises_level: bool = False
    kinds: frozenset[CategoryKind] = frozenset(CategoryKind)
    outcomes: dict[Slug, StepOutcome] = Field(default_factory=dict)
    mediations: dict[Slug, MediationKind] = Field(default_factory=dict)
    via: Name | None = None


class OnSpotRules(Row):
    """Reports of incidents that the reporter has handled already (即查即改).

    Attributes
    ----------
    roles
        Roles that may send such reports.
    kinds, categories
        Permitted kinds of categories, and permitted codes; ``None`` permits all codes. An inner category permits all
        categories below it.
    recheck_share
        Share of these incidents that another user re-checks, 0 to 1. They are drawn at random.
    """

    roles: Annotated[frozenset[Role], Field(min_length=1)]
    kinds: frozenset[CategoryKind]
    categories: frozenset[str] | None = None
    recheck_share: Annotated[float, Field(ge=0, le=1)]

    def permits(self, category: Category, tree: CategoryTree) -> bool:
        """Return whether incidents of a category may be handled on the spot."""
        listed = self.categories is None or not self.categories.isdisjoint(tree.path(category.code))
        return category.kind in self.kinds and listed


class Workflow(NamedRuleFile):
    """States and transitions by code, in file order.

    Attributes
    ----------
    level_users
        Users that settle incidents of a category, or of a kind of category, at a level. Where it names none, any user
        may who has a role of the step.
    on_spot
        Rules of reports that are handled already; None refuses such reports.

    Examples
    --------
    >>> [transition.action for transition in load_workflow().transitions_from(IncidentStatus.CHECKED)]
    ['rework', 'close', 'report_in', 'rate', 'place', 'correct', 'supervise', 'answer', 'note']
    """

    file = "workflow.json"
    error_code = "workflow"

    states: Annotated[Mapping[IncidentStatus, State], index_by_code(State)]
    transitions: Annotated[Mapping[str, Transition], index_by_code(Transition, "action")]
    level_users: dict[CategoryCode, dict[VocabularyCode, LevelUsers]] = Field(default_factory=dict)
    on_spot: OnSpotRules | None = None

    def find_level_users(self, category: Category, tree: CategoryTree) -> Mapping[str, LevelUsers]:
        """Return the users that settle incidents of a category by level: of the nearest category, or of its kind."""
        return tree.find_nearest(self.level_users, category.code) or self.level_users.get(category.kind, {})

    def transitions_from(self, status: IncidentStatus) -> list[Transition]:
        """Return the transitions that are possible in a status."""
        return [transition for transition in self.transitions.values() if status in transition.from_]

    def find_fault(self) -> tuple[str, str] | None:
        """Find a state that is missing in the file, or that cannot be reached from ``reported``."""
        states, reached = set(self.states), {IncidentStatus.REPORTED}
        edges = [(step.from_, end) for step in self.transitions.values() for end in _end_states(step) if end]
        while added := {end for starts, end in edges if reached.intersection(starts)} - reached:
            reached |= added
        named = {status for step in self.transitions.values() for status in step.from_} | reached
        if missing := sorted(named - states):
            return "states", f"the state {missing[0]} is missing"
        if unreachable := sorted(states - reached):
            return "transitions", f"the state {unreachable[0]} cannot be reached"
        return None


load_workflow = Workflow.load


def _end_states(transition: Transition) -> list[IncidentStatus | None]:
    return [transition.to, *(outcome.to for outcome in transition.outcomes.values())]
