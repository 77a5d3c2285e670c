"""A layer, checked and in the datum of its file, as every writer takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.errors import LayerError
from geogrid.geo.datums import CGCS2000, WGS84, from_wgs84, parse_datum, to_wgs84
from geogrid.layers.export.columns import columns_of, shown
from geogrid.layers.geojson_writer import notice_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.layers.export.columns import Column

_NAME: Final = re.compile(r"[a-z0-9_-]{1,60}", re.IGNORECASE)
#: A tenth of a millimetre.
_SAME_DEG: Final = 1e-9
_AREAS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


@dataclass(frozen=True, slots=True)
class LayerTable:
    """A layer.

    Attributes
    ----------
    name
        An identifier of ours: it becomes the name of a file and of a table.
    columns
        The standard ones first.
    shapes
        Polygons or lines, single or multiple, or single points, in the datum of the file.
    notice
        What a reader must know of where the shapes come from.
    """

    name: str
    columns: list[Column]
    shapes: NDArray[np.object_]
    notice: str

    @property
    def has_lines(self) -> bool:
        """Whether the shapes are lines; an empty layer is taken for one of areas."""
        return bool(len(self.shapes)) and shapely.get_type_id(self.shapes[0]) in _LINES

    @property
    def has_points(self) -> bool:
        """Whether the shapes are single points."""
        return bool(len(self.shapes)) and shapely.get_type_id(self.shapes[0]) == shapely.GeometryType.POINT


def table_of(name: str, frame: gpd.GeoDataFrame, datum: str = WGS84) -> LayerTable:
    """Check a layer and turn it into a datum.

    Raises
    ------
    LayerError
        If its name is no identifier, or if a value or a shape cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise LayerError("The name of a layer is made of letters, digits, - and _.", code="layer_name", field="layer")
    shapes = frame.geometry.to_numpy()
    _check_shapes(name, frame, shapes)
    return LayerTable(name, columns_of(name, frame), _turned(shapes, parse_datum(datum)), notice_of(frame))


def _check_shapes(name: str, frame: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> None:
    kinds = shapely.get_type_id(shapes)
    of_first = _LINES if len(kinds) and kinds[0] in _LINES else _AREAS
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    bad = np.flatnonzero(~np.isin(kinds, of_first) | shapely.is_empty(shapes) | ~finite)
    if bad.size:
        raise LayerError(
            f"{name}, {shown(str(frame['code'].iloc[bad[0]]))}: The shape is missing, not finite, or of another kind "
            "than the layer's first.",
            code="geometry_type",
            field="geometry",
            remedy="A layer holds areas or lines, not both.",
        )


def _turned(shapes: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    def turn(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(from_wgs84(degrees[:, 0], degrees[:, 1], datum))

    flat: NDArray[np.object_] = shapely.force_2d(shapes)
    if datum in {WGS84, CGCS2000}:
        return flat
    turned: NDArray[np.object_] = shapely.transform(flat, turn)
    x, y = shapely.get_coordinates(turned).T
    there = np.abs(np.column_stack(to_wgs84(x, y, datum)) - shapely.get_coordinates(flat)).max(initial=0.0)
    # Written so that NaN does not pass.
    if not there <= _SAME_DEG:
        raise LayerError(
            "The layer lies too far from the zone of this datum: its vertices would move.",
            code="out_of_range",
            field="datum",
            remedy="Choose the zone that the district lies in.",
        )
    return turned
