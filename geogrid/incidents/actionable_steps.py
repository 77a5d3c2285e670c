"""Whose turn it is: what somebody can take a step on now, and what waits for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.rules.workflow import Stage

if TYPE_CHECKING:
    from geogrid.model import Actor, IncidentStatus
    from geogrid.rules.workflow import Transition, Workflow

#: The steps that lead an incident on to its end, and not aside or back.
FORWARD_ACTIONS: Final = (
    "place",
    "accept",
    "file",
    "dispatch",
    "feed_back",
    "mediate",
    "check",
    "close",
    "verify",
    "resume",
)


@dataclass(frozen=True, slots=True)
class ActionableSteps:
    """Whether an incident has to be somebody's turn, or not.

    Attributes
    ----------
    mine
        True means what is that one's turn, False all else.
    actor_id
        Whose.
    statuses
        Where a step that leads on is for one of the actor's roles.
    another_hand
        Those among them where all such steps are for others than who handled it.
    taken, taking
        Those among them that are entered by taking the incident in hand, and the actions that do so: whoever has done
        so last has it; nobody may have yet.
    departments
        Whose incidents the actor handles; empty for all.
    """

    mine: bool
    actor_id: str
    statuses: frozenset[IncidentStatus]
    another_hand: frozenset[IncidentStatus]
    taken: frozenset[IncidentStatus]
    taking: frozenset[str]
    departments: tuple[str, ...]


def find_actionable_steps(actor: Actor, workflow: Workflow, *, mine: bool) -> ActionableSteps:
    """Return what is an actor's turn by a workflow, or what is not.

    Examples
    --------
    >>> from geogrid.rules.workflow import load_workflow
    >>> from geogrid.model import Actor, Role
    >>> worker = Actor("user:1", "test", frozenset({Role.GRID_WORKER}))
    >>> sorted(status.value for status in find_actionable_steps(worker, load_workflow(), mine=True).statuses)
    ['dispatched', 'fed_back', 'handling', 'reported']
    """
    steps: dict[IncidentStatus, list[Transition]] = {}
    for step in workflow.transitions.values():
        if step.action in FORWARD_ACTIONS and actor.roles & step.roles:
            for status in step.from_:
                steps.setdefault(status, []).append(step)
    taking = [step for step in workflow.transitions.values() if step.in_charge and _handles(step.to, workflow)]
    return ActionableSteps(
        mine=mine,
        actor_id=actor.id,
        statuses=frozenset(steps),
        another_hand=frozenset(status for status, found in steps.items() if all(step.another_hand for step in found)),
        taken=frozenset(step.to for step in taking if step.to in steps),
        taking=frozenset(step.action for step in taking),
        departments=actor.bounds.departments,
    )


def _handles(status: IncidentStatus | None, workflow: Workflow) -> bool:
    return status is not None and workflow.states[status].due is Stage.HANDLE
