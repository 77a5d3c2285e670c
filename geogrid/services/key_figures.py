"""Key figures (received, handled and their rate) and density of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.local_time import local_zone
from geogrid.model.figures import Rate
from geogrid.model.synthetic_share import SyntheticShare
from geogrid.stats.disclosure_control import hide_small_counts
from geogrid.store import incidents as table
from geogrid.store.heat_cells import count_cells
from geogrid.store.incident_conditions import choose_to_count

if TYPE_CHECKING:
    from datetime import date

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Generation
    from geogrid.stats.point_binning import HeatCells
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class Kpi:
    """The key figures of incidents.

    Attributes
    ----------
    received
        The number of incidents reported in the period.
    handled
        How many of them are handled now.
    handled_rate
        The share of handled incidents.
    synthetic
        How many of them are synthetic.
    generation
        The generation that placed all incidents; None for the generation active when each was reported.
    """

    received: int
    handled: int
    handled_rate: Rate
    synthetic: int
    generation: int | None = None

    def share(self, generation: Generation) -> SyntheticShare:
        """Return the synthetic part of the incidents and of the layers on which they are shown."""
        return SyntheticShare.of(self.received, self.synthetic, grids=generation.synthetic)


@dataclass(frozen=True, slots=True)
class Density:
    """The density of incidents.

    Attributes
    ----------
    kpi
        The key figures.
    cells
        The incident counts by heat cell.
    by_grid
        The incident counts by grid code; an incident in a dedicated grid counts for the dedicated and the base grid.
    """

    kpi: Kpi
    cells: HeatCells
    by_grid: dict[str, int]


def read_kpi(store: Store, filters: IncidentQuery) -> Kpi:
    """Return the key figures of incidents.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        counts = table.count_incidents(connection, choose_to_count(connection, filters))
    return kpi_from_counts(counts, filters)


def read_density(store: Store, filters: IncidentQuery, *, coarse: bool = False) -> Density:
    """Return the density of incidents, from one database snapshot.

    Parameters
    ----------
    store
        The database.
    filters
        The incidents.
    coarse
        Apply disclosure control for anonymous users: merge cells with fewer than
        `geogrid.stats.disclosure_control.MIN_COUNT` incidents.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        choice = choose_to_count(connection, filters)
        counts = table.count_incidents(connection, choice)
        cells = count_cells(connection, choice)
        by_grid = table.count_by_grid(connection, choice)
    return Density(kpi_from_counts(counts, filters), hide_small_counts(cells) if coarse else cells, by_grid)


def count_by_grid(store: Store, filters: IncidentQuery) -> tuple[Kpi, dict[str, int]]:
    """Return the key figures of incidents, and the incident counts by grid code.

    Raises
    ------
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    with store.read() as connection:
        choice = choose_to_count(connection, filters)
        return kpi_from_counts(table.count_incidents(connection, choice), filters), table.count_by_grid(
            connection, choice
        )


def get_newest_day(store: Store) -> date | None:
    """Return the local day of the newest incident, or None if there are no incidents."""
    with store.read() as connection:
        newest = table.get_newest_report_time(connection)
    return newest.astimezone(local_zone()).date() if newest else None


def kpi_from_counts(counts: table.IncidentCounts, filters: IncidentQuery) -> Kpi:
    """Return the key figures for counts."""
    rate = Rate(counts.handled, counts.received)
    return Kpi(counts.received, counts.handled, rate, counts.synthetic, filters.by_generation)
