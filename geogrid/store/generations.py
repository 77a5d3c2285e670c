"""Queries on generations of layers and their activations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from geogrid.errors import ConflictError, NotFoundError
from geogrid.layers.active_generation import active_at
from geogrid.model import Activation, Generation
from geogrid.store.layers import add_areas, add_themes
from geogrid.store.tables import activations, generations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from sqlalchemy import Connection

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.model import Layer

_MAX_ID = 2**63
_GENERATION = (
    generations.c.id,
    generations.c.label,
    generations.c.synthetic,
    generations.c.base,
    generations.c.created_at,
)


def add_generation(
    connection: Connection,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    themes: Iterable[ThematicLayer] = (),
    *,
    label: str,
    base: int | None = None,
    demo: bool = False,
) -> Generation:
    """Insert a set of layers as a new draft generation; `demo` marks the generation of the demo.

    Raises
    ------
    ConflictError
        If another generation has this label.
    """
    if connection.execute(select(generations.c.id).where(generations.c.label == label)).first():
        raise ConflictError("Another generation has this label.", code="label_taken", field="label")
    synthetic = any(bool(frame["synthetic"].any()) for frame in layers.values())
    now = datetime.now(UTC)
    values = {"label": label, "synthetic": synthetic, "created_at": now, "base": base, "demo": demo}
    generation_id: int = connection.execute(insert(generations).values(values).returning(generations.c.id)).scalar_one()
    add_areas(connection, generation_id, layers)
    add_themes(connection, generation_id, themes)
    return Generation(generation_id, label, synthetic, base, now)


def get_generation(connection: Connection, generation_id: int) -> Generation:
    """Return a generation.

    Raises
    ------
    NotFoundError
        If no generation has this id.
    """
    # SQLite cannot compare with an integer of more than 64 bits.
    in_range = abs(generation_id) < _MAX_ID
    row = (
        connection.execute(select(*_GENERATION).where(generations.c.id == generation_id)).first() if in_range else None
    )
    if row is None:
        raise NotFoundError(
            "No generation has this id.",
            code="generation_unknown",
            field="generation",
            remedy="List them: geogrid layers generations.",
        )
    return Generation(*row)


def list_generations(connection: Connection) -> list[Generation]:
    """Return all generations, oldest first."""
    return [Generation(*row) for row in connection.execute(select(*_GENERATION).order_by(generations.c.id))]


def add_activation(connection: Connection, activation: Activation) -> None:
    """Insert an activation."""
    values = {
        "generation": activation.generation,
        "active_from": activation.active_from,
        "decided_at": activation.decided_at,
    }
    connection.execute(insert(activations).values(values))


def list_activations(connection: Connection) -> list[Activation]:
    """Return all activations in the order of the decisions."""
    columns = (activations.c.generation, activations.c.active_from, activations.c.decided_at)
    return [Activation(*row) for row in connection.execute(select(*columns).order_by(activations.c.id))]


def generation_at(connection: Connection, moment: datetime | None = None) -> Generation:
    """Return the generation active at a moment, by default now.

    Raises
    ------
    NotFoundError
        If no generation was active.
    """
    current = active_at(list_activations(connection), moment or datetime.now(UTC))
    if current is None:
        raise NotFoundError("No layers are in force.", code="no_generation", remedy="Run: geogrid demo")
    return get_generation(connection, current.generation)
