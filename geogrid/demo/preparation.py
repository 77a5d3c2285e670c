"""Prepare the demo: the synthetic layers with their made-up people, half-year and inspection round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.demo.incidents import RECEIVED, make_loop, make_reports
from geogrid.demo.layers.population import make_population
from geogrid.demo.ledger_records import add_demo_ledger
from geogrid.errors import NotFoundError
from geogrid.incidents.grid_assignment import place
from geogrid.incidents.rule_set import load_rules
from geogrid.layers.geojson_reader import read_generation
from geogrid.locate.locator import Locator
from geogrid.model import Activation
from geogrid.resources import data_path
from geogrid.services.layers import ALWAYS
from geogrid.store.generations import add_activation, add_generation, generation_at
from geogrid.store.incidents import add_incidents, mark_merged
from geogrid.store.populations import write_populations

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from geogrid.store.database import Store

LABEL: Final = "demo: synthetic / 合成示意"
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class DemoReport:
    """How many grids, incidents and problems at inspected sites the demo has put in place."""

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
    """Fill an empty store with the demo, all or nothing; leave any other as it is.

    Parameters
    ----------
    store
        Its tables are there.
    incidents
        The number of incidents; tests that write take fewer than the demo has.
    start
        Called once with the number of incidents to come.
    advance
        Called with the number of incidents done since the last call.

    Returns
    -------
    DemoReport or None
        None if there are layers in force already.
    """
    with store.read() as connection:
        if has_layers(connection):
            return None
    if start:
        start(incidents)
    layers = read_generation(data_path("boundaries"))
    reports = make_reports(layers, load_rules().categories, received=incidents)
    with store.write() as connection:
        # Another process may have prepared it in the meantime.
        if has_layers(connection):
            return None
        generation = add_generation(connection, layers, label=LABEL)
        add_activation(connection, Activation(generation.id, ALWAYS, datetime.now(UTC)))
        locator = Locator(generation, layers)
        loop = make_loop(reports, place(reports, locator), load_rules(), datetime.now(UTC))
        numbers: list[int] = []
        for first in range(0, len(reports), _CHUNK):
            numbers += add_incidents(connection, loop.arrivals[first : first + _CHUNK])
            if advance:
                advance(len(numbers) - first)
        mark_merged(connection, {numbers[row]: numbers[target] for row, target in loop.duplicates.items()})
        write_populations(connection, make_population(layers))
        problems = add_demo_ledger(connection, layers, locator, load_rules().categories)
    return DemoReport(len(locator.owners), len(reports), problems)


def has_layers(connection: Connection) -> bool:
    """Return whether any layers are in force."""
    try:
        generation_at(connection)
    except NotFoundError:
        return False
    return True
