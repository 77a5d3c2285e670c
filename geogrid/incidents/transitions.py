"""Application of a workflow step to an incident: checks, new progress and the recorded step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geogrid.errors import ConflictError, InputError
from geogrid.incidents.handling_clock import HandlingClock, advance_clock, set_clock
from geogrid.incidents.level_users import is_level_user
from geogrid.incidents.validation import check_text
from geogrid.model import UNCOUNTED_STATUSES, IncidentStatus, Step
from geogrid.rules.incident_workflow import ClockAction, RequiredInput, Stage
from geogrid.step_engine import MAX_NOTE, check_required_inputs, conflict_error, find_transition

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from geogrid.incidents.correction_values import Correction
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor, Incident, Progress, Role
    from geogrid.rules.incident_workflow import LevelUsers, StepOutcome, Transition
    from geogrid.rules.time_limits import CategoryLimits

#: Inputs that are refused unless the step needs them, because other steps set these values with other roles.
_SPECIAL_INPUTS = (
    RequiredInput.GRID,
    RequiredInput.INCIDENT,
    RequiredInput.OUTCOME,
    RequiredInput.MEDIATION,
    RequiredInput.CORRECTION,
)


@dataclass(frozen=True, slots=True)
class StepRequest:
    """The input of a step.

    Attributes
    ----------
    action
        Action of a transition of the workflow.
    department
        Name of the new handling department.
    incident
        Id of the incident of which this one is a duplicate.
    grid
        Code of the grid that contains the incident.
    level
        The new responsible level, with a department or in a step that raises the level. By default the level stays, or
        rises by one.
    outcome
        Code of the outcome, for a step with several.
    mediation
        Code of the kind of mediation, for a mediation.
    calls
        Names of the called departments.
    photos
        Ids of photos.
    parts
        Number of parts into which the incident is split.
    details
        Further values to store with the step.
    correction
        New values of the report, see `geogrid.incidents.correction`.
    """

    action: str
    note: str = ""
    department: str | None = None
    incident: int | None = None
    grid: str | None = None
    level: str | None = None
    outcome: str | None = None
    mediation: str | None = None
    calls: tuple[str, ...] = ()
    photos: tuple[int, ...] = ()
    parts: int = 0
    details: dict[str, Any] = field(default_factory=dict)
    correction: Correction | None = None


def allowed_transitions(incident: Incident, actor: Actor, rules: RuleSet, now: datetime) -> list[Transition]:
    """Return the transitions that an actor may take now, without regard to their required inputs."""
    return [
        transition
        for transition in rules.workflow.transitions_from(incident.progress.status)
        if actor.roles & transition.roles and not _find_obstacle(transition, incident, actor, rules, now)
    ]


def require_note(transition: Transition) -> Transition:
    """Return a transition with the note among its required inputs."""
    if RequiredInput.NOTE in transition.needs:
        return transition
    return transition.model_copy(update={"needs": (*transition.needs, RequiredInput.NOTE)})


def apply_step(
    incident: Incident,
    request: StepRequest,
    actor: Actor,
    rules: RuleSet,
    now: datetime,
    *,
    unanswered: Collection[str] = (),
) -> tuple[Progress, Step]:
    """Return the progress of an incident after a step, and the step.

    Parameters
    ----------
    incident
        The incident before the step.
    request
        The input of the step.
    actor
        The user or key. The caller checks its bounds.
    rules
        The active rules.
    now
        Time of the step.
    unanswered
        Names of the called departments that have not reported in.

    Raises
    ------
    ConflictError
        If the step is not possible in the current status; ``allowed`` lists the actions that the actor may take. Also
        if called departments have not reported in and the step requires it, unless the request has a note.
    ForbiddenError
        If none of the actor's roles may take the step.
    InputError
        If a required input is missing or an input is not valid.
    """
    transition = _find_transition(incident, request, actor, rules, now)
    _check_input(transition, request, incident.progress.level, rules)
    unanswered = unanswered if transition.answered else ()
    _check_answered(unanswered, request)
    outcome = transition.outcomes.get(request.outcome or "")
    before = incident.progress
    progress = _update_due_times(
        transition,
        _update_state(transition, outcome, request, before, actor, rules, now),
        rules.choose_limits(incident.report, incident.placement),
        rules,
        now,
    )
    step = Step(
        number=progress.version,
        action=request.action,
        from_status=before.status,
        to_status=progress.status,
        at=now,
        actor_id=actor.id,
        actor=actor.name,
        role=_acting_role(transition, incident, actor, rules),
        note=request.note,
        department=request.department,
        details=_build_details(request, before, progress, unanswered),
    )
    return progress, step


def _find_transition(
    incident: Incident, request: StepRequest, actor: Actor, rules: RuleSet, now: datetime
) -> Transition:
    remedy = "GET /v1/incidents/{id}/transitions lists the actions."
    transition = find_transition(rules.workflow.transitions, request.action, actor, name="The workflow", remedy=remedy)
    reason = _find_obstacle(transition, incident, actor, rules, now)
    if reason is None and incident.progress.status in transition.from_:
        return transition
    reason = reason or ("This step is not possible in the current status of the incident.", "transition_not_allowed")
    raise conflict_error(reason, allowed_transitions(incident, actor, rules, now))


def _find_obstacle(
    transition: Transition, incident: Incident, actor: Actor, rules: RuleSet, now: datetime
) -> tuple[str, str] | None:
    """Return why a step is not possible for an incident in a matching status: a message and its code; or None."""
    progress, category = incident.progress, rules.categories.get(incident.report.category)
    if category and category.kind not in transition.kinds:
        return "This step is not for incidents of this category.", "category_kind"
    if reason := _find_reservation(transition, incident, actor, rules) or _find_tie(transition, progress, now):
        return reason
    if transition.settled and progress.triage_blocks:
        return "The location of the incident has to be reviewed first.", "triage_open"
    if reason := _find_exhaustion(transition, progress, now):
        return reason
    if transition.raises_level and not rules.profile.higher_levels(progress.level):
        return "The incident is at the highest level already.", "level_highest"
    return None


def _find_tie(transition: Transition, progress: Progress, now: datetime) -> tuple[str, str] | None:
    """Return why a step is not for a split incident or for its parts: a message and its code."""
    if progress.split_into and transition.to is not None:
        return "The status of a split incident follows its parts.", "has_parts"
    if progress.part_of is None:
        return None
    if {RequiredInput.GRID, RequiredInput.PARTS} & set(transition.needs):
        return "This step is taken with the whole incident, not with one of its parts.", "is_part"
    # Otherwise the whole, which leaves void and merged parts out, would become punctual.
    if transition.to in UNCOUNTED_STATUSES and progress.due_at and now > progress.due_at:
        return "The part is overdue. It can be handled, but neither voided nor merged.", "part_late"
    return None


def _find_exhaustion(transition: Transition, progress: Progress, now: datetime) -> tuple[str, str] | None:
    """Return why a step is not possible any more: a message and its code."""
    if transition.counts and transition.most and getattr(progress, transition.counts) >= transition.most:
        return f"This step can be taken {transition.most} times at most.", "most_reached"
    # Otherwise an overdue incident would become punctual.
    if transition.clock is ClockAction.EXTEND and progress.current_due_at and now > progress.current_due_at:
        return "The due time has passed. An extension can be granted only before it.", "extension_late"
    return None


def _find_reservation(
    transition: Transition, incident: Incident, actor: Actor, rules: RuleSet
) -> tuple[str, str] | None:
    """Return why a step of the actor's role is reserved for another user or department: a message and its code."""
    progress = incident.progress
    if transition.another_hand and progress.handled_by == actor.id:
        return "An incident cannot be checked by the user who handled it.", "same_hand"
    departments = actor.bounds.departments
    if transition.in_charge and departments and progress.department not in departments:
        return "This step is reserved for the handling department of the incident.", "other_department"
    users = _find_level_users(transition, incident, rules)
    layer = rules.profile.layer_of(progress.level)
    if users and not is_level_user(actor, incident, users, transition.roles, layer):
        return f"The level {progress.level} is responsible, and only its users can take this step.", "other_level"
    return None


