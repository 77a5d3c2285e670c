"""Removal of the demo: everything synthetic goes in one transaction, real rows stay.

References between real and synthetic rows are resolved by these rules:

- A real incident merged into a synthetic one returns to the status before the merge, as if the target had become void.
- A real ledger entry loses its link to a synthetic incident. The synthetic site and round of a real entry stay.
- Real incidents, sites and entries that a generation of the demo has placed are placed by the imported generation of
  their day, otherwise by the first one. Without an active imported generation, the removal is refused.
- Steps, photos, cards and whistles of a synthetic incident go with it, whoever made them. Accounts and keys stay.
- A snapshot of a closed month that counts synthetic incidents goes; the closing stays.
- The rules of the demo go, unless a user has changed them or real incidents follow them.
- An imported generation with synthetic layers stays, and keeps its mark.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import ConflictError
from geogrid.incidents.grid_assignment import assign_points
from geogrid.layers.active_generation import active_at
from geogrid.locate.locator import Locator
from geogrid.model import CONSOLE, SNAP_M
from geogrid.services import saved_columns
from geogrid.services.incident_steps import restore_incidents
from geogrid.services.layer_generations import BEGINNING
from geogrid.store import synthetic_rows as table
from geogrid.store.audit import add_audit
from geogrid.store.generations import get_generation, list_activations
from geogrid.store.incident_mark import renew_history
from geogrid.store.layers import load_area_columns
from geogrid.store.rule_usage import has_rows
from geogrid.store.rule_versions import delete_demo_rules
from geogrid.store.tables import incidents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Activation, Actor, Placement
    from geogrid.store.database import Store
    from geogrid.store.synthetic_rows import DemoPlaced

#: Raster indexes, and saved columns of incidents.
_INDEX_FILES: Final = ("*.raster", f"*{saved_columns.SUFFIX}")


@dataclass(frozen=True, slots=True)
class RemovedDemo:
    """What a removal of the demo deletes, changes and keeps.

    Attributes
    ----------
    deleted
        The number of deleted rows by table; tables without such rows are missing.
    index_files
        The number of deleted files of raster indexes and of incident columns.
    by_people
        The number of deleted incidents on which a user or a key has taken a step.
    restored
        The ids of the real incidents that return to the status before their merge.
    unlinked
        The number of real ledger entries that lose their link to a synthetic incident.
    replaced
        The number of real incidents, sites and ledger entries that an imported generation places.
    kept_sites, kept_rounds
        The number of synthetic sites and rounds that stay because real ledger entries refer to them.
    kept_generations
        The labels of the imported generations with synthetic layers, which stay.
    """

    deleted: dict[str, int]
    index_files: int = 0
    by_people: int = 0
    restored: list[int] = field(default_factory=list)
    unlinked: int = 0
    replaced: int = 0
    kept_sites: int = 0
    kept_rounds: int = 0
    kept_generations: list[str] = field(default_factory=list)


def remove_demo(
    store: Store,
    rules: RuleSet,
    index: Path | None = None,
    *,
    commit: bool,
    snap_m: float = SNAP_M,
    actor: Actor = CONSOLE,
) -> RemovedDemo:
    """Remove everything synthetic in one transaction, and return what was removed.

    Parameters
    ----------
    store, rules
        The database, and the rules of the incidents.
    index
        The folder of the raster indexes and incident columns, a cache. Its files are deleted after the transaction.
    commit
        False removes everything and rolls back, so that the result is exact.
    snap_m
        The snapping distance in metres, see `geogrid.locate.locator.Locator`.
    actor
        The user, for the audit log.

    Raises
    ------
    ConflictError
        If real incidents, sites or ledger entries lie in grids of the demo, and no imported generation is active.
    """
    with store.write() as connection:
        removed = _remove_rows(connection, rules, snap_m, datetime.now(UTC))
        if not commit:
            connection.rollback()
        elif removed.deleted:
            renew_history(connection)
            add_audit(connection, actor, "demo.remove", _describe(removed))
    files = [file for name in _INDEX_FILES for file in index.glob(name)] if index and removed.deleted else []
    if commit:
        for file in files:
            file.unlink(missing_ok=True)
    return replace(removed, index_files=len(files))


def _remove_rows(connection: Connection, rules: RuleSet, snap_m: float, now: datetime) -> RemovedDemo:
    by_people, kept_generations = table.count_handled_by_people(connection), table.list_partly_synthetic(connection)
    kept_sites, kept_rounds = table.count_kept_sites(connection), table.count_kept_rounds(connection)
    merged = table.list_real_merged(connection)
    restore_incidents(connection, merged, rules, now)
    unlinked = table.unlink_entries(connection)
    table.unlink_drafts(connection)
    replaced = _place_anew(connection, snap_m, now)
    snapshots = table.delete_snapshots(connection, table.list_synthetic_snapshots(connection))
    deleted = table.delete_rows(connection) | {"period_snapshots": snapshots}
    if deleted["generations"] and not has_rows(connection, incidents):
        deleted |= delete_demo_rules(connection)
    if deleted["activations"]:
        table.extend_first_activation(connection, now, BEGINNING)
    return RemovedDemo(
        deleted={name: count for name, count in deleted.items() if count},
        by_people=by_people,
        restored=[incident.id for incident in merged],
        unlinked=unlinked,
        replaced=replaced,
        kept_sites=kept_sites,
        kept_rounds=kept_rounds,
        kept_generations=kept_generations,
    )


def _place_anew(connection: Connection, snap_m: float, now: datetime) -> int:
    """Place the real rows of demo grids by imported generations, and return their number."""
    listed = [
        (table.place_incidents, table.list_placed_incidents(connection)),
        (table.place_sites, table.list_placed_sites(connection)),
        (table.place_entries, table.list_placed_entries(connection)),
    ]
    count = sum(len(rows) for _, rows in listed)
    if not count:
        return 0
    demo = set(table.list_demo_generations(connection))
    imported = [decision for decision in list_activations(connection) if decision.generation not in demo]
    started = [decision for decision in imported if decision.active_from <= now]
    if not started:
        raise ConflictError(
            f"{count:,} real records lie in grids of the demo, and no other layers are active.",
            code="demo_in_use",
            remedy="Import and activate your layers first: geogrid layers import, geogrid layers activate.",
        )
    locators = _Locators(connection, started, snap_m)
    for place, rows in listed:
        place(connection, locators.place(rows, now))
    return count


class _Locators:
    """The locators of the imported generations, each loaded on first use."""

    def __init__(self, connection: Connection, started: Sequence[Activation], snap_m: float) -> None:
        self._connection, self._started, self._snap_m = connection, started, snap_m
        self._first = min(started, key=lambda decision: decision.active_from)
        self._loaded: dict[int, Locator] = {}

    def place(self, rows: Sequence[DemoPlaced], now: datetime) -> dict[int, Placement]:
        """Return the placements of rows by their ids."""
        rows_by_generation: dict[int, list[DemoPlaced]] = {}
        for row in rows:
            decision = active_at(self._started, row.at or now) or self._first
            rows_by_generation.setdefault(decision.generation, []).append(row)
        placements: dict[int, Placement] = {}
        for generation, placed in rows_by_generation.items():
            lon, lat = np.array([row.lon for row in placed]), np.array([row.lat for row in placed])
            found = assign_points(lon, lat, self._load(generation))
            placements |= {row.id: placement for row, placement in zip(placed, found, strict=True)}
        return placements

    def _load(self, generation_id: int) -> Locator:
        if generation_id not in self._loaded:
            generation = get_generation(self._connection, generation_id)
            columns = load_area_columns(self._connection, generation)
            self._loaded[generation_id] = Locator(generation, columns, snap_m=self._snap_m, raster=False)
        return self._loaded[generation_id]


def _describe(removed: RemovedDemo) -> str:
    deleted = ", ".join(f"{name} {count}" for name, count in sorted(removed.deleted.items()))
    return f"{deleted}; placed anew {removed.replaced}, merges undone {len(removed.restored)}"
