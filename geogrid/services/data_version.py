"""Version of the data that maps show: two equal versions mean equal incidents and populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.store.incident_mark import IncidentMark, read_mark
from geogrid.store.populations import read_populations

if TYPE_CHECKING:
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Version of the incidents of a database, and of the populations if they are needed.

    Attributes
    ----------
    incidents
        The state of the incidents.
    populations
        Hash of the populations of all areas; 0 if they are not needed.
    """

    incidents: IncidentMark
    populations: int = 0


def read_data_version(store: Store, *, populations: bool) -> DataVersion:
    """Return the version of the incidents, and with `populations` also that of the populations."""
    with store.read() as connection:
        return DataVersion(
            read_mark(connection),
            hash(frozenset(read_populations(connection).items())) if populations else 0,
        )