def _find_level_users(transition: Transition, incident: Incident, rules: RuleSet) -> LevelUsers | None:
    """Return the users for whom a step is reserved by the responsible level; None if it is for all."""
    category = rules.categories.get(incident.report.category)
    if category is None or not transition.own_level:
        return None
    return rules.workflow.find_level_users(category, rules.categories).get(incident.progress.level)


def _check_input(transition: Transition, request: StepRequest, level: str, rules: RuleSet) -> None:
    check_text(request.note, "note", MAX_NOTE)
    inputs = {
        RequiredInput.NOTE: bool(request.note.strip()),
        RequiredInput.PHOTO: bool(request.photos),
        RequiredInput.DEPARTMENT: request.department is not None,
        RequiredInput.INCIDENT: request.incident is not None,
        RequiredInput.GRID: request.grid is not None,
        RequiredInput.OUTCOME: request.outcome in transition.outcomes,
        RequiredInput.MEDIATION: request.mediation in transition.mediations,
        RequiredInput.CORRECTION: request.correction is not None,
        RequiredInput.PARTS: request.parts > 0,
    }
    check_required_inputs(transition.needs, inputs)
    for need in _SPECIAL_INPUTS:
        if getattr(request, need) is not None and need not in transition.needs:
            raise InputError(f"This step does not accept the field {need}.", code=f"{need}_not_taken", field=need)
    if request.level is not None and request.level not in rules.profile.levels:
        raise InputError(
            "The level is unknown.",
            code="level_unknown",
            field="level",
            remedy=f"The levels are {', '.join(rules.profile.levels)}.",
        )
    if transition.raises_level and request.level and request.level not in rules.profile.higher_levels(level):
        raise InputError(
            "The incident is already at this level or a higher one.", code="level_not_higher", field="level"
        )
    if not {request.department, *request.calls} - {None} <= rules.departments:
        raise InputError(
            "There is no such department.",
            code="department_unknown",
            field="department",
            remedy="GET /v1/workflow lists the departments.",
        )


