"""Recalculation of provisional due times after a new calendar has been installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geogrid.incidents.recalculation import earlier_due_times, recalculate
from geogrid.services.incident_steps import update_whole
from geogrid.store import incidents as table
from geogrid.store.steps import read_clock_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geogrid.incidents.category_deadlines import DueTimes
    from geogrid.incidents.recalculation import Recalculation
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class DueRecalculation:
    """The result of a recalculation.

    Attributes
    ----------
    changed
        The incidents with new due times, or whose due times are no longer provisional.
    provisional
        The ids of incidents whose due times stay as they are: the calendar does not know their days yet.
    unexplained
        The ids of incidents whose steps do not explain the stored due times, such as after a change of the limits. They
        are not changed.
    """

    changed: list[Recalculation] = field(default_factory=list)
    provisional: list[int] = field(default_factory=list)
    unexplained: list[int] = field(default_factory=list)


def recalculate_due_times(
    store: Store, rules: RuleSet, *, commit: bool, now: datetime | None = None
) -> DueRecalculation:
    """Recalculate the provisional due times by the present calendar, each with a recorded step of the system.

    Each incident is one transaction. A repeated run changes nothing more.

    Parameters
    ----------
    store
        The database.
    rules
        The rules with the present calendar.
    commit
        False returns the same result without writing.
    now
        The time of the steps; by default the current time.
    """
    moment, earlier, result = now or datetime.now(UTC), earlier_due_times(rules.due_times), DueRecalculation()
    with store.read() as connection:
        incident_ids = table.list_provisional(connection)
    for incident_id in incident_ids:
        with store.write() if commit else store.read() as connection:
            _recalculate(connection, incident_id, rules, earlier, moment, result, commit=commit)
    return result


def _recalculate(
    connection: Connection,
    incident_id: int,
    rules: RuleSet,
    earlier: Sequence[DueTimes],
    now: datetime,
    result: DueRecalculation,
    *,
    commit: bool,
) -> None:
    """Recalculate the due times of one incident, store them if committed, and add it to the result."""
    if commit:
        table.lock_incidents(connection, [incident_id])
    incident = table.get_incident(connection, incident_id)
    try:
        found = recalculate(incident, read_clock_steps(connection, incident), rules, earlier, now)
    except ValueError:
        result.unexplained.append(incident_id)
        return
    if found is None:
        result.provisional.append(incident_id)
        return
    if commit:
        table.apply_step(connection, incident, found.progress, found.step, None)
        if found.progress.part_of is not None:
            update_whole(connection, rules, found.progress.part_of, incident_id, now)
    result.changed.append(found)
