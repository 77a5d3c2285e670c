"""Use cases around layers that go out as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import NotFoundError, QueryError
from geogrid.geo.datums import WGS84
from geogrid.layers.export import Encoding, ExportFormat, write_export, write_folder
from geogrid.services.layers import load_generation, load_layers, load_themes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from geogrid.model import Generation
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class LayerExport:
    """What was written.

    Attributes
    ----------
    generation
        Whose layers they are.
    areas
        How many features, by layer.
    notes
        What had to be changed to fit the format, a sentence each.
    """

    generation: Generation
    areas: dict[str, int]
    notes: tuple[str, ...]


def export_layers(
    store: Store,
    out: Path,
    form: ExportFormat,
    *,
    generation: int | None = None,
    layers: Sequence[str] = (),
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
) -> LayerExport:
    """Write layers of a generation to a file, or to a folder with a file each.

    Parameters
    ----------
    store
        Where from.
    out
        A name with the ending of the format is a file; a name without ending is a folder, for formats whose files hold
        one layer.
    form, encoding, datum, overwrite
        See `geogrid.layers.export.write_export`.
    generation
        Its number; by default the one in force.
    layers
        Their names; by default all.

    Raises
    ------
    NotFoundError
        If there is no such generation or layer.
    QueryError
        If the name of the file does not fit the format.
    GeogridError
        And all that `geogrid.layers.export.write_export` raises.
    """
    as_folder = _is_folder(out, form)
    chosen_generation, frames = load_layers(store) if generation is None else load_generation(store, generation)
    themes = load_themes(store, chosen_generation.id)
    known: dict[str, gpd.GeoDataFrame] = {layer.value: frame for layer, frame in frames.items()}
    chosen = _choose(known | {name: theme.frame for name, theme in themes.items()}, layers)
    write = write_folder if as_folder else write_export
    notes = write(out, chosen, form, encoding=encoding, datum=datum, overwrite=overwrite)
    return LayerExport(chosen_generation, {name: len(frame) for name, frame in chosen.items()}, notes)


def _is_folder(out: Path, form: ExportFormat) -> bool:
    if out.suffix.lower() == form.suffix and not out.is_dir():
        return False
    if not form.holds_many and (not out.suffix or out.is_dir()):
        return True
    folder = "" if form.holds_many else ", or without an ending for a folder"
    raise QueryError(
        "The name does not fit the format.", code="format", remedy=f"Name it with the ending {form.suffix}{folder}."
    )


def _choose(frames: Mapping[str, gpd.GeoDataFrame], names: Sequence[str]) -> dict[str, gpd.GeoDataFrame]:
    if any(name not in frames for name in names):
        raise NotFoundError(
            "There is no layer of this name.",
            code="layer_unknown",
            field="layer",
            remedy=f"It has {', '.join(frames)}.",
        )
    return {name: frame for name, frame in frames.items() if not names or name in names}
