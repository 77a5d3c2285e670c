"""Recalculation of provisional due times once the calendar knows the holidays: replay the steps of an incident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from geogrid.incidents.handling_clock import HandlingClock, advance_clock, set_clock
from geogrid.incidents.transitions import is_handled_next, update_stage
from geogrid.model import SYSTEM, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.incidents.category_deadlines import DueTimes
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Incident, Progress
    from geogrid.rules.time_limits import CategoryLimits

#: The action of the recorded step; the workflow has no such transition.
RECALCULATE: Final = "recalculate"
_NOTE: Final = "日历已更新，重算暂定时限。 The calendar is known now: provisional due times recalculated."
_DUE_TIMES: Final = ("due_at", "reopened_due_at", "close_due_at")


@dataclass(frozen=True, slots=True)
class Recalculation:
    """New due times of an incident.

    Attributes
    ----------
    incident
        The incident before.
    progress, step
        The progress after, and the step that records the old and the new due times.
    """

    incident: Incident
    progress: Progress
    step: Step

    @property
    def is_moved(self) -> bool:
        """Whether a due time changes; otherwise it is only no longer provisional."""
        return any(name in self.step.details for name in _DUE_TIMES)

    def is_past(self, now: datetime) -> bool:
        """Return whether the due time is moved, and the old or the new one has passed, so that figures change."""
        moments = (self.incident.progress.due_at, self.progress.due_at)
        return self.is_moved and any(moment is not None and moment <= now for moment in moments)


def earlier_due_times(due_times: DueTimes) -> list[DueTimes]:
    """Return the due times by the calendars that know fewer of the years, at their end or at their beginning."""
    calendar = due_times.calendar
    first, last = calendar.first_day, calendar.last_day
    periods = chain(
        ((first, date(year, 12, 31)) for year in range(last.year - 1, first.year - 1, -1)),
        ((date(year, 1, 1), last) for year in range(first.year + 1, last.year + 1)),
    )
    return [replace(due_times, calendar=calendar.restrict(*period)) for period in periods]


def recalculate(
    incident: Incident, steps: Sequence[Step], rules: RuleSet, earlier: Sequence[DueTimes], now: datetime
) -> Recalculation | None:
    """Return the due times of an incident by the present calendar; None if they do not change.

    Suspensions and extensions count as they were taken, with the present calendar.

    Parameters
    ----------
    incident
        An incident with provisional due times.
    steps
        All its steps.
    rules
        The active rules.
    earlier
        The due times by the calendars that may have been in use, see `earlier_due_times`.
    now
        The time of the recalculation.

    Raises
    ------
    ValueError
        If the steps and the present limits do not give the stored due times by any of these calendars, so that more
        than the calendar has changed.
    """
    before, due_times = incident.progress, rules.due_times
    limits = rules.choose_limits(incident.report, incident.placement)
    stored = HandlingClock.of(before)
    clock = replay_clock(incident, steps, rules, [due_times] * len(steps))
    histories = (_calendars_by_step(past, due_times, steps) for past in earlier)
    if not any(
        _same_due_times(stored, replay_clock(incident, steps, rules, by_step))
        for by_step in chain([[due_times] * len(steps)], *histories)
    ):
        raise ValueError("More than the calendar has changed.")
    # Without the old due time, so that the due time of closing is calculated again.
    progress = set_clock(replace(before, due_at=None), clock, limits, due_times)
    stage_due_at = clock.current_due_at if before.stage_due_at == before.current_due_at else before.stage_due_at
    progress = replace(progress, version=before.version + 1, stage_due_at=stage_due_at)
    progress = update_stage(progress, limits, rules, None)
    details = _describe_changes(before, progress)
    if not details:
        return None
    status = before.status
    step = Step(
        progress.version,
        RECALCULATE,
        status,
        status,
        now,
        SYSTEM.id,
        SYSTEM.name,
        SYSTEM.choose_role(),
        _NOTE,
        details=details,
    )
    return Recalculation(incident, progress, step)


def replay_clock(
    incident: Incident, steps: Sequence[Step], rules: RuleSet, due_times: Sequence[DueTimes]
) -> HandlingClock:
    """Return the clock of handling that the steps of an incident give by the limits and calendar of each step."""
    limits = rules.choose_limits(incident.report, incident.placement)
    clock = HandlingClock()
    for step, level, by in zip(steps, _levels_after(incident, steps), due_times, strict=True):
        if step.action == "import":
            clock = _imported_clock(incident, steps, limits, level, by)
        transition = rules.workflow.transitions.get(step.action)
        action = transition.clock if transition else None
        on_spot = incident.progress.on_spot and is_handled_next(step.to_status, rules)
        since = incident.report.reported_at if on_spot else None
        clock = advance_clock(clock, action, limits, level, by, step.at, handled_since=since)
    return clock


def _calendars_by_step(past: DueTimes, present: DueTimes, steps: Sequence[Step]) -> Iterator[list[DueTimes]]:
    """Yield the due times in use at each step, if the calendar was replaced after the last step or between two."""
    for kept in range(len(steps), 0, -1):
        yield [past] * kept + [present] * (len(steps) - kept)


def _imported_clock(
    incident: Incident, steps: Sequence[Step], limits: CategoryLimits, level: str, due_times: DueTimes
) -> HandlingClock:
    """Return the clock after an import: calculated from the start of the limit, or the due time of the import."""
    since = steps[0].details.get("limit_from")
    if since is None:
        given = next((step.details["due_at"][0] for step in steps if "due_at" in step.details), None)
        return HandlingClock(datetime.fromisoformat(given) if given else incident.progress.due_at)
    begun = datetime.fromisoformat(since)
    due_at = due_times.handle_due(limits, level, begun)
    return HandlingClock(due_at, provisional=due_times.is_handling_provisional(limits, level, begun, due_at))


def _levels_after(incident: Incident, steps: Sequence[Step]) -> list[str]:
    """Return the level of an incident after each of its steps; steps store the level before a change."""
    levels = [incident.progress.level]
    for step in reversed(steps):
        levels.append(step.details["level"][0] if _is_change(step, "level") else levels[-1])
    return levels[-2::-1]


def _is_change(step: Step, name: str) -> bool:
    return isinstance(step.details.get(name), list)


def _same_due_times(one: HandlingClock, other: HandlingClock) -> bool:
    return (one.due_at, one.reopened_due_at) == (other.due_at, other.reopened_due_at)


def _describe_changes(before: Progress, after: Progress) -> dict[str, Any]:
    """Return the changed due times as [old, new], and whether they are still provisional."""
    changes: dict[str, Any] = {}
    for name in _DUE_TIMES:
        old, new = getattr(before, name), getattr(after, name)
        if old is not None and old != new:
            changes[name] = [old.isoformat(), new.isoformat()]
    if before.due_provisional != after.due_provisional:
        changes["due_provisional"] = after.due_provisional
    return changes
