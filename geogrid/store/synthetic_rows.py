"""Deletion of synthetic rows, and the references of real rows to them.

The caller runs the functions in one transaction: first the references are resolved, then `delete_rows` deletes.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import String, bindparam, cast, delete, func, literal, literal_column, or_, select, update

from geogrid.store.incidents import read_incidents
from geogrid.store.ledger_tables import evidence, inspection_sites, ledger, ledger_steps, round_sites, rounds
from geogrid.store.restatements import PLACEMENT_NAMES
from geogrid.store.tables import (
    activations,
    answers,
    api_keys,
    areas,
    cards,
    changes,
    generations,
    incidents,
    period_snapshots,
    photos,
    places,
    populations,
    restatements,
    rule_versions,
    steps,
    themes,
    users,
    whistles,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select, Table
    from sqlalchemy.sql.elements import ColumnElement

    from geogrid.model import Incident, Placement

_INCIDENTS: Final = select(incidents.c.id).where(incidents.c.synthetic)
_ENTRIES: Final = select(ledger.c.id).where(ledger.c.synthetic)
_GENERATIONS: Final = select(generations.c.id).where(generations.c.demo)
_KEY_ACTORS: Final = select(literal("key:") + cast(api_keys.c.id, String)).where(api_keys.c.demo)
_SITES: Final = select(inspection_sites.c.id).where(
    inspection_sites.c.synthetic, inspection_sites.c.id.not_in(select(ledger.c.site).where(~ledger.c.synthetic))
)
_ROUNDS: Final = select(rounds.c.id).where(
    rounds.c.synthetic, rounds.c.id.not_in(select(ledger.c.round).where(~ledger.c.synthetic))
)
#: The rows to delete by table, in an order that keeps all foreign keys valid.
_DELETED: Final[Mapping[Table, ColumnElement[bool]]] = {
    ledger_steps: ledger_steps.c.entry.in_(_ENTRIES),
    evidence: evidence.c.entry.in_(_ENTRIES),
    round_sites: or_(round_sites.c.round.in_(_ROUNDS), round_sites.c.site.in_(_SITES)),
    ledger: ledger.c.synthetic,
    inspection_sites: inspection_sites.c.id.in_(_SITES),
    rounds: rounds.c.id.in_(_ROUNDS),
    cards: cards.c.incident.in_(_INCIDENTS),
    whistles: whistles.c.incident.in_(_INCIDENTS),
    photos: photos.c.incident.in_(_INCIDENTS),
    changes: changes.c.incident.in_(_INCIDENTS),
    restatements: or_(restatements.c.incident.in_(_INCIDENTS), restatements.c.generation.in_(_GENERATIONS)),
    steps: steps.c.incident.in_(_INCIDENTS),
    incidents: incidents.c.synthetic,
    populations: populations.c.synthetic,
    places: places.c.synthetic,
    activations: activations.c.generation.in_(_GENERATIONS),
    themes: themes.c.generation.in_(_GENERATIONS),
    areas: areas.c.generation.in_(_GENERATIONS),
    generations: generations.c.demo,
    answers: answers.c.actor_id.in_(_KEY_ACTORS),
    api_keys: api_keys.c.demo,
}
#: The columns of the placement of a site by the attributes of `Placement`.
_SITE_NAMES: Final = {
    "generation": "generation",
    "street_code": "street_code",
    "community_code": "community_code",
    "grid_code": "responsible_code",
}
#: References without an index, which the database would search once for each deleted incident.
_UNINDEXED: Final = (restatements.c.incident, changes.c.incident, ledger.c.incident)
#: The tables of real data, which `geogrid demo` does not mix with the demo.
_REAL: Final[Mapping[str, ColumnElement[bool]]] = {
    "generations": ~generations.c.demo,
    "incidents": ~incidents.c.synthetic,
    "ledger": ~ledger.c.synthetic,
    "inspection_sites": ~inspection_sites.c.synthetic,
    "populations": ~populations.c.synthetic,
    "places": ~places.c.synthetic,
    "rule_versions": rule_versions.c.id.is_not(None),
    "users": users.c.id.is_not(None),
}


@dataclass(frozen=True, slots=True)
class DemoPlaced:
    """A real row that a generation of the demo has placed: its id, its point in WGS 84 degrees and its time."""

    id: int
    lon: float
    lat: float
    at: datetime | None


def count_real_rows(connection: Connection) -> dict[str, int]:
    """Return the number of real rows by table; tables without real rows are missing."""
    tables = incidents.metadata.tables
    counts = {
        name: connection.execute(select(func.count()).select_from(tables[name]).where(condition)).scalar_one()
        for name, condition in _REAL.items()
    }
    return {name: count for name, count in counts.items() if count}


def list_real_merged(connection: Connection) -> list[Incident]:
    """Return the real incidents that are merged into synthetic ones."""
    query = select(incidents).where(~incidents.c.synthetic, incidents.c.merged_into.in_(_INCIDENTS))
    return read_incidents(connection, query.order_by(incidents.c.id))


def count_handled_by_people(connection: Connection) -> int:
    """Return the number of synthetic incidents on which a user or a key has taken a step."""
    by_people = or_(steps.c.actor_id.startswith("user:"), steps.c.actor_id.startswith("key:"))
    query = select(steps.c.incident).where(steps.c.incident.in_(_INCIDENTS), by_people)
    return _count(connection, query.distinct())


def count_kept_sites(connection: Connection) -> int:
    """Return the number of synthetic sites that real ledger entries refer to."""
    real = select(ledger.c.site).where(~ledger.c.synthetic)
    query = select(inspection_sites.c.id).where(inspection_sites.c.synthetic, inspection_sites.c.id.in_(real))
    return _count(connection, query)


def count_kept_rounds(connection: Connection) -> int:
    """Return the number of synthetic rounds that real ledger entries refer to."""
    real = select(ledger.c.round).where(~ledger.c.synthetic)
    return _count(connection, select(rounds.c.id).where(rounds.c.synthetic, rounds.c.id.in_(real)))


def list_partly_synthetic(connection: Connection) -> list[str]:
    """Return the labels of the imported generations with synthetic areas, oldest first."""
    query = select(generations.c.label).where(generations.c.synthetic, ~generations.c.demo).order_by(generations.c.id)
    return list(connection.execute(query).scalars())


def unlink_entries(connection: Connection) -> int:
    """Remove the link from real ledger entries to synthetic incidents."""
    linked = update(ledger).where(~ledger.c.synthetic, ledger.c.incident.in_(_INCIDENTS))
    return connection.execute(linked.values(incident=None)).rowcount


def unlink_drafts(connection: Connection) -> int:
    """Remove the link from imported generations to the demo generation that they were completed from."""
    based = update(generations).where(~generations.c.demo, generations.c.base.in_(_GENERATIONS))
    return connection.execute(based.values(base=None)).rowcount


def list_demo_generations(connection: Connection) -> list[int]:
    """Return the ids of the generations of the demo."""
    return list(connection.execute(_GENERATIONS).scalars())


def list_placed_incidents(connection: Connection) -> list[DemoPlaced]:
    """Return the real incidents that a generation of the demo has placed."""
    row = incidents.c
    query = select(row.id, row.lon, row.lat, row.reported_at)
    return _read_placed(connection, query.where(~row.synthetic, row.generation.in_(_GENERATIONS)))


def list_placed_sites(connection: Connection) -> list[DemoPlaced]:
    """Return the sites to keep that a generation of the demo has placed; sites have no time."""
    row = inspection_sites.c
    query = select(row.id, row.lon, row.lat, literal(None))
    return _read_placed(connection, query.where(row.id.not_in(_SITES), row.generation.in_(_GENERATIONS)))


def list_placed_entries(connection: Connection) -> list[DemoPlaced]:
    """Return the real ledger entries that a generation of the demo has placed."""
    query = select(ledger.c.id, inspection_sites.c.lon, inspection_sites.c.lat, ledger.c.found_at)
    query = query.join_from(ledger, inspection_sites, inspection_sites.c.id == ledger.c.site)
    return _read_placed(connection, query.where(~ledger.c.synthetic, ledger.c.generation.in_(_GENERATIONS)))


def place_incidents(connection: Connection, placements: Mapping[int, Placement]) -> None:
    """Store other placements of incidents, by id, and delete their restatements by the same generations."""
    _update_rows(connection, incidents, placements, {name: name for name in PLACEMENT_NAMES})
    for generation in {placement.generation for placement in placements.values()}:
        placed = select(incidents.c.id).where(incidents.c.generation == generation)
        superfluous = (restatements.c.generation == generation, restatements.c.incident.in_(placed))
        connection.execute(delete(restatements).where(*superfluous))


def place_sites(connection: Connection, placements: Mapping[int, Placement]) -> None:
    """Store other placements of sites, by id."""
    _update_rows(connection, inspection_sites, placements, _SITE_NAMES)


def place_entries(connection: Connection, placements: Mapping[int, Placement]) -> None:
    """Store other placements of ledger entries, by id."""
    _update_rows(connection, ledger, placements, _SITE_NAMES)


def delete_snapshots(connection: Connection, ids: Collection[int]) -> int:
    """Delete snapshots of closed months."""
    return connection.execute(delete(period_snapshots).where(period_snapshots.c.id.in_(ids))).rowcount if ids else 0


def list_synthetic_snapshots(connection: Connection) -> list[int]:
    """Return the ids of the snapshots that count synthetic incidents or areas of the demo."""
    demo = set(list_demo_generations(connection))
    query = select(period_snapshots.c.id, period_snapshots.c.generation, period_snapshots.c.content)
    return [
        snapshot
        for snapshot, generation, content in connection.execute(query)
        if generation in demo or content["rows"]["total"].get("", {}).get("synthetic")
    ]


def delete_rows(connection: Connection) -> dict[str, int]:
    """Delete all synthetic rows, and the rows that belong to them; return their number by table.

    Real rows must no longer refer to them.
    """
    with _index_references(connection):
        return {
            table.name: connection.execute(delete(table).where(condition)).rowcount
            for table, condition in _DELETED.items()
        }


def extend_first_activation(connection: Connection, now: datetime, beginning: datetime) -> None:
    """Let the first activation of the remaining ones apply to all of the past, if it has started."""
    first = select(activations.c.id).where(activations.c.active_from <= now)
    first = first.order_by(activations.c.active_from, activations.c.id).limit(1)
    values = {"active_from": beginning}
    connection.execute(update(activations).where(activations.c.id.in_(first)).values(values))


def _update_rows(
    connection: Connection, table: Table, placements: Mapping[int, Placement], names: Mapping[str, str]
) -> None:
    if not placements:
        return
    rows = [
        {"row_id": row_id, **{f"new_{column}": getattr(placement, name) for column, name in names.items()}}
        for row_id, placement in placements.items()
    ]
    query = update(table).where(table.c.id == bindparam("row_id"))
    connection.execute(query.values({column: bindparam(f"new_{column}") for column in names}), rows)


def _read_placed(connection: Connection, query: Select[Any]) -> list[DemoPlaced]:
    return [DemoPlaced(*row) for row in connection.execute(query.order_by(literal_column("1")))]


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(select(func.count()).select_from(query.subquery())).scalar_one())


@contextmanager
def _index_references(connection: Connection) -> Iterator[None]:
    for column in _UNINDEXED:
        connection.exec_driver_sql(f"CREATE INDEX ix_removal_{column.table.name} ON {column.table.name} (incident)")
    yield
    for column in _UNINDEXED:
        connection.exec_driver_sql(f"DROP INDEX ix_removal_{column.table.name}")
