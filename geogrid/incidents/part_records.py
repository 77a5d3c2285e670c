"""Parts of a split report (拆分派遣): the new parts, and the steps that record them with the whole and vice versa.

A part is an incident of its own, with its department and due time. The whole is not handled itself: its status, its
milestones and its due times follow its parts, by `derive_whole`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.incidents.intake import first_step
from geogrid.incidents.transitions import StepRequest, apply_step
from geogrid.model import SYSTEM, UNCOUNTED_STATUSES, Incident, IncidentStatus, NewIncident, Progress, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor


class PartAction(StrEnum):
    """Action of a recorded step: the first step of a part, and the steps of the whole that follow its parts."""

    PART = "part"
    CHANGED = "parts_changed"
    CLOSED = "parts_closed"
    VOIDED = "parts_voided"
    REOPENED = "parts_reopened"


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A part to create.

    Attributes
    ----------
    department
        Name of the department that handles the part.
    category
        Code of its category; None for the category of the report.
    note
        Note of its dispatch.
    """

    department: str
    category: str | None = None
    note: str = ""


def build_part(
    whole: Incident, number: int, request: PartRequest, actor: Actor, rules: RuleSet, now: datetime
) -> NewIncident:
    """Return a part of an incident, dispatched to its department.

    A due time that runs already continues, so that a split does not extend it.

    Parameters
    ----------
    whole
        The incident before the split.
    number
        Number of the part, from 1.
    request, actor, rules, now
        The part, the user who splits the incident, the active rules, and the time of the split.

    Raises
    ------
    InputError
        If the department is unknown or the note is not valid.
    """
    before = whole.progress
    report = replace(
        whole.report,
        category=request.category or whole.report.category,
        external_id=None,
        handled_at=None,
        closed_at=None,
    )
    progress = Progress(
        status=IncidentStatus.FILED,
        level=before.level,
        department=before.department,
        verified_at=before.verified_at,
        filed_at=before.filed_at,
        due_at=before.due_at,
        close_due_at=before.close_due_at,
        reopened_due_at=before.reopened_due_at,
        clock_level=before.clock_level,
        due_provisional=before.due_provisional,
        extensions=before.extensions,
        part_of=whole.id,
        part=number,
    )
    first = first_step(PartAction.PART, progress, actor, now, {"incident": whole.id, "part": number})
    dispatch = StepRequest("dispatch", note=request.note, department=request.department)
    dispatched, step = apply_step(Incident(0, report, whole.placement, now, progress), dispatch, actor, rules, now)
    return NewIncident(report, whole.placement, dispatched, (first, step))


def derive_whole(whole: Progress, parts: Sequence[Progress], now: datetime) -> Progress:
    """Return the progress of a split incident by that of its parts.

    Void and merged parts are left out. The whole is closed when all other parts are, and void when there is none. It
    has the latest due time and the latest milestones of its parts; a milestone that a part has not reached is None. It
    counts as suspended while every part that is not handled is suspended.

    Parameters
    ----------
    whole
        The progress so far; `split_into` is not 0.
    parts
        The progress of all parts.
    now
        Time at which the whole becomes void, if it does.
    """
    active = [part for part in parts if part.status not in UNCOUNTED_STATUSES]
    if not active:
        return replace(whole, status=IncidentStatus.VOID, voided_at=whole.voided_at or now, suspended_at=None)
    is_closed = all(part.status is IncidentStatus.CLOSED for part in active)
    changes: dict[str, Any] = {name: _all_reached(active, name) for name in ("handled_at", "checked_at", "closed_at")}
    changes |= {name: _latest(active, name) for name in ("due_at", "close_due_at", "reopened_due_at")}
    late = [part.due_at for part in active if part.due_at and part.handled_at and part.handled_at > part.due_at]
    if late:
        changes["due_at"] = min(late)
    for name in ("extensions", "reworks", "reopened"):
        changes[name] = max(getattr(one, name) for one in (whole, *active))
    return replace(
        whole,
        status=IncidentStatus.CLOSED if is_closed else IncidentStatus.SPLIT,
        voided_at=None,
        due_provisional=any(part.due_provisional for part in active),
        suspended_at=_all_reached([part for part in active if part.handled_at is None], "suspended_at"),
        **changes,
    )


def _all_reached(parts: Sequence[Progress], name: str) -> datetime | None:
    """Return the latest value of a time that all parts have, or None if a part has none."""
    return _latest(parts, name) if all(getattr(part, name) for part in parts) else None


def _latest(parts: Sequence[Progress], name: str) -> datetime | None:
    return max((moment for part in parts if (moment := getattr(part, name))), default=None)


def record_parts(
    whole: Incident, parts: Sequence[Incident], cause: int | None, now: datetime
) -> tuple[Progress, Step] | None:
    """Return the progress of a split incident and its step after a step of a part; None if the whole does not change.

    Parameters
    ----------
    whole, parts
        The split incident before the step, and all its parts after it.
    cause
        Id of the part that has changed; None for the split itself.
    now
        Time of the step.
    """
    before = whole.progress
    derived = derive_whole(before, [part.progress for part in parts], now)
    if derived == before:
        return None
    progress = replace(derived, version=before.version + 1)
    details: dict[str, Any] = {} if cause is None else {"incident": cause}
    if progress.due_at and before.due_at and progress.due_at != before.due_at:
        details["due_at"] = [before.due_at.isoformat(), progress.due_at.isoformat()]
    return progress, _make_record(_find_action(before, progress), before, progress, now, details)


def _find_action(before: Progress, after: Progress) -> PartAction:
    if before.status is after.status:
        return PartAction.CHANGED
    actions = {IncidentStatus.CLOSED: PartAction.CLOSED, IncidentStatus.VOID: PartAction.VOIDED}
    return actions.get(after.status, PartAction.REOPENED)


def _make_record(action: str, before: Progress, after: Progress, now: datetime, details: dict[str, Any]) -> Step:
    return Step(
        number=after.version,
        action=action,
        from_status=before.status,
        to_status=after.status,
        at=now,
        actor_id=SYSTEM.id,
        actor=SYSTEM.name,
        role=SYSTEM.choose_role(),
        details=details,
    )


def record_move(part: Incident, grid: str, step: Step) -> tuple[Progress, Step]:
    """Return the progress and the step of a part after the whole was moved to a grid by a step."""
    progress = replace(part.progress, version=part.progress.version + 1)
    return progress, _make_record(step.action, part.progress, progress, step.at, {"grid": grid})
