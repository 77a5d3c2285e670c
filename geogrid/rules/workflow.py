"""The workflow of incidents: its states and transitions are data that a deployment may replace."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from geogrid.model import CategoryKind, IncidentStatus, Level
from geogrid.resources import Name, NamedRuleFile, Row, Slug, index_by_code
from geogrid.workflow import BaseTransition, NamedState


class Stage(StrEnum):
    """What has to be done next, and so which limit runs."""

    VERIFY = "verify"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CLOSE = "close"


class RequiredInput(StrEnum):
    """What a step cannot be taken without."""

    NOTE = "note"
    PHOTO = "photo"
    DEPARTMENT = "department"
    INCIDENT = "incident"
    GRID = "grid"
    OUTCOME = "outcome"


class ClockAction(StrEnum):
    """What a step does to the clock by which an incident is to be handled."""

    START = "start"
    STOP = "stop"
    RESUME = "resume"
    EXTEND = "extend"
    RESET = "reset"


class State(NamedState):
    """Where an incident can stand.

    Attributes
    ----------
    code
        The status.
    due
        What has to be done next; None where nothing waits, or where the clock stands still.
    """

    code: IncidentStatus
    due: Stage | None = None


_Milestone = Literal["verified_at", "filed_at", "dispatched_at", "handled_at", "checked_at", "closed_at", "voided_at"]


class StepOutcome(Row):
    """One of several ways in which a step may end.

    Attributes
    ----------
    name, name_en
        For people.
    to, sets
        As of a `Transition`.
    raises_to
        The level that answers from here on, unless a higher one does already.
    calls
        The department that joins, beside the one that is to handle it.
    """

    name: Name
    name_en: Name
    to: IncidentStatus | None = None
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    raises_to: Level | None = None
    calls: Name | None = None


class Transition(BaseTransition):
    """A step that can be taken.

    Attributes
    ----------
    from_
        Where the incident must stand.
    to
        Where it stands afterwards; None leaves it there.
    needs
        What it cannot be taken without.
    in_charge
        True where it is not for handlers of other departments, called to the incident as they may be.
    settled
        True where nobody may still have to look at where the incident lies.
    sets, clears
        The milestones of `Progress` that it sets and takes back.
    clock
        What it does to the clock.
    counts, most
        The count of `Progress` that it raises, and how far that may rise.
    raises_level
        True where the next `Level`, or a higher one that is named, answers from here on.
    kinds
        The kinds of categories that it is for.
    outcomes
        How it may end, where that is to be said.
    via
        The route that takes it, where it comes with a record of its own; None: that of all steps.
    """

    from_: Annotated[tuple[IncidentStatus, ...], Field(alias="from", min_length=1)]
    to: IncidentStatus | None = None
    needs: tuple[RequiredInput, ...] = ()
    in_charge: bool = False
    settled: bool = False
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    clears: tuple[_Milestone | Literal["merged_into"], ...] = ()
    clock: ClockAction | None = None
    counts: Literal["extensions", "reworks"] | None = None
    most: Annotated[int, Field(ge=1, strict=True)] | None = None
    raises_level: bool = False
    kinds: frozenset[CategoryKind] = frozenset(CategoryKind)
    outcomes: dict[Slug, StepOutcome] = Field(default_factory=dict)
    via: Name | None = None


class Workflow(NamedRuleFile):
    """The states and transitions in use, by their codes and in the file's order.

    Examples
    --------
    >>> [transition.action for transition in load_workflow().leaving(IncidentStatus.CHECKED)]
    ['rework', 'close', 'report_in', 'rate', 'answer', 'note']
    """

    file = "workflow.json"
    error_code = "workflow"

    states: Annotated[Mapping[IncidentStatus, State], index_by_code(State)]
    transitions: Annotated[Mapping[str, Transition], index_by_code(Transition, "action")]

    def leaving(self, status: IncidentStatus) -> list[Transition]:
        """Return the transitions that lead on from a status."""
        return [transition for transition in self.transitions.values() if status in transition.from_]

    def fault(self) -> tuple[str, str] | None:
        """Find a state that is not described, or that no way leads to from a report."""
        states, reached = set(self.states), {IncidentStatus.REPORTED}
        ways = [(way.from_, end) for way in self.transitions.values() for end in _ends(way) if end]
        while grown := {end for starts, end in ways if reached.intersection(starts)} - reached:
            reached |= grown
        named = {status for way in self.transitions.values() for status in way.from_} | reached
        if missing := sorted(named - states):
            return "states", f"the state {missing[0]} is not described"
        if lost := sorted(states - reached):
            return "transitions", f"no way leads to the state {lost[0]}"
        return None


load_workflow = Workflow.load


def _ends(transition: Transition) -> list[IncidentStatus | None]:
    return [transition.to, *(ending.to for ending in transition.outcomes.values())]
