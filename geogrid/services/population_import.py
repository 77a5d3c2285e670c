"""Import of the population of areas, which rates use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.layers.population_reader import read_population
from geogrid.services.layer_generations import load_layers
from geogrid.store import populations as table

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.tabular.row_model import Refusal


@dataclass(frozen=True, slots=True)
class PopulationImport:
    """The result of an import of populations.

    Attributes
    ----------
    added, changed, unchanged
        The numbers of areas with a new, a changed and an unchanged population.
    refused
        The refused rows, each with its reason.
    committed
        Whether the changes were stored.
    """

    added: int
    changed: int
    unchanged: int
    refused: list[Refusal]
    committed: bool


def import_population(store: Store, content: bytes, *, commit: bool) -> PopulationImport:
    """Store the populations of a list by area code; areas missing from the list keep theirs.

    Parameters
    ----------
    store
        The database.
    content
        A file for `geogrid.layers.population_reader.read_population`.
    commit
        False checks without writing.

    Raises
    ------
    FileError
        If the file is not a list of populations.
    """
    _, layers = load_layers(store)
    population_list = read_population(content, {code for frame in layers.values() for code in frame["code"]})
    with store.write() if commit else store.read() as connection:
        stored = table.read_populations(connection)
        if commit:
            table.write_populations(connection, population_list.people)
    added = sum(code not in stored for code in population_list.people)
    unchanged = sum(stored.get(code) == population for code, population in population_list.people.items())
    return PopulationImport(
        added, len(population_list.people) - added - unchanged, unchanged, population_list.refused, commit
    )