def _check_answered(unanswered: Collection[str], request: StepRequest) -> None:
    if unanswered and not request.note.strip():
        raise ConflictError(
            f"Called departments that have not reported in: {len(unanswered)}.",
            code="whistles_unanswered",
            field="note",
            remedy="Wait until they report in, or give the reason in the note.",
            allowed=[request.action],
        )


def _update_state(
    transition: Transition,
    outcome: StepOutcome | None,
    request: StepRequest,
    before: Progress,
    actor: Actor,
    rules: RuleSet,
    now: datetime,
) -> Progress:
    """Return the progress after a step, without changes of the due times."""
    to = (outcome and outcome.to) or transition.to or before.status
    changes: dict[str, Any] = {"version": before.version + 1, "status": to}
    changes |= dict.fromkeys(transition.clears)
    sets = (*transition.sets, *(outcome.sets if outcome else ()))
    changes |= {name: actor.id if name == "handled_by" else now for name in sets}
    if RequiredInput.DEPARTMENT in transition.needs:
        # In other steps the department and the level are informative.
        changes["department"] = request.department
        changes["level"] = request.level or before.level
    if outcome and outcome.raises_to:
        changes["level"] = max(before.level, outcome.raises_to, key=rules.profile.level_rank)
    if called := {*before.called, *request.calls, *([outcome.calls] if outcome and outcome.calls else [])}:
        changes["called"] = tuple(sorted(called))
    if transition.raises_level:
        changes["level"] = request.level or rules.profile.higher_levels(before.level)[0]
    if transition.counts:
        changes[transition.counts] = getattr(before, transition.counts) + 1
    if RequiredInput.INCIDENT in transition.needs:
        changes["merged_into"] = request.incident
    if RequiredInput.PARTS in transition.needs:
        changes["split_into"] = request.parts
    if RequiredInput.GRID in transition.needs:
        changes |= {"triage": None, "triage_blocks": False}
    return replace(before, **changes)


