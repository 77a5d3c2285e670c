"""Application of a step to a ledger entry: checks, new progress and the recorded step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.incidents.validation import check_text
from geogrid.model import EntryProgress, EntryState, EntryStep
from geogrid.rules.ledger import LedgerRequiredInput
from geogrid.step_engine import MAX_NOTE, check_required_inputs, conflict_error, find_transition

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import datetime

    from geogrid.model import Actor, SiteProblem
    from geogrid.rules.ledger import LedgerRules, LedgerTransition


@dataclass(frozen=True, slots=True)
class LedgerStepRequest:
    """The input of a step.

    Attributes
    ----------
    action
        Action of a transition of the rules.
    note
        Description of the rectification, or reason.
    department
        Name of the new responsible department.
    evidence
        Ids of evidence files.
    """

    action: str
    note: str = ""
    department: str | None = None
    evidence: tuple[int, ...] = ()


def open_entry(problem: SiteProblem, actor: Actor, now: datetime) -> tuple[EntryProgress, EntryStep]:
    """Return the first progress and the first step of an entry for a problem."""
    role = actor.choose_role()
    step = EntryStep(1, "record", None, EntryState.OPEN, now, actor.id, actor.name, role)
    return EntryProgress(1, EntryState.OPEN, problem.department), step


def allowed_transitions(progress: EntryProgress, actor: Actor, rules: LedgerRules) -> list[LedgerTransition]:
    """Return the transitions that an actor may take now, without regard to their required inputs."""
    return [
        transition
        for transition in rules.transitions.values()
        if progress.state in transition.from_
        and actor.roles & transition.roles
        and not _is_same_user(transition, progress, actor)
    ]


def apply_step(
    progress: EntryProgress,
    request: LedgerStepRequest,
    evidence: Sequence[datetime],
    actor: Actor,
    rules: LedgerRules,
    departments: Container[str],
    now: datetime,
) -> tuple[EntryProgress, EntryStep]:
    """Return the progress of an entry after a step, and the step.

    Parameters
    ----------
    progress
        The progress before the step.
    request
        The input of the step.
    evidence
        Upload times of the evidence files in the request.
    actor
        The user or key. The caller checks its bounds.
    departments
        Names of the known departments.
    now
        Time of the step.

    Raises
    ------
    ConflictError
        If the step is not possible in the current state, or is reserved for another user; ``allowed`` lists the actions
        that the actor may take.
    ForbiddenError
        If none of the actor's roles may take the step.
    InputError
        If a required input is missing or an input is not valid.
    """
    transition = _find_transition(progress, request, actor, rules)
    _check_input(transition, progress, request, evidence, departments)
    after = _update_progress(progress, transition, request, actor, now)
    step = EntryStep(
        number=after.version,
        action=request.action,
        from_state=progress.state,
        to_state=after.state,
        at=now,
        actor_id=actor.id,
        actor=actor.name,
        role=actor.choose_role(transition.roles),
        note=request.note,
        details=_build_details(request, progress),
    )
    return after, step


def _find_transition(
    progress: EntryProgress, request: LedgerStepRequest, actor: Actor, rules: LedgerRules
) -> LedgerTransition:
    remedy = "GET /v1/ledger/rules lists the actions."
    transition = find_transition(rules.transitions, request.action, actor, name="The ledger", remedy=remedy)
    if progress.state not in transition.from_:
        reason = "This step is not possible in the current state of the entry.", "transition_not_allowed"
    elif _is_same_user(transition, progress, actor):
        reason = "An entry cannot be struck off by the user who rectified it.", "same_hand"
    else:
        return transition
    raise conflict_error(reason, allowed_transitions(progress, actor, rules))


def _is_same_user(transition: LedgerTransition, progress: EntryProgress, actor: Actor) -> bool:
    return transition.another_hand and progress.rectified_by == actor.id


def _check_input(
    transition: LedgerTransition,
    progress: EntryProgress,
    request: LedgerStepRequest,
    evidence: Sequence[datetime],
    departments: Container[str],
) -> None:
    check_text(request.note, "note", MAX_NOTE)
    inputs = {
        LedgerRequiredInput.NOTE: bool(request.note.strip()),
        LedgerRequiredInput.EVIDENCE: bool(evidence),
        LedgerRequiredInput.DEPARTMENT: request.department is not None,
    }
    check_required_inputs(transition.needs, inputs)
    if request.department is not None and LedgerRequiredInput.DEPARTMENT not in transition.needs:
        raise InputError(
            "This step does not accept the field department.", code="department_unused", field="department"
        )
    if request.department is not None and request.department not in departments:
        raise InputError(
            "There is no such department.",
            code="department_unknown",
            field="department",
            remedy="GET /v1/workflow lists the departments.",
        )
    # Evidence from before the return has already been rejected.
    returned_at = progress.returned_at
    if (
        LedgerRequiredInput.EVIDENCE in transition.needs
        and returned_at
        and all(uploaded_at <= returned_at for uploaded_at in evidence)
    ):
        raise InputError(
            "All of the evidence is older than the return.",
            code="evidence_stale",
            field="evidence",
            remedy="Upload evidence of the new rectification.",
        )


def _update_progress(
    progress: EntryProgress, transition: LedgerTransition, request: LedgerStepRequest, actor: Actor, now: datetime
) -> EntryProgress:
    after = replace(
        progress,
        version=progress.version + 1,
        state=transition.to or progress.state,
        department=request.department or progress.department,
    )
    if transition.to is EntryState.RECTIFIED:
        return replace(after, rectification=request.note, rectified_at=now, rectified_by=actor.id)
    if transition.to is EntryState.RETURNED:
        return replace(after, returned_at=now, rectified_at=None, rectified_by=None, struck_off_at=None)
    if transition.to is EntryState.STRUCK_OFF:
        return replace(after, struck_off_at=now)
    return after


def _build_details(request: LedgerStepRequest, before: EntryProgress) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if request.department is not None and request.department != before.department:
        details["department"] = [before.department, request.department]
    if request.evidence:
        details["evidence"] = list(dict.fromkeys(request.evidence))
    return details
