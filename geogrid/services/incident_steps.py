"""Workflow steps of incidents: list possible steps, take a step, read the history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError, InputError, NotFoundError
from geogrid.incidents.merge_steps import MergeAction, record_merge, restore_merged
from geogrid.incidents.part_records import record_move, record_parts
from geogrid.incidents.transitions import allowed_transitions, apply_step, require_note
from geogrid.model import UNCOUNTED_STATUSES, IncidentStatus, Layer
from geogrid.permissions import check_incident_bounds, incident_within_bounds
from geogrid.services.correction import apply_correction, update_restatements
from geogrid.services.idempotency import check_repeated, keep_response
from geogrid.services.mediation_whistles import update_whistles
from geogrid.step_engine import stale
from geogrid.store import incidents as table
from geogrid.store.incidents import lock_incidents
from geogrid.store.photos import attach_photos, list_photos
from geogrid.store.steps import INCIDENT_STEPS, find_status_before
from geogrid.store.whistles import list_unanswered_departments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.incidents.transitions import StepRequest
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Incident, Placement, Progress, Step
    from geogrid.rules.incident_workflow import Transition
    from geogrid.services.idempotency import IdempotentRequest
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class IncidentHistory:
    """An incident and all its steps.

    Attributes
    ----------
    parts
        The parts of a split incident within the bounds of the actor.
    whole_photos
        The ids of the photos of the whole, for a part.
    """

    incident: Incident
    steps: list[Step]
    parts: list[Incident]
    whole_photos: list[int]


def read_history(store: Store, actor: Actor, incident_id: int) -> IncidentHistory:
    """Return an incident and its steps.

    Raises
    ------
    NotFoundError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, incident_id)
        check_incident_bounds(actor, incident)
        whole, split_into = incident.progress.part_of, incident.progress.split_into
        return IncidentHistory(
            incident,
            INCIDENT_STEPS.read(connection, incident_id),
            list_readable_parts(connection, actor, incident_id) if split_into else [],
            [photo.id for photo in list_photos(connection, [whole])] if whole else [],
        )


def list_readable_parts(connection: Connection, actor: Actor, incident_id: int) -> list[Incident]:
    """Return the parts of a split incident within the bounds of an actor."""
    return [part for part in table.list_parts(connection, incident_id) if incident_within_bounds(actor.bounds, part)]


