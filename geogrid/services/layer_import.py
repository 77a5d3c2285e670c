"""Use cases around layers that are brought: complete them, check them, keep them as a draft."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError, LayerError
from geogrid.incidents.query import IncidentQuery
from geogrid.layers.generations import in_force
from geogrid.layers.mend import MendOptions, MendRecord, mend_layers
from geogrid.layers.topology import Finding, check_layers, check_theme, count_incidents, has_errors
from geogrid.model import Generation, Layer
from geogrid.services.subprocess_worker import run_in_subprocess
from geogrid.store import generations as table
from geogrid.store import layers as areas
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import read_incident_points

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import shapely
    from sqlalchemy import Connection

    from geogrid.layers.import_sources import Brought
    from geogrid.layers.themes import ThematicLayer
    from geogrid.store.database import Store


_LONGEST_LABEL: Final = 200


@dataclass(frozen=True, slots=True)
class LayerImport:
    """What became of a folder of layers.

    Attributes
    ----------
    areas
        How many there are, by layer, thematic layers included.
    brought
        The layers that were brought; the others are those of `base`.
    base
        The generation that the others come from, or None if all were brought.
    findings
        What is wrong with them, and how many incidents each finding touches.
    sound
        Whether none of the findings is an error.
    generation
        The draft, or None for a dry run or where a finding is an error.
    changes
        What was mended, if that was asked for.
    notes
        What was noticed while the files were read.
    """

    areas: dict[str, int]
    brought: list[str]
    base: int | None
    findings: list[Finding]
    sound: bool
    generation: Generation | None
    changes: list[MendRecord]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class CompleteLayers:
    """Layers that were brought, together with those that were not.

    Attributes
    ----------
    base
        The generation that lends the others, or None if all were brought.
    layers, themes
        All of them, good or bad.
    brought
        The names of those that were brought.
    """

    base: Generation | None
    layers: dict[Layer, gpd.GeoDataFrame]
    themes: dict[str, ThematicLayer]
    brought: list[str]

    def check(self) -> list[Finding]:
        """Say what is wrong with the seven layers together, and with each thematic layer that was brought."""
        findings = check_layers(self.layers)
        for name in self.brought:
            if name in self.themes:
                findings += check_theme(self.themes[name], _outline(self.layers))
        return findings

    def counts(self) -> dict[str, int]:
        """Return how many areas or lines each layer has."""
        counts: dict[str, int] = {layer: len(frame) for layer, frame in self.layers.items()}
        return counts | {name: len(theme.frame) for name, theme in self.themes.items()}


def complete_layers(
    store: Store, brought: Brought, *, base: int | None = None, dropped: Collection[str] = ()
) -> CompleteLayers:
    """Add to the layers that were brought those that were not.

    Parameters
    ----------
    store
        Where the others are.
    brought
        From `geogrid.layers.import_sources`.
    base
        The generation that lends them; by default the one in force.
    dropped
        Thematic layers of the base that are to be left out.

    Raises
    ------
    LayerError
        If a layer is neither brought nor in the base, or if a layer to be left out is not there.
    NotFoundError
        If there is no generation of the number of the base.
    """
    with store.read() as connection:
        origin, layers, themes = _load_base(connection, base)
    layers |= {layer: frame.sort_values("code", ignore_index=True) for layer, frame in brought.layers.items()}
    _check_whole(layers)
    themes = _without(themes, dropped) | brought.themes
    return CompleteLayers(origin, layers, themes, [*brought.layers, *brought.themes])


def import_layers(
    store: Store,
    brought: Brought,
    *,
    label: str,
    commit: bool,
    base: int | None = None,
    dropped: Collection[str] = (),
    mend: MendOptions | None = None,
    limit_s: float | None = None,
) -> LayerImport:
    """Check the layers that were brought together with those that were not, and keep them all as a draft.

    Parameters
    ----------
    store
        Where to.
    brought
        From `geogrid.layers.import_sources`.
    label
        A name for people, not taken yet.
    commit
        False only checks.
    base
        The generation whose layers stand in for those that were not brought; by default the one in force.
    dropped
        Thematic layers of the base that are to be left out.
    mend
        How to mend the layers before they are checked; by default they are not.
    limit_s
        How long mending may take; by default as long as it needs.

    Returns
    -------
    LayerImport
        With all findings; if one of them is an error, nothing is kept.

    Raises
    ------
    LayerError
        If a layer is neither brought nor in the base, or if a layer to be left out is not there.
    NotFoundError
        If there is no generation of the number of the base.
    InputError
        If the label is empty, too long or not to be printed.
    ConflictError
        If the label is taken.
    FileError
        If mending takes too long.
    """
    with store.read() as connection:
        _check_label(connection, label)
    whole = complete_layers(store, brought, base=base, dropped=dropped)
    changes: list[MendRecord] = []
    if mend:
        work = partial(mend_layers, tolerance_m=mend.tolerance_m, overlaps=mend.overlaps)
        # Borders that were all drawn anew take minutes, in which a service would do little else.
        mended = run_in_subprocess(work, whole.layers, limit_s=limit_s) if limit_s else work(whole.layers)
        whole, changes = replace(whole, layers=mended.layers), mended.changes
    findings = whole.check()
    sound = not has_errors(findings)
    number = whole.base.id if whole.base else None
    generation = None
    with store.write() if commit and sound else store.read() as connection:
        findings = count_incidents(findings, *read_incident_points(connection, choose(connection, IncidentQuery())))
        if commit and sound:
            generation = table.add_generation(connection, whole.layers, whole.themes.values(), label=label, base=number)
    return LayerImport(whole.counts(), whole.brought, number, findings, sound, generation, changes, brought.notes)


def _check_label(connection: Connection, label: str) -> None:
    if not label.strip() or not label.isprintable() or len(label) > _LONGEST_LABEL:
        raise InputError(f"A label has 1 to {_LONGEST_LABEL} characters, on one line.", code="label", field="label")
    if any(known.label == label for known in table.list_generations(connection)):
        raise ConflictError("There is a generation of this label already.", code="label_taken", field="label")


def _load_base(
    connection: Connection, base: int | None
) -> tuple[Generation | None, dict[Layer, gpd.GeoDataFrame], dict[str, ThematicLayer]]:
    number = base
    if number is None:
        current = in_force(table.list_activations(connection), datetime.now(UTC))
        number = current.generation if current else None
    if number is None:
        return None, {}, {}
    generation = table.get_generation(connection, number)
    return generation, areas.load_layers(connection, generation), areas.load_themes(connection, generation)


def _without(themes: dict[str, ThematicLayer], dropped: Collection[str]) -> dict[str, ThematicLayer]:
    if not set(dropped) <= set(themes):
        raise LayerError(
            f"There is no such thematic layer to leave out; there are: {', '.join(themes) or 'none'}.",
            code="layer_unknown",
            field="drop",
        )
    return {name: theme for name, theme in themes.items() if name not in dropped}


def _check_whole(layers: Collection[Layer]) -> None:
    missing = [layer for layer in Layer if layer not in layers]
    if missing:
        raise LayerError(
            f"These layers are missing, and no generation is in force to take them from: {', '.join(missing)}.",
            code="layers_missing",
            remedy="Bring them as well.",
        )


def _outline(layers: Mapping[Layer, gpd.GeoDataFrame]) -> shapely.Geometry | None:
    """Return the district's outline, if there is one that can be compared with."""
    shapes = list(layers[Layer.DISTRICT].geometry)
    return shapes[0] if len(shapes) == 1 and shapes[0] is not None and shapes[0].is_valid else None
