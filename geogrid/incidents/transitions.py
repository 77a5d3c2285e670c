"""One step of an incident: whether it may be taken, and what becomes of the incident."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.incidents.validation import check_text
from geogrid.model import Level, Step
from geogrid.rules.workflow import ClockAction, RequiredInput, Stage
from geogrid.workflow import MAX_NOTE, check_required_inputs, conflict_error, find_transition

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Incident, Progress, Role
    from geogrid.rules.workflow import StepOutcome, Transition

_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A step that somebody wants to take.

    Attributes
    ----------
    action
        A transition of the workflow.
    note
        Why.
    department
        Who is to handle it from here on.
    incident
        The incident that this one is a duplicate of.
    grid
        The grid that it lies in.
    level
        Who is to answer for it from here on: told with the department, or of a step that raises the level. Without one
        the level stays, or the next one answers.
    outcome
        How the step ended, where it may end in several ways.
    calls
        Departments that are called to it.
    photos
        The numbers of photos that show it.
    details
        What else is to be kept of the step.
    """

    action: str
    note: str = ""
    department: str | None = None
    incident: int | None = None
    grid: str | None = None
    level: Level | None = None
    outcome: str | None = None
    calls: tuple[str, ...] = ()
    photos: tuple[int, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


def allowed_transitions(incident: Incident, actor: Actor, rules: RuleSet) -> list[Transition]:
    """Return the transitions that an actor may take now, whatever else they need."""
    return [
        transition
        for transition in rules.workflow.leaving(incident.progress.status)
        if actor.roles & transition.roles and not _hindrance(transition, incident, actor, rules)
    ]


def apply_step(
    incident: Incident, wish: StepRequest, actor: Actor, rules: RuleSet, now: datetime
) -> tuple[Progress, Step]:
    """Return how far an incident is after a step, and the step.

    Parameters
    ----------
    incident
        As it stands.
    wish
        The step.
    actor
        Who takes it; that the incident lies within the actor's bounds is looked at elsewhere.
    rules
        The rules in use.
    now
        The present moment.

    Raises
    ------
    ConflictError
        If the incident does not stand where the step begins, or something else is in its way; ``allowed`` names the
        actions that the actor may take.
    ForbiddenError
        If the step is not for the actor.
    InputError
        If the step lacks what it needs.
    """
    transition = _transition(incident, wish, actor, rules)
    _check_needs(transition, wish, incident.progress.level, rules)
    ending = transition.outcomes.get(wish.outcome or "")
    before = incident.progress
    progress = _clocked(
        transition, _changed(transition, ending, wish, before, actor, now), incident.report.category, rules, now
    )
    step = Step(
        number=progress.version,
        action=wish.action,
        from_status=before.status,
        to_status=progress.status,
        at=now,
        actor_id=actor.id,
        actor=actor.name,
        role=_acting_role(transition, actor),
        note=wish.note,
        department=wish.department,
        details=_details(wish, before, progress),
    )
    return progress, step


def _transition(incident: Incident, wish: StepRequest, actor: Actor, rules: RuleSet) -> Transition:
    remedy = "Ask GET /v1/incidents/{id}/transitions."
    transition = find_transition(rules.workflow.transitions, wish.action, actor, name="The workflow", remedy=remedy)
    reason = _hindrance(transition, incident, actor, rules)
    if reason is None and incident.progress.status in transition.from_:
        return transition
    reason = reason or ("The incident does not stand where this step begins.", "transition_not_allowed")
    raise conflict_error(reason, allowed_transitions(incident, actor, rules))


def _hindrance(transition: Transition, incident: Incident, actor: Actor, rules: RuleSet) -> tuple[str, str] | None:
    """Return what is in the way of a step, whoever stands where it begins: a sentence and its code."""
    progress, category = incident.progress, rules.categories.get(incident.report.category)
    if category and category.kind not in transition.kinds:
        return "This step is not for incidents of this category.", "category_kind"
    if reason := _not_theirs(transition, progress, actor):
        return reason
    if transition.settled and progress.triage is not None:
        return "Where the incident lies has to be settled first.", "triage_open"
    if transition.counts and transition.most and getattr(progress, transition.counts) >= transition.most:
        return f"This can be done {transition.most} times at most.", "most_reached"
    if transition.raises_level and progress.level is _LEVELS[-1]:
        return "The incident is at the highest level already.", "level_highest"
    return None


def _not_theirs(transition: Transition, progress: Progress, actor: Actor) -> tuple[str, str] | None:
    """Return why a step, though it is for the actor's role, is for somebody else."""
    if transition.another_hand and progress.handled_by == actor.id:
        return "Who handled an incident never checks it.", "same_hand"
    departments = actor.bounds.departments
    if transition.in_charge and departments and progress.department not in departments:
        return "This step is for the department that is to handle the incident.", "other_department"
    return None


def _check_needs(transition: Transition, wish: StepRequest, level: Level, rules: RuleSet) -> None:
    check_text(wish.note, "note", MAX_NOTE)
    given = {
        RequiredInput.NOTE: bool(wish.note.strip()),
        RequiredInput.PHOTO: bool(wish.photos),
        RequiredInput.DEPARTMENT: wish.department is not None,
        RequiredInput.INCIDENT: wish.incident is not None,
        RequiredInput.GRID: wish.grid is not None,
        RequiredInput.OUTCOME: wish.outcome in transition.outcomes,
    }
    check_required_inputs(transition.needs, given)
    # What these do is another step's, and not for everybody who may take this one.
    for need in (RequiredInput.GRID, RequiredInput.INCIDENT, RequiredInput.OUTCOME):
        if getattr(wish, need) is not None and need not in transition.needs:
            raise InputError(f"This step takes no {need}.", code=f"{need}_not_taken", field=need)
    if transition.raises_level and wish.level and _LEVELS.index(wish.level) <= _LEVELS.index(level):
        raise InputError("The incident is at this level already, or above it.", code="level_not_higher", field="level")
    if not {wish.department, *wish.calls} - {None} <= rules.departments:
        raise InputError(
            "There is no such department.",
            code="department_unknown",
            field="department",
            remedy="Ask GET /v1/workflow for their names.",
        )


def _changed(
    transition: Transition, ending: StepOutcome | None, wish: StepRequest, before: Progress, actor: Actor, now: datetime
) -> Progress:
    """Return the progress after a step, but for its due times."""
    to = (ending and ending.to) or transition.to or before.status
    changes: dict[str, Any] = {"version": before.version + 1, "status": to}
    changes |= dict.fromkeys(transition.clears)
    sets = (*transition.sets, *(ending.sets if ending else ()))
    changes |= {name: actor.id if name == "handled_by" else now for name in sets}
    if RequiredInput.DEPARTMENT in transition.needs:
        # Other steps may name a department and a level; who answers is not theirs to say.
        changes["department"] = wish.department
        changes["level"] = wish.level or before.level
    if ending and ending.raises_to:
        changes["level"] = max(before.level, ending.raises_to, key=_LEVELS.index)
    if called := {*before.called, *wish.calls, *([ending.calls] if ending and ending.calls else [])}:
        changes["called"] = tuple(sorted(called))
    if transition.raises_level:
        changes["level"] = wish.level or _LEVELS[_LEVELS.index(before.level) + 1]
    if transition.counts:
        changes[transition.counts] = getattr(before, transition.counts) + 1
    if RequiredInput.INCIDENT in transition.needs:
        changes["merged_into"] = wish.incident
    if RequiredInput.GRID in transition.needs:
        changes["triage"] = None
    return replace(before, **changes)


def _clocked(transition: Transition, progress: Progress, category: str, rules: RuleSet, now: datetime) -> Progress:
    """Return the progress with its due times after a step.

    The limit is that of the level at which the clock was started: being raised gives no more time.
    """
    clocks, due_at, suspended_at = rules.clocks, progress.due_at, progress.suspended_at
    level = progress.clock_level or progress.level
    if transition.clock is ClockAction.STOP:
        suspended_at = now
    elif transition.clock is ClockAction.RESET:
        due_at = None
    elif transition.clock is ClockAction.START and due_at is None:
        # Returned and dispatched anew, the clock goes on: who reported it has waited all the while.
        due_at = clocks.handle_due(category, progress.level, now)
        progress = replace(progress, clock_level=progress.level)
    elif transition.clock is ClockAction.RESUME and due_at and suspended_at:
        due_at, suspended_at = clocks.resumed(category, level, due_at, suspended_at, now), None
    elif transition.clock is ClockAction.EXTEND and due_at:
        due_at = clocks.extended(category, level, due_at)
    close_due_at = clocks.close_due(category, due_at) if due_at else None
    progress = replace(progress, due_at=due_at, suspended_at=suspended_at, close_due_at=close_due_at)
    return _staged(transition, progress, category, rules, now)


def _staged(transition: Transition, progress: Progress, category: str, rules: RuleSet, now: datetime) -> Progress:
    """Return the progress with the due time of the stage that it is in after a step."""
    stage = rules.workflow.states[progress.status].due
    due_at = {None: None, Stage.HANDLE: progress.due_at, Stage.CLOSE: progress.close_due_at}.get(
        stage, progress.stage_due_at
    )
    escalate_at = None
    if stage is Stage.HANDLE and progress.due_at:
        clock_level = progress.clock_level or progress.level
        escalate_at = rules.clocks.escalate_at(category, progress.level, clock_level, progress.due_at)
    if stage in (Stage.VERIFY, Stage.DISPATCH) and transition.to is not None:
        due_at = rules.clocks.stage_due(stage, now)
    level = progress.clock_level or progress.level
    warn_at = rules.clocks.warn_at(stage, category, level, due_at) if stage and due_at else None
    return replace(progress, stage_due_at=due_at, warn_at=warn_at, escalate_at=escalate_at)


def _acting_role(transition: Transition, actor: Actor) -> Role:
    return actor.acting(transition.roles)


def _details(wish: StepRequest, before: Progress, after: Progress) -> dict[str, Any]:
    """Return what a step says beside its columns, with the due times and levels that it moved."""
    details = dict(wish.details)
    if wish.incident is not None:
        details["incident"] = wish.incident
    if wish.grid is not None:
        details["grid"] = wish.grid
    if wish.outcome is not None:
        details["outcome"] = wish.outcome
    if after.called != before.called:
        details["called"] = sorted(set(after.called) - set(before.called))
    if wish.photos:
        details["photos"] = list(wish.photos)
    for name in ("due_at", "level", "department"):
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and old != new:
            details[name] = [_plain(old), _plain(new)]
    return details


def _plain(value: Any) -> Any:  # noqa: ANN401 - moments become text, other values stay
    return value.isoformat() if hasattr(value, "isoformat") else value
