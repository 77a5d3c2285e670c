"""Parts of split reports (拆分派遣): split an incident, and keep the whole and its parts in step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError
from geogrid.incidents.part_records import build_part
from geogrid.incidents.transitions import StepRequest
from geogrid.incidents.validation import check_category, check_offered
from geogrid.permissions import check_incident_bounds
from geogrid.services.incident_steps import list_readable_parts, take_step_in_transaction, update_whole
from geogrid.store import incidents as table
from geogrid.store import restatements
from geogrid.store.change_feed import add_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.incidents.part_records import PartRequest
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.locate.locator import Locator
    from geogrid.model import Actor, Incident
    from geogrid.store.database import Store

MIN_PARTS: Final = 2
MAX_PARTS: Final = 10


def split_incident(
    store: Store,
    locator: Locator,
    rules: RuleSet,
    actor: Actor,
    incident_id: int,
    parts: Sequence[PartRequest],
    *,
    note: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Incident:
    """Split an incident into parts for several departments, dispatch the parts, and return the whole.

    Parameters
    ----------
    store, locator, rules, actor, incident_id, note, version, now
        As of `geogrid.services.incident_steps.take_step`.
    parts
        The parts, `MIN_PARTS` to `MAX_PARTS`.

    Raises
    ------
    InputError
        If the number of parts, a department, a category or a note is not valid.
    NotFoundError, StaleError, ConflictError, ForbiddenError
        As of `take_step`. Areas and categories of the parts must lie within the bounds of the actor, departments need
        not.
    """
    if not MIN_PARTS <= len(parts) <= MAX_PARTS:
        raise InputError(f"A report is split into {MIN_PARTS} to {MAX_PARTS} parts.", code="parts", field="parts")
    for part in parts:
        if part.category is not None:
            check_category(part.category, rules.categories)
            check_offered(part.category, rules.categories)
    moment = now or datetime.now(UTC)
    wish = StepRequest(
        "split", note=note, parts=len(parts), details={"departments": [part.department for part in parts]}
    )
    with store.write() as connection:
        before = table.get_incident(connection, incident_id)
        take_step_in_transaction(connection, locator, rules, actor, incident_id, wish, version=version, now=moment)
        arrivals = [
            build_part(before, number, part, actor, rules, moment) for number, part in enumerate(parts, start=1)
        ]
        # Work is given to departments outside the bounds, but not outside their areas and categories.
        giver = replace(actor, bounds=replace(actor.bounds, departments=()))
        for arrival in arrivals:
            check_incident_bounds(giver, arrival)
        for part_id, arrival in zip(table.add_incidents(connection, arrivals), arrivals, strict=True):
            add_change(connection, part_id, arrival.progress.version)
            restatements.copy_restatements(connection, incident_id, part_id)
        update_whole(connection, rules, incident_id, None, moment)
        return table.get_incident(connection, incident_id)


def list_parts(store: Store, actor: Actor, incident: Incident) -> list[Incident]:
    """Return the parts of an incident within the bounds of the actor; none if it was not split."""
    if not incident.progress.split_into:
        return []
    with store.read() as connection:
        return list_readable_parts(connection, actor, incident.id)
