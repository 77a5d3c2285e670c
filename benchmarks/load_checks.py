"""Check after a load test that no report and no step is lost or duplicated, in the tables and in the responses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from load_clients import MARK
from sqlalchemy import func, select

from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from load_clients import Tally, Wire
    from sqlalchemy import Connection

    from geogrid.store.database import Store

_SAMPLE = 50


def find_faults(store: Store, wire: Wire, tallies: Sequence[Tally], numbers: range) -> list[str]:
    """Return the messages of all faults after the reports with some numbers."""
    acknowledged_reports = {number: incident for tally in tallies for number, incident in tally.reports.items()}
    acknowledged = Counter(step for tally in tallies for step in tally.taken)
    with store.read() as connection:
        stored = _stored_reports(connection)
        faults = [*_report_faults(acknowledged_reports, stored, numbers), *_step_faults(connection, acknowledged)]
        faults += [*_chain_faults(connection), *_queue_faults(connection)]
    return faults + list(_answer_faults(wire, acknowledged, sorted(acknowledged_reports.values())))


def _stored_reports(connection: Connection) -> list[tuple[int, int]]:
    """Return the numbers of the stored reports with the ids of their incidents."""
    query = select(incidents.c.description, incidents.c.id).where(incidents.c.description.like(f"{MARK}%"))
    first, last = len(MARK), len(MARK) + 6
    return [(int(text[first:last]), number) for text, number in connection.execute(query)]


def _report_faults(
    acknowledged_reports: Mapping[int, int], stored: Sequence[tuple[int, int]], numbers: range
) -> Iterator[str]:
    if acknowledged_reports.keys() != set(numbers):
        yield f"{len(acknowledged_reports)} of {len(numbers)} reports were acknowledged"
    if doubled := len(stored) - len({number for number, _ in stored}):
        yield f"{doubled} incidents are doubled"
    if lost := acknowledged_reports.items() - set(stored):
        yield f"{len(lost)} acknowledged incidents are lost"
    if strange := set(stored) - acknowledged_reports.items():
        yield f"{len(strange)} incidents were acknowledged by no client"


def _step_faults(connection: Connection, acknowledged: Counter[tuple[int, int, str]]) -> Iterator[str]:
    query = select(steps.c.incident, steps.c.number, steps.c.action).where(
        steps.c.actor_id.like("key:%"), steps.c.number > 1
    )
    taken = {(incident, number, action) for incident, number, action in connection.execute(query)}
    if twice := sum(times > 1 for times in acknowledged.values()):
        yield f"{twice} steps were acknowledged to two clients"
    if lost := acknowledged.keys() - taken:
        yield f"{len(lost)} acknowledged steps are lost"
    if strange := taken - acknowledged.keys():
        yield f"{len(strange)} steps were acknowledged by no client"


def _chain_faults(connection: Connection) -> Iterator[str]:
    """Yield faults of histories: gaps between steps, statuses that do not match, and wrong totals."""
    ends = (
        select(steps.c.incident, func.count().label("number"), func.max(steps.c.number).label("last"))
        .group_by(steps.c.incident)
        .subquery()
    )
    gaps = (
        select(func.count())
        .select_from(incidents.outerjoin(ends, ends.c.incident == incidents.c.id))
        .where(
            (func.coalesce(ends.c.number, 0) != incidents.c.version)
            | (func.coalesce(ends.c.last, 0) != incidents.c.version)
        )
    )
    before, after = steps.alias(), steps.alias()
    broken = (
        select(func.count())
        .select_from(
            after.join(before, (before.c.incident == after.c.incident) & (before.c.number == after.c.number - 1))
        )
        .where(before.c.to_status != after.c.from_status)
    )
    sums = (
        select(func.count())
        .select_from(
            incidents.join(steps, (steps.c.incident == incidents.c.id) & (steps.c.number == incidents.c.version))
        )
        .where(steps.c.to_status != incidents.c.status)
    )
    for query, fault in (
        (gaps, "incidents whose version is not the number of their steps"),
        (broken, "steps that do not begin where the one before ended"),
        (sums, "incidents that do not stand where their last step ended"),
    ):
        if found := connection.execute(query).scalar_one():
            yield f"{found} {fault}"


def _queue_faults(connection: Connection) -> Iterator[str]:
    waiting = select(func.count()).where(
        incidents.c.description.like(f"{MARK}%"), incidents.c.dispatched_at.is_(None), ~incidents.c.triage_blocks
    )
    if left := connection.execute(waiting).scalar_one():
        yield f"{left} incidents were left in the queue"


def _answer_faults(wire: Wire, acknowledged: Counter[tuple[int, int, str]], numbers: Sequence[int]) -> Iterator[str]:
    """Yield faults of the responses: all incidents in pages, and some histories."""
    listed = Counter(_listed(wire))
    if lost := set(numbers) - listed.keys():
        yield f"{len(lost)} incidents are in no page"
    if doubled := sum(times > 1 for times in listed.values()):
        yield f"{doubled} incidents are in two pages"
    wanted: dict[int, set[tuple[int, str]]] = {}
    for incident, number, action in acknowledged:
        wanted.setdefault(incident, set()).add((number, action))
    for incident in numbers[:: max(1, len(numbers) // _SAMPLE)]:
        timeline = wire.send("GET", f"/v1/incidents/{incident}/timeline")[1]["steps"]
        if not wanted.get(incident, set()) <= {(step["number"], step["action"]) for step in timeline}:
            yield f"the timeline of incident {incident} lacks acknowledged steps"


def _listed(wire: Wire) -> Iterator[int]:
    cursor = ""
    while cursor is not None:
        query = "/v1/incidents?source=patrol&from=2025-01-01&limit=1000" + (f"&cursor={cursor}" if cursor else "")
        page = wire.send("GET", query)[1]
        yield from (item["id"] for item in page["items"])
        cursor = page["next"]
