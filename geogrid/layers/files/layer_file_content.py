"""The content of a layer file as each format's reader returns it, and the limits on its size."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from geogrid.errors import FileError
from geogrid.layers.files.limits import MAX_COLUMNS, MAX_FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyproj import CRS

    from geogrid.layers.files.geometry_arrays import Shape


class Driver(StrEnum):
    """A supported format of layer files."""

    GPKG = "GeoPackage"
    SHAPEFILE = "Shapefile"
    GEOJSON = "GeoJSON"
    FLATGEOBUF = "FlatGeobuf"
    GEOPARQUET = "GeoParquet"
    KML = "KML"
    GEODATABASE = "File Geodatabase"
    MAPINFO_TAB = "MapInfo TAB"
    MAPINFO_MIF = "MapInfo MIF"
    DXF = "DXF"


@dataclass(frozen=True, slots=True)
class LayerFile:
    """The unconverted content of a layer file.

    Attributes
    ----------
    driver
        The format.
    columns
        The attributes by column name, one value per feature.
    shapes
        One per feature, in the coordinates of the file.
    crs
        The CRS named by the file, or None.
    encoding
        The encoding of the text.
    notes
        Notes on what was ignored or corrected.
    """

    driver: Driver
    columns: Mapping[str, Sequence[Any]]
    shapes: Sequence[Shape]
    crs: CRS | None
    encoding: str
    notes: tuple[str, ...] = ()

    @property
    def nested_columns(self) -> set[str]:
        """The columns with objects or lists, which only GeoJSON has."""
        return {
            column
            for column, values in self.columns.items()
            if any(isinstance(value, (dict, list)) for value in values)
        }


def choose_layer(layer: str | None, layers: Sequence[str]) -> str:
    """Return the layer to read: the named one, or the only one.

    Raises
    ------
    FileError
        If the layer is unknown, or if the file has several and none is named. The message lists them.

    Examples
    --------
    >>> choose_layer(None, ["grids"])
    'grids'
    """
    if layer is None and len(layers) == 1:
        return layers[0]
    if layer is None or layer not in layers:
        listed = ", ".join(layers) or "none"
        reason = "has several layers" if layer is None else f"has no layer {layer}"
        raise FileError(
            f"The file {reason}; its layers are: {listed}.",
            code="layer_choice",
            field="layer",
            remedy="Name one of them (--table NAME).",
        )
    return layer


def check_size(features: int, columns: int) -> None:
    """Raise if a layer has no features, too many features or too many columns."""
    if features == 0:
        raise FileError("The layer has no features.", code="layer_empty", remedy="Export it again with its features.")
    if features > MAX_FEATURES or features < 0:
        raise FileError(f"The layer has more than {MAX_FEATURES:,} features.", code="too_large", remedy="Split it.")
    if columns > MAX_COLUMNS:
        raise FileError(
            f"The layer has more than {MAX_COLUMNS} columns.",
            code="too_large",
            remedy="Remove columns that are not needed.",
        )
