"""The generation by whose grids figures are counted when a request names none.

Incidents keep the grids of the generation in which they were reported. Once a generation with other grids is active,
all figures count by the active one, so that counts and shapes agree. Until the restatement is complete, figures count
by the original grids and say so, with the command that completes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import ConflictError
from geogrid.store import restatements as table
from geogrid.store.generations import generation_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class RestatementGap:
    """An incomplete restatement: figures by area join grids of several generations.

    Attributes
    ----------
    generation
        The id of the generation whose shapes are shown.
    missing
        The number of incidents with grids of a generation with other shapes.
    """

    generation: int
    missing: int

    @property
    def command(self) -> str:
        """The command that completes the restatement."""
        return f"geogrid reassign --generation {self.generation} --commit"


@dataclass(frozen=True, slots=True)
class CountingBasis:
    """The grids by which incidents are counted.

    Attributes
    ----------
    generation
        The id of the generation that places all incidents; None for the generation in which each was reported.
    gap
        The missing restatements; None if counts and shapes agree.
    """

    generation: int | None = None
    gap: RestatementGap | None = None


def find_basis(store: Store, generation: int | None = None) -> CountingBasis:
    """Return the grids by which figures are counted on the shapes of a generation, by default the active one."""
    with store.read() as connection:
        return read_basis(connection, generation)


def read_basis(connection: Connection, generation: int | None = None) -> CountingBasis:
    """Return the grids by which figures are counted; see `find_basis`."""
    shown = generation or generation_at(connection).id
    if not table.has_other_grids(connection, shown):
        return CountingBasis()
    missing = table.count_missing(connection, shown)
    return CountingBasis(gap=RestatementGap(shown, missing)) if missing else CountingBasis(shown)


def require_restated(gap: RestatementGap | None, query: IncidentQuery, *, by_area: bool) -> None:
    """Raise if figures for a file depend on areas and the restatement is incomplete: a file carries no note.

    Parameters
    ----------
    gap
        The missing restatements.
    query
        The incidents.
    by_area
        Whether the rows are areas.

    Raises
    ------
    ConflictError
        With the command that completes the restatement.
    """
    filtered = any((query.street, query.community, query.grid, query.layer))
    if gap and (by_area or filtered):
        raise ConflictError(
            f"The areas have changed: {gap.missing:,} incidents have not been restated by generation {gap.generation}.",
            code="not_restated",
            remedy=f"Run: {gap.command}. Or select the layers of another day with as_of.",
        )
