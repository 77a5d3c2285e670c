"""Preparation of a store with the demo: layers, population, incidents of a half-year and an inspection round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.demo.incidents import RECEIVED, make_histories, make_reports
from geogrid.demo.layers.population import make_population
from geogrid.demo.ledger_records import add_demo_ledger
from geogrid.errors import ConflictError, NotFoundError
from geogrid.incidents.grid_assignment import assign_reports
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.generation_file_reader import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import Activation
from geogrid.reference_files import data_path
from geogrid.rules.rule_texts import read_included
from geogrid.services.layer_generations import BEGINNING
from geogrid.services.rule_versions import add_first_version
from geogrid.store.generations import add_activation, add_generation, generation_at
from geogrid.store.incidents import add_incidents, mark_merged
from geogrid.store.populations import write_populations
from geogrid.store.synthetic_rows import count_real_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.store.database import Store

LABEL: Final = "demo: synthetic / 合成示意"
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The number of grids, incidents and ledger problems that the demo added."""

    grids: int
    incidents: int
    problems: int


def prepare_demo(
    store: Store,
    *,
    incidents: int = RECEIVED,
    start: Callable[[int], None] | None = None,
    advance: Callable[[int], None] | None = None,
) -> DemoReport | None:
    """Fill an empty store with the demo in one transaction; do not change a store with layers.

    Parameters
    ----------
    store
        The store, with its tables.
    incidents
        The number of incidents. Tests that write use fewer than the demo has.
    start
        Called once with the total number of incidents.
    advance
        Called with the number of incidents added since the last call.

    Returns
    -------
    DemoReport or None
        None if a generation is active already.

    Raises
    ------
    ConflictError
        If the store has real data: incidents, accounts, drafts of layers, or imported lists.
    """
    with store.read() as connection:
        if not can_take_demo(connection):
            return None
    if start:
        start(incidents)
    layers = read_generation(data_path("boundaries"))
    reports = make_reports(layers, load_rules().categories, received=incidents)
    with store.write() as connection:
        # Another process may have prepared the store in the meantime.
        if not can_take_demo(connection):
            return None
        add_first_version(connection, read_included(), BEGINNING)
        generation = add_generation(connection, layers, label=LABEL, demo=True)
        add_activation(connection, Activation(generation.id, BEGINNING, datetime.now(UTC)))
        locator = Locator(generation, layers)
        histories = make_histories(reports, assign_reports(reports, locator), load_rules(), datetime.now(UTC))
        incident_ids: list[int] = []
        for first in range(0, len(reports), _CHUNK):
            incident_ids += add_incidents(connection, histories.arrivals[first : first + _CHUNK])
            if advance:
                advance(len(incident_ids) - first)
        mark_merged(
            connection, {incident_ids[row]: incident_ids[target] for row, target in histories.duplicates.items()}
        )
        write_populations(connection, make_population(layers))
        problems = add_demo_ledger(connection, layers, locator, load_rules())
    return DemoReport(len(locator.owners), len(reports), problems)


def can_take_demo(connection: Connection) -> bool:
    """Return False if a generation is active, and True if there are neither layers nor real data.

    Raises
    ------
    ConflictError
        If no generation is active, but the store has real data.
    """
    if has_layers(connection):
        return False
    if real := count_real_rows(connection):
        counts = ", ".join(f"{name} {count:,}" for name, count in real.items())
        raise ConflictError(
            f"The store has real data, which the demo must not mix with: {counts}.",
            code="real_data",
            remedy="Set GEOGRID_HOME to an empty folder for the demo.",
        )
    return True


def has_layers(connection: Connection) -> bool:
    """Return whether a generation is active."""
    try:
        generation_at(connection)
    except NotFoundError:
        return False
    return True
