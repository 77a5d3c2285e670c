"""Writer of mended layers as a folder of standard files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import FileError
from geogrid.layers.generation_file_reader import LAYER_FILES, find_layer_file, read_collection
from geogrid.layers.geojson_writer import file_columns, notice_of, write_layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from geogrid.model import Layer


def check_output_folder(out: Path) -> None:
    """Raise if a folder contains one of the seven standard files.

    Raises
    ------
    FileError
        If one of them exists.
    """
    for name in LAYER_FILES.values():
        if (out / name).exists():
            raise FileError(
                f"The file {name} exists already and is not overwritten.",
                code="file_exists",
                remedy="Choose a new folder.",
            )


def write_mended(layers: Mapping[Layer, gpd.GeoDataFrame], out: Path, source: Path | None = None) -> None:
    """Write layers to the folder `out` as standard GeoJSON files.

    Parameters
    ----------
    layers
        With the columns of `geogrid.layers.topology.read_unchecked`. A layer that does not exist, which is empty
        and has no file in `source`, is not written. A shape with
        coordinates that are not finite is written as null.
    out
        The folder; it is created if missing.
    source
        The folder from which the layers were read; the notices of its files are kept.

    Raises
    ------
    FileError
        If a file exists already.
    OSError
        If the folder is not writable.
    """
    check_output_folder(out)
    out.mkdir(parents=True, exist_ok=True)
    for layer, name in LAYER_FILES.items():
        file = find_layer_file(source, layer) if source else None
        if file is None and not len(layers[layer]):
            continue
        head = _read_members(file) if file else {"name": layer.value, "notice": notice_of(layers[layer])}
        write_layer(out / name, _standard(layers[layer], layer), head)


def _read_members(path: Path) -> dict[str, object]:
    return {key: value for key, value in read_collection(path).items() if key not in {"type", "features"}}


def _standard(frame: gpd.GeoDataFrame, layer: Layer) -> gpd.GeoDataFrame:
    shapes = frame.geometry.where([_is_finite(shape) for shape in frame.geometry], None)
    attributes = frame.astype(object).where(frame.notna(), None)
    return file_columns(frame[["geometry"]].assign(**attributes.drop(columns="geometry"), geometry=shapes), layer)


def _is_finite(shape: shapely.Geometry | None) -> bool:
    return shape is not None and not shape.is_empty and bool(np.isfinite(shapely.get_coordinates(shape)).all())