def list_transitions(store: Store, rules: RuleSet, actor: Actor, incident_id: int) -> tuple[Incident, list[Transition]]:
    """Return an incident and the transitions that the actor may take now.

    A step that requires the reports of called departments needs a note while one of them is missing.

    Raises
    ------
    NotFoundError
        If the incident does not exist or lies outside the bounds of the actor.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, incident_id)
        unanswered = list_unanswered_departments(connection, incident_id)
    check_incident_bounds(actor, incident)
    transitions = allowed_transitions(incident, actor, rules, datetime.now(UTC))
    return incident, [require_note(step) if unanswered and step.answered else step for step in transitions]


def take_step(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident_id: int,
    wish: StepRequest,
    *,
    version: int | None = None,
    idempotency: IdempotentRequest[Incident] | None = None,
    now: datetime | None = None,
) -> Incident:
    """Take a step and return the incident after it.

    Parameters
    ----------
    store, locator, rules
        The database, the active layers and the rules.
    actor
        The user who takes the step.
    incident_id
        The id of the incident.
    wish
        The step to take.
    version
        The version of the incident that the user has read; None accepts any version.
    idempotency
        The idempotency key of the request.
    now
        The time of the step, by default now.

    Raises
    ------
    NotFoundError
        If the incident does not exist or lies outside the bounds of the actor.
    StaleError
        If the incident has a newer version.
    ConflictError, ForbiddenError, InputError
        See `geogrid.incidents.transitions.apply_step`.
    """
    _check_route(rules, wish)
    with store.write() as connection:
        check_repeated(connection, actor, idempotency)
        result = take_step_in_transaction(
            connection, locator, rules, actor, incident_id, wish, version=version, now=now
        )
        keep_response(connection, actor, idempotency, result)
        return result


def take_step_in_transaction(
    connection: Connection,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident_id: int,
    wish: StepRequest,
    *,
    version: int | None = None,
    now: datetime | None = None,
) -> Incident:
    """Take a step in a transaction that writes more than the step; see `take_step`."""
    incident = _lock_incident(connection, incident_id, wish.incident)
    check_incident_bounds(actor, incident)
    if version not in (None, incident.progress.version):
        raise stale("incident")
    transition = rules.workflow.transitions.get(wish.action)
    unanswered = list_unanswered_departments(connection, incident_id) if transition and transition.answered else ()
    progress, step = apply_step(incident, wish, actor, rules, now or datetime.now(UTC), unanswered=unanswered)
    _check_target(connection, actor, incident, wish)
    if progress.status is IncidentStatus.VOID and (restored := _restore_merged(connection, incident, rules, step)):
        step = replace(step, details=step.details | {"restored": restored})
    grid_code, report = wish.correction.grid if wish.correction else wish.grid, None
    placement = _move_to_grid(incident, grid_code, locator) if grid_code else None
    if placement and incident.progress.status in rules.workflow.transitions[wish.action].within_street:
        _check_street(incident, placement)
    if wish.correction:
        corrected = apply_correction(
            connection,
            locator,
            rules,
            actor,
            incident,
            wish.correction,
            progress=progress,
            step=step,
            placement=placement,
        )
        progress, step, placement, report = corrected.progress, corrected.step, corrected.placement, corrected.report
    if not table.apply_step(connection, incident, progress, step, placement, report):
        raise stale("incident")
    if placement not in (None, incident.placement):
        update_restatements(connection, incident, placement)
    if wish.photos:
        attach_photos(connection, incident_id, step.number, wish.photos)
    update_whistles(connection, rules, actor, incident_id, step)
    _record_merge(connection, incident, progress, step)
    if progress.part_of is not None:
        update_whole(connection, rules, progress.part_of, incident_id, step.at)
    if placement and wish.grid and progress.split_into:
        _move_parts(connection, incident_id, wish.grid, placement, step)
    return table.get_incident(connection, incident_id)


def _check_route(rules: RuleSet, wish: StepRequest) -> None:
    """Raise if another use case takes this step, because it stores an additional record."""
    transition = rules.workflow.transitions.get(wish.action)
    if transition and transition.via:
        raise InputError(
            "This step has a route of its own.", code="action_elsewhere", field="action", remedy=transition.via
        )


def _lock_incident(connection: Connection, incident_id: int, target_id: int | None) -> Incident:
    """Lock the rows of an incident, of its merge target and of its whole, and return the incident."""
    progress = table.get_incident(connection, incident_id).progress
    others = {target_id or progress.merged_into, progress.part_of}
    lock_incidents(connection, {incident_id, *(other for other in others if other)})
    return table.get_incident(connection, incident_id)


def _record_merge(connection: Connection, incident: Incident, after: Progress, step: Step) -> None:
    """Add a step to the merge target: this incident was merged into it, or is no longer."""
    previous_id = incident.progress.merged_into
    if after.merged_into == previous_id:
        return
    action, other_id = (
        (MergeAction.ABSORB, after.merged_into) if after.merged_into else (MergeAction.RELEASE, previous_id)
    )
    if other_id is None:
        return
    other = table.get_incident(connection, other_id)
    progress, record = record_merge(other, action, incident.id, step)
    if not table.apply_step(connection, other, progress, record, None):
        raise stale("incident")


def _restore_merged(connection: Connection, target: Incident, rules: RuleSet, step: Step) -> list[int]:
    """Restore the incidents merged into a target that becomes void, so that no report is lost; return their ids."""
    merged = table.list_merged(connection, target.id)
    restore_incidents(connection, merged, rules, step.at)
    return [incident.id for incident in merged]


def restore_incidents(connection: Connection, merged: Sequence[Incident], rules: RuleSet, now: datetime) -> None:
    """Return merged incidents to the status before the merge, because their targets become void or are removed."""
    for incident in merged:
        status = find_status_before(connection, incident.id, IncidentStatus.MERGED) or IncidentStatus.FILED
        progress, record = restore_merged(incident, status, rules, now)
        if not table.apply_step(connection, incident, progress, record, None):
            raise stale("incident")
        if progress.part_of is not None:
            update_whole(connection, rules, progress.part_of, incident.id, now)


def update_whole(connection: Connection, rules: RuleSet, incident_id: int, cause: int | None, now: datetime) -> None:
    """Add a step to a split incident if its status, milestones or due times change with those of its parts.

    Parameters
    ----------
    connection
        The transaction of the step of the part.
    rules
        The active rules.
    incident_id
        Id of the split incident.
    cause
        Id of the part that has changed; None for the split itself.
    now
        Time of the step.
    """
    whole = table.get_incident(connection, incident_id)
    parts = table.list_parts(connection, incident_id)
    record = record_parts(whole, parts, cause, now)
    if record is None:
        return
    progress, step = record
    # A merged part goes on elsewhere, with the reports merged into the whole.
    all_void = all(part.progress.status is IncidentStatus.VOID for part in parts)
    if progress.status is IncidentStatus.VOID and all_void:
        restored = _restore_merged(connection, whole, rules, step)
        step = replace(step, details=step.details | ({"restored": restored} if restored else {}))
    if progress.status is IncidentStatus.CLOSED and (late := list_unanswered_departments(connection, incident_id)):
        step = replace(step, details=step.details | {"unanswered": sorted(late)})
    if not table.apply_step(connection, whole, progress, step, None):
        raise stale("incident")


def _move_parts(connection: Connection, incident_id: int, grid: str, placement: Placement, step: Step) -> None:
    """Move the parts of a split incident with it."""
    for part in table.list_parts(connection, incident_id):
        if not table.apply_step(connection, part, *record_move(part, grid, step), placement):
            raise stale("incident")
        update_restatements(connection, part, placement)


def _check_target(connection: Connection, actor: Actor, incident: Incident, wish: StepRequest) -> None:
    """Raise if the merge target is the incident itself, or is void or merged."""
    if wish.incident is None:
        return
    try:
        target = table.get_incident(connection, wish.incident)
        check_incident_bounds(actor, target)
    except NotFoundError as error:
        raise InputError("No incident has this id.", code="incident_unknown", field="incident") from error
    if target.id in (incident.id, incident.progress.part_of) or target.progress.status in UNCOUNTED_STATUSES:
        raise InputError(
            "The merge target must be another incident, not the whole of this one, and neither void nor merged.",
            code="merge_target",
            field="incident",
        )


def _check_street(incident: Incident, placement: Placement) -> None:
    """Raise if a placement moves a dispatched incident to another street."""
    if placement.street_code != incident.placement.street_code:
        raise ConflictError(
            "A dispatched incident can only move to a grid of the same street.",
            code="street_differs",
            field="grid",
            remedy="Return or reroute the incident first.",
        )


def _move_to_grid(incident: Incident, grid_code: str, locator: Locator) -> Placement:
    """Return the placement of an incident in a grid that a user has selected."""
    grid = locator.owners.get(grid_code)
    if grid is None:
        raise InputError("No active grid has this code.", code="grid_unknown", field="grid")
    placement = replace(
        incident.placement,
        generation=locator.generation.id,
        community_code=grid.community.code if grid.community else None,
        street_code=grid.street.code if grid.street else None,
    )
    if grid.grid.layer is Layer.DEDICATED:
        return replace(placement, dedicated_code=grid_code)
    return replace(placement, base_code=grid_code, base_layer=grid.grid.layer, dedicated_code=None)
