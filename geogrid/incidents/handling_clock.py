"""The clock of handling: due times, suspension and extension of an incident, step by step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geogrid.rules.incident_workflow import ClockAction

if TYPE_CHECKING:
    from datetime import datetime

    from geogrid.incidents.category_deadlines import DueTimes
    from geogrid.model import Progress
    from geogrid.rules.time_limits import CategoryLimits


@dataclass(frozen=True, slots=True)
class HandlingClock:
    """The due times of handling of an incident; see the attributes of `geogrid.model.Progress`.

    Attributes
    ----------
    provisional
        Whether a due time depends on days whose holidays are not known.
    """

    due_at: datetime | None = None
    reopened_due_at: datetime | None = None
    clock_level: str | None = None
    suspended_at: datetime | None = None
    provisional: bool = False

    @classmethod
    def of(cls, progress: Progress) -> HandlingClock:
        """Return the clock of an incident."""
        return cls(
            progress.due_at,
            progress.reopened_due_at,
            progress.clock_level,
            progress.suspended_at,
            progress.due_provisional,
        )

    @property
    def current_due_at(self) -> datetime | None:
        """Due time of handling that people work to: after a reopening that of the reopening."""
        return self.reopened_due_at or self.due_at


def advance_clock(
    clock: HandlingClock,
    action: ClockAction | None,
    limits: CategoryLimits,
    level: str,
    due_times: DueTimes,
    now: datetime,
    *,
    handled_since: datetime | None = None,
) -> HandlingClock:
    """Return the clock after a step.

    A reopening begins a limit of its own, `HandlingClock.reopened_due_at`; the first due time stays what it was.

    Parameters
    ----------
    clock
        The clock before the step.
    action
        The effect of the step on the clock; None for no effect.
    limits, level
        Limits of the incident, and its level after the step.
    due_times
        The working calendar.
    now
        Time of the step.
    handled_since
        Time of the report, for a step that leads an incident handled on the spot to the handling. A failed re-check or
        a reopening begins the limit that the report did not have, at this time. None for all other steps.
    """
    if handled_since and clock.due_at is None:
        action, now = ClockAction.START, handled_since
    due_at, limit_level = clock.current_due_at, clock.clock_level or level
    if action is ClockAction.STOP:
        return replace(clock, suspended_at=now)
    # A second dispatch keeps the due time, since the reporter has waited all along.
    if (action is ClockAction.RESET and due_at) or (action is ClockAction.START and due_at is None):
        begun = replace(clock, clock_level=level, reopened_due_at=now if due_at else None)
        return _set_due_time(begun, due_times.handle_due(limits, level, now), limits, now, due_times, level)
    if action is ClockAction.RESUME and due_at and clock.suspended_at:
        resumed = due_times.resume(limits, limit_level, due_at, clock.suspended_at, now)
        moved = _set_due_time(clock, resumed, limits, min(due_at, clock.suspended_at), due_times, limit_level)
        return replace(moved, suspended_at=None)
    if action is ClockAction.EXTEND and due_at:
        extended = due_times.extend(limits, limit_level, due_at)
        return _set_due_time(clock, extended, limits, due_at, due_times, limit_level)
    return clock


def set_clock(progress: Progress, clock: HandlingClock, limits: CategoryLimits, due_times: DueTimes) -> Progress:
    """Return the progress with the due times of a clock, and the due time of closing if that of handling changes."""
    close_due_at, provisional = progress.close_due_at, clock.provisional
    if clock.due_at and clock.due_at != progress.due_at:
        close_due_at = due_times.close_due(limits, clock.due_at)
        provisional = provisional or due_times.is_closing_provisional(limits, clock.due_at, close_due_at)
    return replace(
        progress,
        due_at=clock.due_at,
        reopened_due_at=clock.reopened_due_at,
        close_due_at=close_due_at,
        clock_level=clock.clock_level,
        suspended_at=clock.suspended_at,
        due_provisional=provisional,
    )


def _set_due_time(
    clock: HandlingClock,
    due_at: datetime,
    limits: CategoryLimits,
    since: datetime,
    due_times: DueTimes,
    level: str,
) -> HandlingClock:
    """Return the clock with a new current due time, counted from `since` by the limit of `level`."""
    provisional = due_times.is_handling_provisional(limits, level, since, due_at)
    changed = replace(clock, provisional=clock.provisional or provisional)
    return replace(changed, reopened_due_at=due_at) if clock.reopened_due_at else replace(changed, due_at=due_at)
