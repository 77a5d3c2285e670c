"""Queries on generations of layers and their activations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from geogrid.errors import ConflictError, NotFoundError
from geogrid.layers.active_generation import active_at
from geogrid.local_time import format_timestamp
from geogrid.model import Activation, DedicatedNesting, Generation
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
    generations.c.dedicated_in,
)


def add_generation(
    connection: Connection,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    themes: Iterable[ThematicLayer] = (),
    *,
    label: str,
    base: int | None = None,
    dedicated_in: DedicatedNesting = DedicatedNesting.COMMUNITY,
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
    values = {
        "label": label,
        "synthetic": synthetic,
        "created_at": now,
        "base": base,
        "dedicated_in": dedicated_in,
        "demo": demo,
    }
    generation_id: int = connection.execute(insert(generations).values(values).returning(generations.c.id)).scalar_one()
    add_areas(connection, generation_id, layers)
    add_themes(connection, generation_id, themes)
    return Generation(generation_id, label, synthetic, base, now, dedicated_in)


def get_generation(connection: Connection, generation_id: int) -> Generation:
    """Return a generation.

    Raises
    ------
    NotFoundError
        If no generation has this id.
    """
    # SQLite cannot compare with an integer of more than 64 bits.
    in_range = abs(generation_id) < _MAX_ID
    query = select(*_GENERATION).where(generations.c.id == generation_id)
    row = connection.execute(query).mappings().first() if in_range else None
    if row is None:
        raise NotFoundError(
            "No generation has this id.",
            code="generation_unknown",
            field="generation",
            remedy="List them: geogrid layers generations.",
        )
    return _generation(row)


def _generation(row: Mapping[Any, Any]) -> Generation:
    return Generation(**{**row, "dedicated_in": DedicatedNesting(row["dedicated_in"])})


def list_generations(connection: Connection) -> list[Generation]:
    """Return all generations, oldest first."""
    return [_generation(row) for row in connection.execute(select(*_GENERATION).order_by(generations.c.id)).mappings()]


def add_activation(connection: Connection, activation: Activation) -> None:
    """Insert an activation."""
    values = {
        "generation": activation.generation,
        "active_from": activation.active_from,
        "decided_at": activation.decided_at,
        "is_rollback": activation.is_rollback,
    }
    connection.execute(insert(activations).values(values))


def list_activations(connection: Connection) -> list[Activation]:
    """Return all activations that are not cancelled, in the order of the decisions."""
    columns = (
        activations.c.generation,
        activations.c.active_from,
        activations.c.decided_at,
        activations.c.is_rollback,
    )
    query = select(*columns).where(activations.c.cancelled_at.is_(None)).order_by(activations.c.id)
    return [Activation(*row) for row in connection.execute(query)]


def cancel_activations(connection: Connection, generation_id: int, now: datetime) -> None:
    """Cancel the planned activations of a generation."""
    planned = (
        activations.c.generation == generation_id,
        activations.c.active_from > now,
        activations.c.cancelled_at.is_(None),
    )
    connection.execute(update(activations).where(*planned).values(cancelled_at=now))


def generation_at(connection: Connection, moment: datetime | None = None) -> Generation:
    """Return the generation active at a moment, by default now.

    Raises
    ------
    NotFoundError
        If no generation is active, or if the moment is before the first one.
    """
    known = list_activations(connection)
    current = active_at(known, moment or datetime.now(UTC))
    if current is None and known:
        first = min(activation.active_from for activation in known)
        raise NotFoundError(
            f"No layers are known for this time: the first generation is active from {format_timestamp(first)}.",
            code="before_first_generation",
            field="as_of" if moment else None,
            remedy=f"Use a time from {format_timestamp(first)} on.",
        )
    if current is None:
        raise NotFoundError(
            "No layers are active yet.",
            code="no_generation",
            remedy="Import and activate layers: geogrid layers import, geogrid layers activate. Or try geogrid demo.",
        )
    return get_generation(connection, current.generation)
