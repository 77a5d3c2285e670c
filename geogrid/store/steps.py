"""The steps of incidents and of ledger entries: added, read, never changed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import insert, select

from geogrid.model import EntryState, EntryStep, IncidentStatus, Role, Step
from geogrid.store.incident_conditions import choose
from geogrid.store.ledger_tables import ledger_steps
from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import StrEnum

    from sqlalchemy import Connection, Table

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Incident

S = TypeVar("S", Step, EntryStep)


@dataclass(frozen=True, slots=True)
class StepTable(Generic[S]):
    """A table of steps.

    Attributes
    ----------
    table
        The table.
    owner
        The column with the id of the incident or entry.
    kind
        The class of a step.
    states
        The columns that hold the state before and after.
    state
        The class of a state.
    """

    table: Table
    owner: str
    kind: type[S]
    states: tuple[str, str]
    state: type[StrEnum]

    def add(self, connection: Connection, taken: Iterable[tuple[int, S]]) -> None:
        """Insert steps, each with the id of its incident or entry."""
        names = [field.name for field in fields(self.kind)]
        rows = [{self.owner: owner, **{name: getattr(step, name) for name in names}} for owner, step in taken]
        if rows:
            connection.execute(insert(self.table), rows)

    def read(self, connection: Connection, owner: int) -> list[S]:
        """Return the steps of an incident or entry, the first one first."""
        names = [field.name for field in fields(self.kind)]
        query = select(*(self.table.c[name] for name in names)).where(self.table.c[self.owner] == owner)
        rows = connection.execute(query.order_by(self.table.c.number)).mappings()
        return [self.kind(**self._values(dict(row))) for row in rows]

    def _values(self, row: dict[str, Any]) -> dict[str, Any]:
        states = {name: self.state(row[name]) if row[name] else None for name in self.states}
        return {**row, **states, "role": Role(row["role"])}


INCIDENT_STEPS: Final = StepTable(steps, "incident", Step, ("from_status", "to_status"), IncidentStatus)
ENTRY_STEPS: Final = StepTable(ledger_steps, "entry", EntryStep, ("from_state", "to_state"), EntryState)


def find_status_before(connection: Connection, incident_id: int, status: IncidentStatus) -> IncidentStatus | None:
    """Return the status from which an incident last came to `status`; None without such a step."""
    query = select(steps.c.from_status).where(
        steps.c.incident == incident_id, steps.c.to_status == status, steps.c.from_status != status
    )
    found = connection.execute(query.order_by(steps.c.number.desc()).limit(1)).scalar_one_or_none()
    return IncidentStatus(found) if found else None


def list_step_details(connection: Connection, filters: IncidentQuery, actions: Sequence[str]) -> list[dict[str, Any]]:
    """Return the details of the steps with one of the actions, on the incidents of a filter.

    The period of the filter applies to the time of the step.
    """
    choice = choose(connection, replace(filters, since=None, until=None))
    query = choice.select(steps.c.details).join(steps, steps.c.incident == incidents.c.id)
    query = query.where(steps.c.action.in_(actions))
    if filters.since is not None:
        query = query.where(steps.c.at >= filters.since)
    if filters.until is not None:
        query = query.where(steps.c.at < filters.until)
    return list(connection.execute(query).scalars())


def read_clock_steps(connection: Connection, incident: Incident) -> list[Step]:
    """Return the steps that moved the clock of an incident: of a part also those of its whole before the split."""
    own, whole = INCIDENT_STEPS.read(connection, incident.id), incident.progress.part_of
    if whole is None:
        return own
    before = list(takewhile(lambda step: step.action != "split", INCIDENT_STEPS.read(connection, whole)))
    return [*before, *own]
