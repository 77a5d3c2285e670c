"""Import of layers: complete them from a base generation, check them, store them as a draft generation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from geogrid.errors import ConflictError, InputError, LayerError
from geogrid.incidents.query import IncidentQuery
from geogrid.layers.active_generation import active_at
from geogrid.layers.codes import ANY_CODES, CodeScheme
from geogrid.layers.mend import MendOptions, MendRecord, mend_layers
from geogrid.layers.noding import describe_noding, node_with_base
from geogrid.layers.parents_by_position import infer_parents
from geogrid.layers.topology import Finding, FindingCode, check_layers, check_theme, count_incidents, has_errors
from geogrid.model import BASE_LAYERS, DedicatedNesting, Generation, Layer
from geogrid.services.subprocess_worker import run_in_subprocess
from geogrid.store import generations as table
from geogrid.store import layers as areas
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import read_incident_points

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import geopandas as gpd
    import shapely
    from sqlalchemy import Connection

    from geogrid.layers.layer_source_reader import ImportedLayers
    from geogrid.layers.thematic_layers import ThematicLayer
    from geogrid.store.database import Store


_MAX_LABEL: Final = 200


@dataclass(frozen=True, slots=True)
class LayerImport:
    """The result of an import of layers.

    Attributes
    ----------
    areas
        The feature counts by layer, thematic layers included.
    brought
        The names of the imported layers; the others are from `base`.
    base
        The id of the generation with the other layers, or None if all were imported.
    findings
        The faults of the layers, with the number of affected incidents.
    sound
        Whether no finding is an error.
    generation
        The draft, or None for a dry run or if a finding is an error.
    changes
        The mended faults, if mending was requested.
    notes
        Notes from reading the files.
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
    """Imported layers, completed by the layers of a base generation.

    Attributes
    ----------
    base
        The generation with the other layers, or None if all were imported.
    layers, themes
        All layers, unchecked; empty for a layer that the district does not have.
    brought
        The names of the imported layers.
    notes
        Remarks for the user on the reading and noding, and on parents that were inferred.
    dedicated_in
        The area in which dedicated grids must lie: as declared, otherwise as in the base generation.
    scheme
        The code scheme of the district.
    """

    base: Generation | None
    layers: dict[Layer, gpd.GeoDataFrame]
    themes: dict[str, ThematicLayer]
    brought: list[str]
    notes: list[str] = field(default_factory=list)
    dedicated_in: DedicatedNesting = DedicatedNesting.COMMUNITY
    scheme: CodeScheme = ANY_CODES

    def check(self) -> list[Finding]:
        """Return the findings of the grid and area layers together, and of each imported thematic layer.

        Thematic layers that come from the base generation are not checked again.
        """
        absent = self.layers.keys() - set(self.brought)
        findings = [
            finding
            for finding in check_layers(self.layers, self.scheme, dedicated_in=self.dedicated_in)
            # A layer that the district does not have is empty, and no fault.
            if not (finding.code is FindingCode.LAYER_EMPTY and finding.layer in absent)
        ]
        for name in self.brought:
            if name in self.themes:
                findings += check_theme(self.themes[name], _outline(self.layers))
        return findings

    def counts(self) -> dict[str, int]:
        """Return the feature counts by layer."""
        counts: dict[str, int] = {layer: len(frame) for layer, frame in self.layers.items()}
        return counts | {name: len(theme.frame) for name, theme in self.themes.items()}


def complete_layers(
    store: Store,
    imported: ImportedLayers,
    *,
    base: int | None = None,
    dropped: Collection[str] = (),
    scheme: CodeScheme = ANY_CODES,
) -> CompleteLayers:
    """Fill in the layers missing from an import with those of the base generation.

    Parameters
    ----------
    store
        The database.
    imported
        Layers from `geogrid.layers.layer_source_reader`.
    base
        The id of the base generation, by default the active one.
    dropped
        The layers of the base to omit.
    scheme
        The code scheme of the district.

    Raises
    ------
    LayerError
        If the district or every grid is neither imported nor in the base, if the profile lacks an imported layer, or
        if a layer to omit does not exist.
    NotFoundError
        If the base generation does not exist.
    """
    with store.read() as connection:
        base_generation, layers, themes = _load_base(connection, base)
    _check_dropped(dropped, layers, themes)
    layers = {layer: frame for layer, frame in layers.items() if layer not in {*dropped, *imported.absent}}
    themes = {name: theme for name, theme in themes.items() if name not in dropped}
    return assemble_layers(base_generation, layers, themes, imported, scheme)


def assemble_layers(
    base: Generation | None,
    layers: Mapping[Layer, gpd.GeoDataFrame],
    themes: Mapping[str, ThematicLayer],
    imported: ImportedLayers,
    scheme: CodeScheme = ANY_CODES,
) -> CompleteLayers:
    """Return the layers of a base generation, replaced by the imported ones, noded, with inferred parents.

    Raises
    ------
    LayerError
        If the district or every grid is missing, or if the profile lacks an imported layer.
    """
    _check_layer_names(imported.layers, scheme)
    brought = {layer: frame.sort_values("code", ignore_index=True) for layer, frame in imported.layers.items()}
    _check_complete({**layers, **brought})
    noded = node_with_base(brought, imported.drawn_in, layers)
    inferred = infer_parents(noded.layers)
    # A frame of an imported layer has all columns.
    empty = noded.layers[Layer.DISTRICT].iloc[:0]
    inherited = base.dedicated_in if base else DedicatedNesting.COMMUNITY
    return CompleteLayers(
        base,
        {layer: inferred.layers.get(layer, empty) for layer in Layer},
        {**themes, **imported.themes},
        [*imported.layers, *imported.themes],
        [*imported.notes, *describe_noding(noded), *inferred.notes],
        imported.dedicated_in or inherited,
        scheme,
    )


