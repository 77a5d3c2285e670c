"""Use cases around figures: counts, rates, density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.local_time import LOCAL_ZONE
from geogrid.model.figures import Rate
from geogrid.stats.disclosure_control import hide_small_counts
from geogrid.store import incidents as table
from geogrid.store.heat_cells import cells_of
from geogrid.store.incident_conditions import choose

if TYPE_CHECKING:
    from datetime import date

    from geogrid.incidents.query import IncidentQuery
    from geogrid.stats.density import HeatCells
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Kpi:
    """The key figures of a choice of incidents.

    Attributes
    ----------
    received
        How many were reported in the period.
    handled
        How many of these have been handled by now.
    handled_rate
        The share.
    synthetic
        How many of them are made up.
    generation
        The generation by whose layers all of them were counted; None: each by the layers of its own day.
    """

    received: int
    handled: int
    handled_rate: Rate
    synthetic: int
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Density:
    """Where the incidents of a choice lie.

    Attributes
    ----------
    kpi
        Their key figures.
    cells
        Their heat cells.
    by_grid
        How many lie in each grid, by code; one in a dedicated grid counts for that and for its base grid.
    """

    kpi: Kpi
    cells: HeatCells
    by_grid: dict[str, int]


def kpi(store: Store, chosen: IncidentQuery) -> Kpi:
    """Count the incidents that a filter chooses, from the rows.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    with store.read() as connection:
        counts = table.count_incidents(connection, choose(connection, chosen))
    return kpi_of(counts, chosen)


def density(store: Store, chosen: IncidentQuery, *, coarse: bool = False) -> Density:
    """Return where the incidents that a filter chooses lie; all figures are of one moment.

    Parameters
    ----------
    store
        Where they are.
    chosen
        Which ones.
    coarse
        For everybody's eyes: no cell has fewer incidents than `geogrid.stats.disclosure_control.MIN_COUNT`.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    with store.read() as connection:
        choice = choose(connection, chosen)
        counts = table.count_incidents(connection, choice)
        cells = cells_of(connection, choice)
        by_grid = table.count_by_grid(connection, choice)
    return Density(kpi_of(counts, chosen), hide_small_counts(cells) if coarse else cells, by_grid)


def count_by_grid(store: Store, chosen: IncidentQuery) -> tuple[Kpi, dict[str, int]]:
    """Return the key figures of the incidents that a filter chooses, and how many lie in each grid.

    Raises
    ------
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    with store.read() as connection:
        choice = choose(connection, chosen)
        return kpi_of(table.count_incidents(connection, choice), chosen), table.count_by_grid(connection, choice)


def newest_day(store: Store) -> date | None:
    """Return the day of the newest incident, on the clock of the district, or None where there is none."""
    with store.read() as connection:
        newest = table.newest_report(connection)
    return newest.astimezone(LOCAL_ZONE).date() if newest else None


def kpi_of(counts: table.Counts, chosen: IncidentQuery) -> Kpi:
    """Return the key figures that counts stand for."""
    rate = Rate(counts.handled, counts.received)
    return Kpi(counts.received, counts.handled, rate, counts.synthetic, chosen.by_generation)
