"""Condition that selects the incidents on which an actor can take a step now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geogrid.rules.incident_workflow import Stage

if TYPE_CHECKING:
    from geogrid.model import Actor, IncidentStatus
    from geogrid.rules.incident_workflow import Transition, Workflow

#: Actions that move an incident towards its closing, neither aside nor back.
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
    """Condition for incidents on which the actor can take a forward step: an action of `FORWARD_ACTIONS`.

    Forward steps lead towards closing, such as dispatching or checking.

    Attributes
    ----------
    mine
        True selects the incidents with such a step, False all others.
    actor_id
        Id of the actor.
    statuses
        Statuses with a forward step for one of the actor's roles.
    other_user_statuses
        Those of `statuses` whose forward steps are forbidden to the user who handled the incident, such as its check.
    claimed_statuses, claim_actions
        Those of `statuses` that an incident reaches when a user claims it, and the actions that claim it. Only the user
        who claimed it last can act on such an incident.
    departments
        Departments whose incidents the actor handles; empty for all.
    """

    mine: bool
    actor_id: str
    statuses: frozenset[IncidentStatus]
    other_user_statuses: frozenset[IncidentStatus]
    claimed_statuses: frozenset[IncidentStatus]
    claim_actions: frozenset[str]
    departments: tuple[str, ...]


def find_actionable_steps(actor: Actor, workflow: Workflow, *, mine: bool) -> ActionableSteps:
    """Return the condition for incidents that an actor can act on now, or for those that it cannot.

    Examples
    --------
    >>> from geogrid.rules.incident_workflow import load_workflow
    >>> from geogrid.model import Actor, Role
    >>> worker = Actor("user:1", "test", frozenset({Role.GRID_WORKER}))
    >>> sorted(status.value for status in find_actionable_steps(worker, load_workflow(), mine=True).statuses)
    ['dispatched', 'fed_back', 'handling', 'reported']
    """
    steps: dict[IncidentStatus, list[Transition]] = {}
    for step in workflow.transitions.values():
        if step.action in FORWARD_ACTIONS and actor.roles & step.roles:
            # Within the street a location is only a hint; it does not lead on.
            for status in set(step.from_) - step.within_street:
                steps.setdefault(status, []).append(step)
    claims = [step for step in workflow.transitions.values() if step.in_charge and _is_handling(step.to, workflow)]
    return ActionableSteps(
        mine=mine,
        actor_id=actor.id,
        statuses=frozenset(steps),
        other_user_statuses=frozenset(
            status for status, forward in steps.items() if all(step.another_hand for step in forward)
        ),
        claimed_statuses=frozenset(step.to for step in claims if step.to in steps),
        claim_actions=frozenset(step.action for step in claims),
        departments=actor.bounds.departments,
    )


def _is_handling(status: IncidentStatus | None, workflow: Workflow) -> bool:
    return status is not None and workflow.states[status].due is Stage.HANDLE
