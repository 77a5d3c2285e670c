"""What every reader hands on: columns and shapes as they stand in the file."""

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
    """A format of layer files."""

    GPKG = "GeoPackage"
    SHAPEFILE = "Shapefile"
    GEOJSON = "GeoJSON"
    FLATGEOBUF = "FlatGeobuf"
    GEOPARQUET = "GeoParquet"


@dataclass(frozen=True, slots=True)
class LayerFile:
    """The content of a file.

    Attributes
    ----------
    driver
        The format.
    columns
        The attributes by name, each with one value a feature.
    shapes
        One a feature, in the file's own coordinates.
    crs
        The CRS that the file names, or None.
    encoding
        The encoding of its text.
    notes
        What was left out or put right.
    """

    driver: Driver
    columns: Mapping[str, Sequence[Any]]
    shapes: Sequence[Shape]
    crs: CRS | None
    encoding: str
    notes: tuple[str, ...] = ()


def check_size(features: int, columns: int) -> None:
    """Raise if a file has no features, too many, or too many columns."""
    if features == 0:
        raise FileError("The layer is empty.", code="layer_empty", remedy="Export it again with its features.")
    if features > MAX_FEATURES or features < 0:
        raise FileError(f"The layer has more than {MAX_FEATURES:,} features.", code="too_large", remedy="Divide it.")
    if columns > MAX_COLUMNS:
        raise FileError(
            f"The layer has more than {MAX_COLUMNS} columns.", code="too_large", remedy="Leave out what is not needed."
        )
