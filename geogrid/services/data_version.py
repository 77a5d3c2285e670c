"""Version of the data that maps show: two equal versions mean equal incidents and populations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.store.change_feed import get_newest_change_id
from geogrid.store.incident_array_reader import get_newest_incident_id, get_oldest_incident_id
from geogrid.store.populations import read_populations

if TYPE_CHECKING:
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class DataVersion:
    """Version of the incidents of a database, and of the populations if they are needed.

    Attributes
    ----------
    change
        The id of the newest change of an incident.
    oldest, newest
        The ids of the oldest and of the newest incident; the removal of the demo deletes the oldest ones.
    populations
        Hash of the populations of all areas; 0 if they are not needed.
    """

    change: int
    oldest: int
    newest: int
    populations: int = 0


def read_data_version(store: Store, *, populations: bool) -> DataVersion:
    """Return the version of the incidents, and with `populations` also that of the populations."""
    with store.read() as connection:
        return DataVersion(
            get_newest_change_id(connection),
            get_oldest_incident_id(connection),
            get_newest_incident_id(connection),
            hash(frozenset(read_populations(connection).items())) if populations else 0,
        )
