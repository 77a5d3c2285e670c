"""One step of an entry: whether it may be taken, and what becomes of the entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.incidents.validation import check_text
from geogrid.model import EntryProgress, EntryState, EntryStep
from geogrid.rules.ledger import LedgerRequiredInput
from geogrid.workflow import MAX_NOTE, check_required_inputs, conflict_error, find_transition

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import datetime

    from geogrid.model import Actor, SiteProblem
    from geogrid.rules.ledger import LedgerRules, LedgerTransition


@dataclass(frozen=True, slots=True)
class LedgerStepRequest:
    """A step that somebody wants to take.

    Attributes
    ----------
    action
        A transition of the rules.
    note
        What was done, or why.
    department
        Who is to put it right from here on.
    evidence
        The numbers of the pieces of evidence that show it.
    """

    action: str
    note: str = ""
    department: str | None = None
    evidence: tuple[int, ...] = ()


def open_entry(problem: SiteProblem, actor: Actor, now: datetime) -> tuple[EntryProgress, EntryStep]:
    """Return a problem's progress when it is written down, and its first step."""
    role = actor.acting()
    step = EntryStep(1, "record", None, EntryState.OPEN, now, actor.id, actor.name, role)
    return EntryProgress(1, EntryState.OPEN, problem.department), step


def allowed_transitions(progress: EntryProgress, actor: Actor, rules: LedgerRules) -> list[LedgerTransition]:
    """Return the transitions that an actor may take now, whatever else they need."""
    return [
        transition
        for transition in rules.transitions.values()
        if progress.state in transition.from_
        and actor.roles & transition.roles
        and not _same_hand(transition, progress, actor)
    ]


def apply_step(
    progress: EntryProgress,
    wish: LedgerStepRequest,
    evidence: Sequence[datetime],
    actor: Actor,
    rules: LedgerRules,
    departments: Container[str],
    now: datetime,
) -> tuple[EntryProgress, EntryStep]:
    """Return how far an entry is after a step, and the step.

    Parameters
    ----------
    progress
        As the entry stands.
    wish
        The step.
    evidence
        When the pieces of evidence that the step names were brought.
    actor
        Who takes it; that the entry lies within the actor's bounds is looked at elsewhere.
    rules, departments
        The rules, and the names of the departments there are.
    now
        The present moment.

    Raises
    ------
    ConflictError
        If the entry does not stand where the step begins, or it is for another hand; ``allowed`` names what is not.
    ForbiddenError
        If the step is not for the actor.
    InputError
        If the step lacks what it needs.
    """
    transition = _transition(progress, wish, actor, rules)
    _check_needs(transition, progress, wish, evidence, departments)
    after = _changed(progress, transition, wish, actor, now)
    step = EntryStep(
        number=after.version,
        action=wish.action,
        from_state=progress.state,
        to_state=after.state,
        at=now,
        actor_id=actor.id,
        actor=actor.name,
        role=actor.acting(transition.roles),
        note=wish.note,
        details=_details(wish, progress),
    )
    return after, step


def _transition(progress: EntryProgress, wish: LedgerStepRequest, actor: Actor, rules: LedgerRules) -> LedgerTransition:
    remedy = "Ask GET /v1/ledger/rules."
    transition = find_transition(rules.transitions, wish.action, actor, name="The ledger", remedy=remedy)
    if progress.state not in transition.from_:
        reason = "The entry does not stand where this step begins.", "transition_not_allowed"
    elif _same_hand(transition, progress, actor):
        reason = "Who put a problem right never strikes it off.", "same_hand"
    else:
        return transition
    raise conflict_error(reason, allowed_transitions(progress, actor, rules))


def _same_hand(transition: LedgerTransition, progress: EntryProgress, actor: Actor) -> bool:
    return transition.another_hand and progress.rectified_by == actor.id


def _check_needs(
    transition: LedgerTransition,
    progress: EntryProgress,
    wish: LedgerStepRequest,
    evidence: Sequence[datetime],
    departments: Container[str],
) -> None:
    check_text(wish.note, "note", MAX_NOTE)
    given = {
        LedgerRequiredInput.NOTE: bool(wish.note.strip()),
        LedgerRequiredInput.EVIDENCE: bool(evidence),
        LedgerRequiredInput.DEPARTMENT: wish.department is not None,
    }
    check_required_inputs(transition.needs, given)
    if wish.department is not None and LedgerRequiredInput.DEPARTMENT not in transition.needs:
        raise InputError("This step takes no department.", code="department_unused", field="department")
    if wish.department is not None and wish.department not in departments:
        raise InputError("There is no such department.", code="department_unknown", field="department")
    # What was shown before the entry was sent back did not convince.
    sent_back = progress.returned_at
    if (
        LedgerRequiredInput.EVIDENCE in transition.needs
        and sent_back
        and all(brought <= sent_back for brought in evidence)
    ):
        raise InputError(
            "All of the evidence is older than the return.",
            code="evidence_stale",
            field="evidence",
            remedy="Add evidence of what was done since.",
        )


def _changed(
    progress: EntryProgress, transition: LedgerTransition, wish: LedgerStepRequest, actor: Actor, now: datetime
) -> EntryProgress:
    after = replace(
        progress,
        version=progress.version + 1,
        state=transition.to or progress.state,
        department=wish.department or progress.department,
    )
    if transition.to is EntryState.RECTIFIED:
        return replace(after, rectification=wish.note, rectified_at=now, rectified_by=actor.id)
    if transition.to is EntryState.RETURNED:
        return replace(after, returned_at=now, rectified_at=None, rectified_by=None, struck_off_at=None)
    if transition.to is EntryState.STRUCK_OFF:
        return replace(after, struck_off_at=now)
    return after


def _details(wish: LedgerStepRequest, before: EntryProgress) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if wish.department is not None and wish.department != before.department:
        details["department"] = [before.department, wish.department]
    if wish.evidence:
        details["evidence"] = list(dict.fromkeys(wish.evidence))
    return details
