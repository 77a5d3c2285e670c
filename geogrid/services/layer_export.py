"""Export of layers of a generation to files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.errors import NotFoundError, QueryError
from geogrid.geo.datums import WGS84
from geogrid.layers.export import Encoding, ExportFormat, write_export, write_folder
from geogrid.services.layer_generations import load_generation, load_layers, load_themes
from geogrid.services.provenance import layer_provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from geogrid.model import Generation
    from geogrid.store.database import Store


@dataclass(frozen=True, slots=True)
class LayerExport:
    """The result of an export.

    Attributes
    ----------
    generation
        The exported generation.
    areas
        The feature counts by layer.
    notes
        Changes required by the format, one sentence each.
    """

    generation: Generation
    areas: dict[str, int]
    notes: tuple[str, ...]


def export_layers(
    store: Store,
    out: Path,
    export_format: ExportFormat,
    *,
    generation: int | None = None,
    layers: Sequence[str] = (),
    encoding: Encoding = Encoding.UTF8,
    datum: str = WGS84,
    overwrite: bool = False,
    credit: str = "",
) -> LayerExport:
    """Write layers of a generation to one file, or to a folder with one file per layer.

    Parameters
    ----------
    store
        The database.
    out
        A file if the name has the suffix of the format; a folder if it has no suffix and the format stores one layer
        per file.
    export_format, encoding, datum, overwrite
        See `geogrid.layers.export.write_export`.
    generation
        The id of the generation, by default the active one.
    layers
        The names of the layers, by default all that the district has.
    credit
        Source of the outline of the district.

    Raises
    ------
    NotFoundError
        If the generation or a layer does not exist.
    QueryError
        If the file name does not match the format.
    GeogridError
        See `geogrid.layers.export.write_export`.
    """
    as_folder = _is_folder(out, export_format)
    exported_generation, frames = load_layers(store) if generation is None else load_generation(store, generation)
    themes = load_themes(store, exported_generation.id)
    available: dict[str, gpd.GeoDataFrame] = {layer.value: frame for layer, frame in frames.items() if len(frame)}
    selected = _select_layers(available | {name: theme.frame for name, theme in themes.items()}, layers)
    write = write_folder if as_folder else write_export
    notes = write(
        out,
        selected,
        export_format,
        encoding=encoding,
        datum=datum,
        overwrite=overwrite,
        provenance=layer_provenance(exported_generation, selected, credit),
    )
    return LayerExport(exported_generation, {name: len(frame) for name, frame in selected.items()}, notes)


def _is_folder(out: Path, export_format: ExportFormat) -> bool:
    if out.suffix.lower() == export_format.suffix and not out.is_dir():
        return False
    if not export_format.holds_many and (not out.suffix or out.is_dir()):
        return True
    folder = "" if export_format.holds_many else ", or no suffix for a folder"
    raise QueryError(
        "The file name does not match the format.",
        code="format",
        remedy=f"Use the suffix {export_format.suffix}{folder}.",
    )


def _select_layers(frames: Mapping[str, gpd.GeoDataFrame], names: Sequence[str]) -> dict[str, gpd.GeoDataFrame]:
    if any(name not in frames for name in names):
        raise NotFoundError(
            "No layer has this name.",
            code="layer_unknown",
            field="layer",
            remedy=f"Available layers: {', '.join(frames)}.",
        )
    return {name: frame for name, frame in frames.items() if not names or name in names}
