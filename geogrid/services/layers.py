"""Use cases around the polygon layers and their generations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, QueryError
from geogrid.incidents.filters import IncidentFilter
from geogrid.layers.diff import LayerDiff, diff_layers
from geogrid.layers.generations import before, state
from geogrid.layers.topology import Finding, check_layers, count_incidents, has_errors, read_unchecked
from geogrid.locate.locator import Assignment, Locator
from geogrid.model import Activation, Generation, GenerationState, Layer
from geogrid.store import generations as table
from geogrid.store import layers as areas
from geogrid.store.incidents import incident_points

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from geogrid.store.database import Store

#: The first generation of a store holds for all of the past.
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """A generation, where it stands, and the moments from which it was put in force."""

    generation: Generation
    state: GenerationState
    active_from: list[datetime]


@dataclass(frozen=True, slots=True)
class GenerationDiff:
    """What changed from one generation to another.

    Attributes
    ----------
    layers
        By layer.
    incidents
        How many incidents there are.
    change_hands
        How many of them another grid would answer for.
    """

    layers: dict[Layer, LayerDiff]
    incidents: int
    change_hands: int


@dataclass(frozen=True, slots=True)
class LayerImport:
    """What became of a folder of layers.

    Attributes
    ----------
    areas
        How many there are, by layer.
    findings
        What is wrong with them, and how many incidents each finding touches.
    sound
        Whether none of the findings is an error.
    generation
        The draft, or None for a dry run or where a finding is an error.
    """

    areas: dict[Layer, int]
    findings: list[Finding]
    sound: bool
    generation: Generation | None


def import_layers(store: Store, directory: Path, *, label: str, commit: bool) -> LayerImport:
    """Read the layers of a folder, check their topology, and keep them as a draft.

    Parameters
    ----------
    store
        Where to.
    directory
        A folder with the files of `geogrid.layers.read.LAYER_FILES`.
    label
        A name for people, not taken yet.
    commit
        False only reads and checks.

    Returns
    -------
    LayerImport
        With all findings; if one of them is an error, nothing is kept.

    Raises
    ------
    FileError
        If a file is missing or is no GeoJSON.
    ConflictError
        If the label is taken.
    """
    frames = {layer: frame.sort_values("code", ignore_index=True) for layer, frame in read_unchecked(directory).items()}
    findings = check_layers(frames)
    sound = not has_errors(findings)
    generation = None
    with store.write() if commit and sound else store.read() as connection:
        if any(known.label == label for known in table.list_generations(connection)):
            raise ConflictError("There is a generation of this label already.", code="label_taken", field="label")
        findings = count_incidents(findings, *incident_points(connection, IncidentFilter()))
        if commit and sound:
            generation = table.add_generation(connection, frames, label=label)
    return LayerImport({layer: len(frame) for layer, frame in frames.items()}, findings, sound, generation)


def list_generations(store: Store) -> list[GenerationRecord]:
    """Return all generations, the oldest first, with where they stand now."""
    now = datetime.now(UTC)
    with store.read() as connection:
        decisions = table.list_activations(connection)
        return [
            GenerationRecord(
                generation,
                state(generation.id, decisions, now),
                [decision.active_from for decision in decisions if decision.generation == generation.id],
            )
            for generation in table.list_generations(connection)
        ]


def diff_generations(store: Store, old: int, new: int) -> GenerationDiff:
    """Compare two generations, layer by layer, and count the incidents that would change hands.

    Raises
    ------
    NotFoundError
        If there is no generation of one of the numbers.
    """
    old_generation, old_layers = load_generation(store, old)
    new_generation, new_layers = load_generation(store, new)
    with store.read() as connection:
        lon, lat = incident_points(connection, IncidentFilter())
    earlier, later = (
        Locator(generation, frames).assign(lon, lat)
        for generation, frames in ((old_generation, old_layers), (new_generation, new_layers))
    )
    changed = sum(_responsible(earlier, row) != _responsible(later, row) for row in range(len(lon)))
    return GenerationDiff(
        layers={layer: diff_layers(old_layers[layer], new_layers[layer]) for layer in Layer},
        incidents=len(lon),
        change_hands=changed,
    )


def _responsible(found: Assignment, row: int) -> str | None:
    owner = found.responsible(row)
    return owner.grid.code if owner else None


def activate(store: Store, number: int, active_from: datetime | None = None) -> Activation:
    """Put a generation in force, from a moment on; by default from now, the first one for all of the past.

    Raises
    ------
    NotFoundError
        If there is no generation of that number.
    QueryError
        If the moment has passed: what was in force is never changed afterwards.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        table.get_generation(connection, number)
        first = not table.list_activations(connection)
        if active_from and active_from < now and not first:
            raise QueryError(
                "The moment has passed, and what was in force then stays as it is.",
                code="activation_in_past",
                field="from",
                remedy="Give a moment to come, or none for now.",
            )
        decision = Activation(number, active_from or (ALWAYS if first else now), now)
        table.add_activation(connection, decision)
    return decision


def roll_back(store: Store) -> Activation:
    """Put the generation in force again that was so before the present one.

    Raises
    ------
    ConflictError
        If there was none.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        earlier = before(table.list_activations(connection), now)
        if earlier is None:
            raise ConflictError("No other generation has been in force.", code="nothing_before")
        decision = Activation(earlier, now, now)
        table.add_activation(connection, decision)
    return decision


def generation_at(store: Store, moment: datetime | None = None) -> Generation:
    """Return the generation in force at a moment, by default now.

    Raises
    ------
    NotFoundError
        If there was none.
    """
    with store.read() as connection:
        return table.generation_at(connection, moment)


def load_generation(store: Store, number: int) -> tuple[Generation, dict[Layer, gpd.GeoDataFrame]]:
    """Return a generation and its layers, whether it is in force or not.

    Raises
    ------
    NotFoundError
        If there is none of that number.
    """
    with store.read() as connection:
        generation = table.get_generation(connection, number)
        return generation, areas.load_layers(connection, generation)


def load_layers(store: Store) -> tuple[Generation, dict[Layer, gpd.GeoDataFrame]]:
    """Return the generation in force and its layers.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    with store.read() as connection:
        generation = table.generation_at(connection)
        return generation, areas.load_layers(connection, generation)


def load_locator(store: Store) -> Locator:
    """Return the generation in force, ready to locate.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return Locator(*load_layers(store))
