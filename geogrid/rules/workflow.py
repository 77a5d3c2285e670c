"""The workflow: states and transitions are data, with a version and a schema, that a deployment replaces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import FileError
from geogrid.model import CategoryKind, IncidentStatus, Level, Role
from geogrid.resources import data_path, read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=100)]


class Stage(StrEnum):
    """What has to be done next, and so which limit runs."""

    VERIFY = "verify"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    CLOSE = "close"


class Need(StrEnum):
    """What a step cannot be taken without."""

    NOTE = "note"
    PHOTO = "photo"
    DEPARTMENT = "department"
    INCIDENT = "incident"
    GRID = "grid"
    OUTCOME = "outcome"


class Clock(StrEnum):
    """What a step does to the clock by which an incident is to be handled."""

    START = "start"
    STOP = "stop"
    RESUME = "resume"
    EXTEND = "extend"
    RESET = "reset"


class State(BaseModel):
    """Where an incident can stand.

    Attributes
    ----------
    code
        The status.
    name, name_en
        For people.
    due
        What has to be done next; None where nothing waits, or where the clock stands still.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: IncidentStatus
    name: _Text
    name_en: _Text
    due: Stage | None = None


_Milestone = Literal["verified_at", "filed_at", "dispatched_at", "handled_at", "checked_at", "closed_at", "voided_at"]


class Ending(BaseModel):
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

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    name_en: _Text
    to: IncidentStatus | None = None
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    raises_to: Level | None = None
    calls: _Text | None = None


class Transition(BaseModel):
    """A step that can be taken.

    Attributes
    ----------
    action
        Its name for programs.
    name, name_en
        For people.
    from_
        Where the incident must stand.
    to
        Where it stands afterwards; None leaves it there.
    roles
        Who may take it.
    needs
        What it cannot be taken without.
    another_hand
        True where it is not for the one who handled the incident.
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

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    name: _Text
    name_en: _Text
    from_: Annotated[tuple[IncidentStatus, ...], Field(alias="from", min_length=1)]
    to: IncidentStatus | None = None
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    needs: tuple[Need, ...] = ()
    another_hand: bool = False
    in_charge: bool = False
    settled: bool = False
    sets: tuple[_Milestone | Literal["handled_by"], ...] = ()
    clears: tuple[_Milestone | Literal["merged_into"], ...] = ()
    clock: Clock | None = None
    counts: Literal["extensions", "reworks"] | None = None
    most: Annotated[int, Field(ge=1, strict=True)] | None = None
    raises_level: bool = False
    kinds: frozenset[CategoryKind] = frozenset(CategoryKind)
    outcomes: dict[Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")], Ending] = {}
    via: _Text | None = None


class _WorkflowFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scheme: _Text
    version: _Text
    title: _Text
    source: str
    states: list[State]
    transitions: Annotated[list[Transition], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Workflow:
    """The states and transitions in use, by their codes and in the file's order."""

    version: str
    states: Mapping[IncidentStatus, State]
    transitions: Mapping[str, Transition]

    def leaving(self, status: IncidentStatus) -> list[Transition]:
        """Return the transitions that lead on from a status."""
        return [transition for transition in self.transitions.values() if status in transition.from_]


@lru_cache(maxsize=8)
def load_workflow(path: Path | None = None) -> Workflow:
    """Read a workflow.

    Parameters
    ----------
    path
        The file; by default the one that geogrid ships.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema, or with the state that cannot be reached.

    Examples
    --------
    >>> workflow = load_workflow()
    >>> [transition.action for transition in workflow.leaving(IncidentStatus.CHECKED)]
    ['rework', 'close', 'report_in', 'rate', 'answer', 'note']
    """
    path = path or data_path("reference", "workflow.json")
    content = read_reference(path, _WorkflowFile, code="workflow")
    states = {state.code: state for state in content.states}
    transitions = {transition.action: transition for transition in content.transitions}
    if len(states) < len(content.states) or len(transitions) < len(content.transitions):
        raise FileError(f"{path.name}: a state or an action stands twice.", code="workflow")
    _check_reach(path.name, set(states), transitions)
    return Workflow(content.version, states, transitions)


def _check_reach(name: str, states: set[IncidentStatus], transitions: Mapping[str, Transition]) -> None:
    """Refuse a workflow with a state that is not described, or that no way leads to from a report."""
    reached = {IncidentStatus.REPORTED}
    ways = [(way.from_, end) for way in transitions.values() for end in _ends(way) if end]
    while grown := {end for starts, end in ways if reached.intersection(starts)} - reached:
        reached |= grown
    named = {status for way in transitions.values() for status in way.from_} | reached
    if missing := sorted(named - states):
        raise FileError(f"{name}: the state {missing[0]} is not described.", code="workflow", field="states")
    if lost := sorted(states - reached):
        raise FileError(f"{name}: no way leads to the state {lost[0]}.", code="workflow", field="transitions")


def _ends(transition: Transition) -> list[IncidentStatus | None]:
    return [transition.to, *(ending.to for ending in transition.outcomes.values())]
