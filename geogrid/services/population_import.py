"""Import of the population of areas, which rates use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.layers.population_reader import read_population
from geogrid.services.layer_generations import load_layers
from geogrid.store import populations as table
from geogrid.tabular.table_reader import DEFAULT_OPTIONS, ReadOptions, TabularFormat

if TYPE_CHECKING:
    from geogrid.store.database import Store
    from geogrid.tabular.row_model import LeftOutRow, Refusal


@dataclass(frozen=True, slots=True)
class PopulationImport:
    """The result of an import of populations.

    Attributes
    ----------
    added, changed, unchanged
        The numbers of areas with a new, a changed and an unchanged population.
    refused, left_out
        The refused rows, each with its reason, and the rows that are no records.
    committed
        Whether the changes were stored.
    """

    added: int
    changed: int
    unchanged: int
    refused: list[Refusal]
    left_out: list[LeftOutRow]
    committed: bool


def import_population(
    store: Store,
    content: bytes,
    file_format: TabularFormat = TabularFormat.CSV,
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    commit: bool,
) -> PopulationImport:
    """Store the populations of a list by area code; areas missing from the list keep theirs.

    Parameters
    ----------
    store
        The database.
    content
        A file for `geogrid.layers.population_reader.read_population`.
    file_format, options
        See `geogrid.tabular.table_reader.read_table`.
    commit
        False checks without writing.

    Raises
    ------
    FileError
        If the file is not a list of populations.
    """
    _, layers = load_layers(store)
    codes = {code for frame in layers.values() for code in frame["code"]}
    population_list = read_population(content, codes, file_format, options)
    with store.write() if commit else store.read() as connection:
        stored = table.read_populations(connection)
        if commit:
            table.write_populations(connection, population_list.people)
    added = sum(code not in stored for code in population_list.people)
    unchanged = sum(stored.get(code) == population for code, population in population_list.people.items())
    return PopulationImport(
        added,
        len(population_list.people) - added - unchanged,
        unchanged,
        population_list.refused,
        population_list.left_out,
        commit,
    )
