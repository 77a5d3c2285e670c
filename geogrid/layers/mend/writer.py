"""Write mended layers as a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geogrid.errors import FileError
from geogrid.layers.geojson_reader import LAYER_FILES, collection_of
from geogrid.layers.geojson_writer import file_columns, notice_of, write_layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from geogrid.model import Layer


def check_out(out: Path) -> None:
    """Raise unless a folder is free for the seven files.

    Raises
    ------
    FileError
        If one of them is there already.
    """
    for name in LAYER_FILES.values():
        if (out / name).exists():
            raise FileError(
                f"The file {name} is there already, and nothing is overwritten.",
                code="file_exists",
                remedy="Name a new folder.",
            )


def write_mended(layers: Mapping[Layer, gpd.GeoDataFrame], out: Path, source: Path | None = None) -> None:
    """Write layers to the folder `out` as standard GeoJSON.

    Parameters
    ----------
    layers
        With the columns of `geogrid.layers.topology.read_unchecked`. A shape with coordinates that no file can hold is
        written as null.
    out
        Made if need be.
    source
        The folder that they were read from, if they were: the notices at the head of its files are kept.

    Raises
    ------
    FileError
        If a file is there already.
    OSError
        If the folder cannot be written to.
    """
    check_out(out)
    out.mkdir(parents=True, exist_ok=True)
    for layer, name in LAYER_FILES.items():
        head = _head(source / name) if source else {"name": layer.value, "notice": notice_of(layers[layer])}
        write_layer(out / name, _standard(layers[layer], layer), head)


def _head(path: Path) -> dict[str, object]:
    return {key: value for key, value in collection_of(path).items() if key not in {"type", "features"}}


def _standard(frame: gpd.GeoDataFrame, layer: Layer) -> gpd.GeoDataFrame:
    shapes = frame.geometry.where([_can_be_written(shape) for shape in frame.geometry], None)
    words = frame.astype(object).where(frame.notna(), None)
    return file_columns(frame[["geometry"]].assign(**words.drop(columns="geometry"), geometry=shapes), layer)


def _can_be_written(shape: shapely.Geometry | None) -> bool:
    return shape is not None and not shape.is_empty and bool(np.isfinite(shapely.get_coordinates(shape)).all())