def import_layers(
    store: Store,
    imported: ImportedLayers,
    *,
    label: str,
    commit: bool,
    base: int | None = None,
    dropped: Collection[str] = (),
    mend: MendOptions | None = None,
    limit_s: float | None = None,
    scheme: CodeScheme = ANY_CODES,
) -> LayerImport:
    """Complete imported layers from the base generation, check them, and store them as a draft generation.

    Parameters
    ----------
    store
        The database.
    imported
        Layers from `geogrid.layers.layer_source_reader`.
    label
        The unique label of the draft.
    commit
        False checks without writing.
    base
        The id of the base generation, by default the active one.
    dropped
        The layers of the base to omit.
    mend
        Options for mending the layers before the check; by default they are not mended.
    limit_s
        The timeout of mending in seconds, by default none.
    scheme
        The code scheme of the district.

    Returns
    -------
    LayerImport
        The findings, and the draft unless a finding is an error.

    Raises
    ------
    LayerError
        See `complete_layers`.
    NotFoundError
        If the base generation does not exist.
    InputError
        If the label is empty, too long or not printable.
    ConflictError
        If another generation has this label.
    FileError
        If mending exceeds the timeout.
    """
    with store.read() as connection:
        _check_label(connection, label)
    complete = complete_layers(store, imported, base=base, dropped=dropped, scheme=scheme)
    changes: list[MendRecord] = []
    if mend:
        work = partial(
            mend_layers,
            tolerance_m=mend.tolerance_m,
            overlaps=mend.overlaps,
            dedicated_in=complete.dedicated_in,
        )
        # Mending may take minutes, so the service runs it in a worker process.
        mended = run_in_subprocess(work, complete.layers, limit_s=limit_s) if limit_s else work(complete.layers)
        complete, changes = replace(complete, layers=mended.layers), mended.changes
    findings = complete.check()
    is_valid = not has_errors(findings)
    base_id = complete.base.id if complete.base else None
    generation = None
    with store.write() if commit and is_valid else store.read() as connection:
        findings = count_incidents(findings, *read_incident_points(connection, choose(connection, IncidentQuery())))
        if commit and is_valid:
            generation = table.add_generation(
                connection,
                complete.layers,
                complete.themes.values(),
                label=label,
                base=base_id,
                dedicated_in=complete.dedicated_in,
            )
    return LayerImport(
        complete.counts(), complete.brought, base_id, findings, is_valid, generation, changes, complete.notes
    )


def _check_label(connection: Connection, label: str) -> None:
    if not label.strip() or not label.isprintable() or len(label) > _MAX_LABEL:
        raise InputError(
            f"A label needs 1 to {_MAX_LABEL} printable characters on one line.", code="label", field="label"
        )
    if any(generation.label == label for generation in table.list_generations(connection)):
        raise ConflictError("Another generation has this label.", code="label_taken", field="label")


def _load_base(
    connection: Connection, base: int | None
) -> tuple[Generation | None, dict[Layer, gpd.GeoDataFrame], dict[str, ThematicLayer]]:
    generation_id = base
    if generation_id is None:
        active = active_at(table.list_activations(connection), datetime.now(UTC))
        generation_id = active.generation if active else None
    if generation_id is None:
        return None, {}, {}
    generation = table.get_generation(connection, generation_id)
    return generation, areas.load_layers(connection, generation), areas.load_themes(connection, generation)


def _check_dropped(dropped: Collection[str], layers: Mapping[Layer, gpd.GeoDataFrame], themes: Collection[str]) -> None:
    available = [*(layer for layer, frame in layers.items() if len(frame)), *themes]
    if not set(dropped) <= set(available):
        raise LayerError(
            f"A layer to omit does not exist; available: {', '.join(available) or 'none'}.",
            code="layer_unknown",
            field="drop",
        )


def _check_layer_names(imported: Iterable[Layer], scheme: CodeScheme) -> None:
    unknown = [layer for layer in imported if not scheme.has_layer(layer)]
    if unknown:
        raise LayerError(
            f"The profile of the district has no layer {unknown[0]}.",
            code="layer_unknown",
            field="layer",
            remedy=f"Add [layers.{unknown[0]}] to the profile, or use one of its layers.",
        )


def _check_complete(layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
    # An imported file without features is a finding.
    missing = [" or ".join(level) for level in ((Layer.DISTRICT,), BASE_LAYERS) if layers.keys().isdisjoint(level)]
    if missing:
        raise LayerError(
            f"Layers are missing, and no generation is active to provide them: {', '.join(missing)}.",
            code="layers_missing",
            remedy="Import them as well: a district needs its outline and one layer of grids.",
        )


def _outline(layers: Mapping[Layer, gpd.GeoDataFrame]) -> shapely.Geometry | None:
    """Return the outline of the district, or None if it is not one valid geometry."""
    geometries = list(layers[Layer.DISTRICT].geometry)
    return geometries[0] if len(geometries) == 1 and geometries[0] is not None and geometries[0].is_valid else None
