"""Use cases around the closed loop: what can be done with an incident, one step on, and what was done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.errors import InputError, NotFoundError
from geogrid.incidents.merge_records import MergeAction, record_merge
from geogrid.incidents.transitions import allowed_transitions, apply_step
from geogrid.model import IncidentStatus, Layer
from geogrid.permissions import check_incident_bounds
from geogrid.services.idempotency import begin_once, end_once
from geogrid.store import incidents as table
from geogrid.store.incidents import lock_incidents
from geogrid.store.photos import attach_photos
from geogrid.store.steps import INCIDENT_STEPS
from geogrid.workflow import stale

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.incidents.transitions import StepRequest
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Incident, Placement, Progress, Step
    from geogrid.rules.workflow import Transition
    from geogrid.services.idempotency import Once
    from geogrid.store.database import Store

_ENDED = (IncidentStatus.VOID, IncidentStatus.MERGED)


@dataclass(frozen=True, slots=True)
class Timeline:
    """An incident with all its steps."""

    incident: Incident
    steps: list[Step]


def read_timeline(store: Store, actor: Actor, number: int) -> Timeline:
    """Return an incident and what was done with it.

    Raises
    ------
    NotFoundError
        If there is none of that number within the actor's bounds.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, number)
        check_incident_bounds(actor, incident)
        return Timeline(incident, INCIDENT_STEPS.read(connection, number))


def list_transitions(store: Store, rules: RuleSet, actor: Actor, number: int) -> tuple[Incident, list[Transition]]:
    """Return an incident and the steps that an actor may take with it now.

    Raises
    ------
    NotFoundError
        If there is none of that number within the actor's bounds.
    """
    with store.read() as connection:
        incident = table.get_incident(connection, number)
    check_incident_bounds(actor, incident)
    return incident, allowed_transitions(incident, actor, rules)


def take_step(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    number: int,
    wish: StepRequest,
    *,
    version: int | None = None,
    once: Once[Incident] | None = None,
    now: datetime | None = None,
) -> Incident:
    """Take an incident one step on, and return it.

    Parameters
    ----------
    store, locator, rules
        The house.
    actor
        Who takes the step.
    number
        The incident's.
    wish
        The step.
    version
        The incident's as the actor has seen it; None takes it as it is.
    once
        What tells that the request has come before.
    now
        When the step is taken; by default at present.

    Raises
    ------
    NotFoundError
        If there is no incident of that number within the actor's bounds.
    StaleError
        If somebody has taken a step since.
    ConflictError, ForbiddenError, InputError
        As `geogrid.incidents.transitions.apply_step`.
    """
    _check_way(rules, wish)
    with store.write() as connection:
        begin_once(connection, actor, once)
        done = step_within(connection, locator, rules, actor, number, wish, version=version, now=now)
        end_once(connection, actor, once, done)
        return done


def step_within(
    connection: Connection,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    number: int,
    wish: StepRequest,
    *,
    version: int | None = None,
    now: datetime | None = None,
) -> Incident:
    """Take an incident one step on within a transaction that writes more than the step; see `take_step`."""
    incident = _locked(connection, number, wish.incident)
    check_incident_bounds(actor, incident)
    if version not in (None, incident.progress.version):
        raise stale("incident")
    progress, step = apply_step(incident, wish, actor, rules, now or datetime.now(UTC))
    _check_target(connection, actor, incident, wish)
    placement = _placed(incident, wish.grid, locator) if wish.grid else None
    if not table.advance(connection, incident, progress, step, placement):
        raise stale("incident")
    if wish.photos:
        attach_photos(connection, number, step.number, wish.photos)
    _tell_other(connection, incident, progress, step)
    return table.get_incident(connection, number)


def _check_way(rules: RuleSet, wish: StepRequest) -> None:
    """Refuse a step that comes with a record of its own, which another use case keeps."""
    transition = rules.workflow.transitions.get(wish.action)
    if transition and transition.via:
        raise InputError(
            "This step is taken by another route.", code="action_elsewhere", field="action", remedy=transition.via
        )


def _locked(connection: Connection, number: int, target: int | None) -> Incident:
    """Return an incident that, with the one it is or becomes a duplicate of, nobody else can change meanwhile."""
    other = target or table.get_incident(connection, number).progress.merged_into
    lock_incidents(connection, {number, other} if other else {number})
    return table.get_incident(connection, number)


def _tell_other(connection: Connection, incident: Incident, after: Progress, step: Step) -> None:
    """Write on the timeline of the other incident that this one was merged into it, or is so no longer."""
    before = incident.progress.merged_into
    if after.merged_into == before:
        return
    action, other = (MergeAction.ABSORB, after.merged_into) if after.merged_into else (MergeAction.RELEASE, before)
    if other is None:
        return
    told_of = table.get_incident(connection, other)
    progress, told = record_merge(told_of, action, incident.id, step)
    if not table.advance(connection, told_of, progress, told, None):
        raise stale("incident")


def _check_target(connection: Connection, actor: Actor, incident: Incident, wish: StepRequest) -> None:
    """Refuse to merge an incident into itself, or into one that is no longer there to be handled."""
    if wish.incident is None:
        return
    try:
        target = table.get_incident(connection, wish.incident)
        check_incident_bounds(actor, target)
    except NotFoundError as error:
        raise InputError("There is no incident of this number.", code="incident_unknown", field="incident") from error
    if target.id == incident.id or target.progress.status in _ENDED:
        raise InputError(
            "An incident is merged into another one that is neither void nor merged itself.",
            code="merge_target",
            field="incident",
        )


def _placed(incident: Incident, code: str, locator: Locator) -> Placement:
    """Return where an incident lies once somebody has said in which grid."""
    grid = locator.owners.get(code)
    if grid is None:
        raise InputError("There is no such grid in force.", code="grid_unknown", field="grid")
    placement = replace(
        incident.placement,
        generation=locator.generation.id,
        community_code=grid.community.code,
        street_code=grid.street.code,
    )
    if grid.grid.layer is Layer.DEDICATED:
        return replace(placement, dedicated_code=code)
    return replace(placement, base_code=code, base_layer=grid.grid.layer, dedicated_code=None)
