"""Generations of layers: list, compare, activate, load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, QueryError, StaleError
from geogrid.incidents.query import IncidentQuery
from geogrid.layers.active_generation import active_at, generation_state, previous_generation
from geogrid.layers.diff import LayerDiff, diff_layers
from geogrid.locate.locator import Assignment, Locator
from geogrid.model import CONSOLE, SNAP_M, Activation, Generation, GenerationState, Layer, Permission
from geogrid.permissions import check_permission
from geogrid.services.active_locator import load_locator as load_locator  # noqa: PLC0414 - part of this module's interface
from geogrid.store import generations as table
from geogrid.store import layers as areas
from geogrid.store.audit import add_audit
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import read_incident_points

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.model import Actor
    from geogrid.store.database import Store

#: The first generation of a database is active from this time.
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """A generation, its state, and the times from which it was or will be active."""

    generation: Generation
    state: GenerationState
    active_from: list[datetime]


@dataclass(frozen=True, slots=True)
class GenerationDiff:
    """The differences between two generations.

    Attributes
    ----------
    layers
        The differences by layer; thematic layers only if both generations have them.
    themes_added, themes_removed
        The thematic layers of only one generation.
    incidents
        The number of incidents.
    change_hands
        The number of incidents whose responsible grid differs.
    """

    layers: dict[str, LayerDiff]
    themes_added: list[str]
    themes_removed: list[str]
    incidents: int
    change_hands: int

    @property
    def is_empty(self) -> bool:
        """Whether the generations are equal."""
        changed = any(not changes.is_empty for changes in self.layers.values())
        return not (changed or self.themes_added or self.themes_removed)


def list_generations(store: Store) -> list[GenerationRecord]:
    """Return all generations with their current state, oldest first."""
    now = datetime.now(UTC)
    with store.read() as connection:
        decisions = table.list_activations(connection)
        return [
            GenerationRecord(
                generation,
                generation_state(generation.id, decisions, now),
                [decision.active_from for decision in decisions if decision.generation == generation.id],
            )
            for generation in table.list_generations(connection)
        ]


def list_versions(store: Store) -> list[tuple[datetime, Generation]]:
    """Return the past, current and future active generations with the start of each active period, in time order."""
    with store.read() as connection:
        decisions = table.list_activations(connection)
        known = {generation.id: generation for generation in table.list_generations(connection)}
    begun = sorted({decision.active_from for decision in decisions})
    found = ((moment, active_at(decisions, moment)) for moment in begun)
    return [(moment, known[decision.generation]) for moment, decision in found if decision]


def diff_generations(store: Store, old_id: int, new_id: int, *, snap_m: float = SNAP_M) -> GenerationDiff:
    """Compare two generations by layer, and count the incidents whose responsible grid differs.

    Parameters
    ----------
    store
        The database.
    old_id, new_id
        The ids of the generations.
    snap_m
        The snapping distance in metres, see `geogrid.locate.locator.Locator`.

    Raises
    ------
    NotFoundError
        If a generation does not exist.
    """
    old_generation, old_layers = load_generation(store, old_id)
    new_generation, new_layers = load_generation(store, new_id)
    with store.read() as connection:
        lon, lat = read_incident_points(connection, choose(connection, IncidentQuery()))
    old_assignment, new_assignment = (
        Locator(generation, frames, snap_m=snap_m).assign(lon, lat)
        for generation, frames in ((old_generation, old_layers), (new_generation, new_layers))
    )
    changed = sum(
        _responsible_code(old_assignment, row) != _responsible_code(new_assignment, row) for row in range(len(lon))
    )
    layers: dict[str, LayerDiff] = {layer: diff_layers(old_layers[layer], new_layers[layer]) for layer in Layer}
    old_themes, new_themes = load_themes(store, old_id), load_themes(store, new_id)
    layers |= {
        name: diff_layers(theme.frame, new_themes[name].frame)
        for name, theme in old_themes.items()
        if name in new_themes
    }
    return GenerationDiff(
        layers=layers,
        themes_added=sorted(set(new_themes) - set(old_themes)),
        themes_removed=sorted(set(old_themes) - set(new_themes)),
        incidents=len(lon),
        change_hands=changed,
    )


def _responsible_code(assignment: Assignment, row: int) -> str | None:
    owner = assignment.responsible(row)
    return owner.grid.code if owner else None


def activate_generation(
    store: Store,
    number: int,
    active_from: datetime | None = None,
    *,
    actor: Actor = CONSOLE,
    expected: int | None = None,
) -> Activation:
    """Activate a generation from a moment on; by default from now, the first one for all of the past.

    Parameters
    ----------
    store
        The database.
    number
        The id of the generation.
    active_from
        The moment; None for now.
    actor
        Who activates it.
    expected
        The id of the generation that the actor takes for the active one, 0 for none; None skips the check.

    Raises
    ------
    ForbiddenError
        If the actor lacks the permission ``layers.write``.
    NotFoundError
        If the generation does not exist.
    QueryError
        If the moment has passed: what was in force is never changed afterwards.
    StaleError
        If another generation than `expected` is active by now.
    """
    check_permission(actor, Permission.LAYERS_WRITE)
    with store.write() as connection:
        # Taken inside the transaction, which may have waited for another writer.
        now = datetime.now(UTC)
        table.get_generation(connection, number)
        decisions = table.list_activations(connection)
        _check_expected(decisions, now, expected)
        first = not decisions
        if active_from and active_from < now and not first:
            raise QueryError(
                "The time has passed, and past active periods cannot change.",
                code="activation_in_past",
                field="from",
                remedy="Use a future time, or none for now.",
            )
        decision = Activation(number, active_from or (BEGINNING if first else now), now)
        table.add_activation(connection, decision)
        add_audit(connection, actor, "layers.activate", _described(decision))
    return decision


def reactivate_previous(store: Store, *, actor: Actor = CONSOLE, expected: int | None = None) -> Activation:
    """Undo the last activation: reactivate the generation that was active before. A repeated call goes back further.

    Parameters
    ----------
    store
        The database.
    actor
        Who reactivates it.
    expected
        The id of the generation that the actor takes for the active one; None skips the check.

    Raises
    ------
    ForbiddenError
        If the actor lacks the permission ``layers.write``.
    ConflictError
        If no earlier generation is left.
    StaleError
        If another generation than `expected` is active by now.
    """
    check_permission(actor, Permission.LAYERS_WRITE)
    with store.write() as connection:
        now = datetime.now(UTC)
        decisions = table.list_activations(connection)
        _check_expected(decisions, now, expected)
        earlier = previous_generation(decisions, now)
        if earlier is None:
            raise ConflictError(
                "No earlier generation is left to go back to.",
                code="nothing_before",
                remedy="Activate a generation by its id: geogrid layers activate ID.",
            )
        decision = Activation(earlier, now, now, is_rollback=True)
        table.add_activation(connection, decision)
        add_audit(connection, actor, "layers.rollback", _described(decision))
    return decision


def cancel_activation(store: Store, generation_id: int, *, actor: Actor = CONSOLE) -> list[Activation]:
    """Cancel the planned activations of a generation.

    Parameters
    ----------
    store
        The database.
    generation_id
        The id of the generation.
    actor
        Who cancels them.

    Returns
    -------
    list of Activation
        The cancelled activations, at least one.

    Raises
    ------
    ForbiddenError
        If the actor lacks the permission ``layers.write``.
    NotFoundError
        If the generation does not exist.
    ConflictError
        If no activation of the generation is planned; one that has begun can only be rolled back.
    """
    check_permission(actor, Permission.LAYERS_WRITE)
    with store.write() as connection:
        now = datetime.now(UTC)
        table.get_generation(connection, generation_id)
        planned = [
            decision
            for decision in table.list_activations(connection)
            if decision.generation == generation_id and decision.active_from > now
        ]
        if not planned:
            raise ConflictError(
                "No activation of this generation is planned.",
                code="not_planned",
                field="generation",
                remedy="Undo an activation that has begun: geogrid layers rollback.",
            )
        table.cancel_activations(connection, generation_id, now)
        for decision in planned:
            add_audit(connection, actor, "layers.cancel", _described(decision))
    return planned


def _check_expected(decisions: list[Activation], now: datetime, expected: int | None) -> None:
    current = active_at(decisions, now)
    if expected is not None and (current.generation if current else 0) != expected:
        raise StaleError(
            "Another generation has become active meanwhile.",
            code="generation_changed",
            remedy="Read the list of generations again.",
        )


def _described(decision: Activation) -> str:
    return f"generation {decision.generation}, from {decision.active_from.isoformat(timespec='seconds')}"


def generation_at(store: Store, moment: datetime | None = None) -> Generation:
    """Return the generation active at a time, by default now.

    Raises
    ------
    NotFoundError
        If no generation was active.
    """
    with store.read() as connection:
        return table.generation_at(connection, moment)


def get_generation(store: Store, generation_id: int) -> Generation:
    """Return a generation, active or not.

    Raises
    ------
    NotFoundError
        If it does not exist.
    """
    with store.read() as connection:
        return table.get_generation(connection, generation_id)


def get_shown_generation(store: Store, generation_id: int | None) -> Generation:
    """Return the generation on whose areas figures are shown: that of an id, or the active one for None.

    Raises
    ------
    NotFoundError
        If it does not exist, or if no generation is active.
    """
    return generation_at(store) if generation_id is None else get_generation(store, generation_id)


def load_generation(store: Store, generation_id: int) -> tuple[Generation, dict[Layer, gpd.GeoDataFrame]]:
    """Return a generation, active or not, and its layers.

    Raises
    ------
    NotFoundError
        If it does not exist.
    """
    with store.read() as connection:
        generation = table.get_generation(connection, generation_id)
        return generation, areas.load_layers(connection, generation)


def load_layers(store: Store) -> tuple[Generation, dict[Layer, gpd.GeoDataFrame]]:
    """Return the active generation and its layers.

    Raises
    ------
    NotFoundError
        If no generation is active.
    """
    with store.read() as connection:
        generation = table.generation_at(connection)
        return generation, areas.load_layers(connection, generation)


def load_themes(store: Store, generation_id: int) -> dict[str, ThematicLayer]:
    """Return the thematic layers of a generation by name.

    Raises
    ------
    NotFoundError
        If the generation does not exist.
    """
    with store.read() as connection:
        return areas.load_themes(connection, table.get_generation(connection, generation_id))