def _update_due_times(
    transition: Transition, progress: Progress, limits: CategoryLimits, rules: RuleSet, now: datetime
) -> Progress:
    """Return the progress with its due times after a step. Escalation does not change the limit.

    A reopening begins a limit of its own, `Progress.reopened_due_at`; the first due time stays what it was.
    """
    due_times, level = rules.due_times, progress.level
    # A report that is handled already is verified when it is made.
    since = progress.verified_at if progress.on_spot and is_handled_next(progress.status, rules) else None
    clock = advance_clock(
        HandlingClock.of(progress), transition.clock, limits, level, due_times, now, handled_since=since
    )
    progress = set_clock(progress, clock, limits, due_times)
    return update_stage(progress, limits, rules, now if transition.to is not None else None)


def update_stage(progress: Progress, limits: CategoryLimits, rules: RuleSet, entered_at: datetime | None) -> Progress:
    """Return the progress with the due time, warning and escalation of its stage.

    Parameters
    ----------
    progress
        The progress, with the due times of handling and closing.
    limits
        Limits of the incident.
    rules
        The active rules.
    entered_at
        The time when the incident entered its status; None if it has been in it before, so that the limits of
        verification and dispatch do not begin again.
    """
    stage, handle_due = rules.workflow.states[progress.status].due, progress.current_due_at
    due_at, escalate_at = progress.stage_due_at if stage else None, None
    if stage is Stage.HANDLE:
        due_at = handle_due
        if handle_due:
            clock_level = progress.clock_level or progress.level
            escalate_at = rules.due_times.escalate_at(limits, progress.level, clock_level, handle_due)
    elif stage is Stage.CLOSE:
        # An incident that was handled on the spot has no due time of handling.
        due_at = progress.stage_due_at
        if handle_due:
            due_at = rules.due_times.close_due(limits, handle_due)
            # A correction can have kept an earlier one.
            if progress.close_due_at and not progress.reopened_due_at:
                due_at = progress.close_due_at
    elif stage in (Stage.VERIFY, Stage.DISPATCH) and entered_at is not None:
        due_at = rules.due_times.stage_due(stage, entered_at)
    level = progress.clock_level or progress.level
    warn_at = rules.due_times.warn_at(stage, limits, level, due_at) if stage and due_at else None
    return replace(progress, stage_due_at=due_at, warn_at=warn_at, escalate_at=escalate_at)


def is_handled_next(status: IncidentStatus, rules: RuleSet) -> bool:
    """Return whether the limit of handling applies in a status."""
    return rules.workflow.states[status].due is Stage.HANDLE


def _acting_role(transition: Transition, incident: Incident, actor: Actor, rules: RuleSet) -> Role:
    users = _find_level_users(transition, incident, rules)
    return actor.choose_role(transition.roles & (users.roles | users.department_roles) if users else transition.roles)


def _build_details(
    request: StepRequest, before: Progress, after: Progress, unanswered: Collection[str]
) -> dict[str, Any]:
    """Return the details of a step, with the due time, level and department that it changed as [old, new]."""
    details = dict(request.details)
    if request.incident is not None:
        details["incident"] = request.incident
    if request.grid is not None:
        details["grid"] = request.grid
    if request.outcome is not None:
        details["outcome"] = request.outcome
    if request.mediation is not None:
        details["mediation"] = request.mediation
    if after.called != before.called:
        details["called"] = sorted(set(after.called) - set(before.called))
    if unanswered:
        details["unanswered"] = sorted(unanswered)
    if request.photos:
        details["photos"] = list(request.photos)
    for name in ("due_at", "reopened_due_at", "level", "department"):
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and old != new:
            details[name] = [_to_json(old), _to_json(new)]
    return details


def _to_json(value: Any) -> Any:  # noqa: ANN401 - times become text
    return value.isoformat() if hasattr(value, "isoformat") else value
