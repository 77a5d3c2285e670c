"""Use cases around the people who live in areas: taken in from lists, used by rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.layers.population import read_population
from geogrid.services.layers import load_layers
from geogrid.store import populations as table

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.tabular.table_rows import Refusal


@dataclass(frozen=True, slots=True)
class PopulationImport:
    """What became of a list.

    Attributes
    ----------
    added, changed, unchanged
        How many areas had no number before, have another one now, and have the same.
    refused
        The rows that cannot be kept, each with its reason.
    committed
        Whether the others have been stored.
    """

    added: int
    changed: int
    unchanged: int
    refused: list[Refusal]
    committed: bool


def import_population(store: Store, content: bytes, *, commit: bool) -> PopulationImport:
    """Take in a list of populations; an area is known by its code, and what the list does not name stays.

    Parameters
    ----------
    store
        Where they are kept.
    content
        As `geogrid.layers.population.read_population` takes it.
    commit
        False only reports what would happen.

    Raises
    ------
    FileError
        If it is no such list.
    """
    _, layers = load_layers(store)
    found = read_population(content, {code for frame in layers.values() for code in frame["code"]})
    with store.write() if commit else store.read() as connection:
        known = table.read_populations(connection)
        if commit:
            table.write_populations(connection, found.people)
    added = sum(code not in known for code in found.people)
    unchanged = sum(known.get(code) == one for code, one in found.people.items())
    return PopulationImport(added, len(found.people) - added - unchanged, unchanged, found.refused, commit)
