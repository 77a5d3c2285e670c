"""Generations, and the decisions that put them in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.errors import ConflictError, NotFoundError
from geogrid.layers.generations import active_at
from geogrid.model import Activation, Generation
from geogrid.store.layers import add_areas, add_themes
from geogrid.store.tables import activations, generations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from sqlalchemy import Connection

    from geogrid.layers.themes import ThematicLayer
    from geogrid.model import Layer

_NUMBERS = 2**63
_GENERATION = (generations.c.id, generations.c.label, generations.c.synthetic, generations.c.base)


def add_generation(
    connection: Connection,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    themes: Iterable[ThematicLayer] = (),
    *,
    label: str,
    base: int | None = None,
) -> Generation:
    """Store a set of layers as a new generation, a draft.

    Raises
    ------
    ConflictError
        If the label is taken.
    """
    if connection.execute(select(generations.c.id).where(generations.c.label == label)).first():
        raise ConflictError("There is a generation of this label already.", code="label_taken", field="label")
    synthetic = any(bool(frame["synthetic"].any()) for frame in layers.values())
    values = {"label": label, "synthetic": synthetic, "created_at": datetime.now(UTC), "base": base}
    number: int = connection.execute(insert(generations).values(values).returning(generations.c.id)).scalar_one()
    add_areas(connection, number, layers)
    add_themes(connection, number, themes)
    return Generation(number, label, synthetic, base)


def get_generation(connection: Connection, number: int) -> Generation:
    """Return a generation.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    # SQLite cannot even look for a number of more than 64 bits.
    known = abs(number) < _NUMBERS
    row = connection.execute(select(*_GENERATION).where(generations.c.id == number)).first() if known else None
    if row is None:
        raise NotFoundError(
            "There is no generation of this number.",
            code="generation_unknown",
            field="generation",
            remedy="See: geogrid layers generations.",
        )
    return Generation(*row)


def list_generations(connection: Connection) -> list[Generation]:
    """Return all generations, the oldest first."""
    return [Generation(*row) for row in connection.execute(select(*_GENERATION).order_by(generations.c.id))]


def add_activation(connection: Connection, decision: Activation) -> None:
    """Keep a decision."""
    values = {
        "generation": decision.generation,
        "active_from": decision.active_from,
        "decided_at": decision.decided_at,
    }
    connection.execute(insert(activations).values(values))


def list_activations(connection: Connection) -> list[Activation]:
    """Return all decisions in the order in which they were taken."""
    columns = (activations.c.generation, activations.c.active_from, activations.c.decided_at)
    return [Activation(*row) for row in connection.execute(select(*columns).order_by(activations.c.id))]


def generation_at(connection: Connection, moment: datetime | None = None) -> Generation:
    """Return the generation in force at a moment, by default now.

    Raises
    ------
    NotFoundError
        If none is.
    """
    current = active_at(list_activations(connection), moment or datetime.now(UTC))
    if current is None:
        raise NotFoundError("No layers are in force.", code="no_generation", remedy="Run: geogrid demo")
    return get_generation(connection, current.generation)
