"""The table of a layer as the export writers need it: checked, in the datum of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.errors import LayerError
from geogrid.geo.datums import CGCS2000, WGS84, from_wgs84, to_wgs84
from geogrid.geo.local_projections import parse_projection
from geogrid.layers.export.columns import layer_columns, printable
from geogrid.layers.geojson_writer import notice_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geogrid.layers.export.columns import Column

_NAME: Final = re.compile(r"[a-z0-9_-]{1,60}", re.IGNORECASE)
#: Maximum deviation after conversion to a datum and back, in degrees: about 0.1 mm.
_SAME_DEG: Final = 1e-9
_AREAS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


@dataclass(frozen=True, slots=True)
class LayerTable:
    """A layer ready for writing.

    Attributes
    ----------
    name
        A safe identifier, used as file and table name.
    columns
        The columns, the standard ones first.
    shapes
        (Multi)polygons, (multi)lines or points, in the datum of the file, shape (n,).
    notice
        The notice on the origin of the shapes.
    are_points
        Whether the layer is one of points, also where it is empty.
    """

    name: str
    columns: list[Column]
    shapes: NDArray[np.object_]
    notice: str
    are_points: bool = False

    @property
    def has_lines(self) -> bool:
        """Whether the shapes are lines; an empty layer counts as areas."""
        return bool(len(self.shapes)) and shapely.get_type_id(self.shapes[0]) in _LINES

    @property
    def has_points(self) -> bool:
        """Whether the shapes are single points."""
        if not len(self.shapes):
            return self.are_points
        return bool(shapely.get_type_id(self.shapes[0]) == shapely.GeometryType.POINT)


def prepare_table(name: str, frame: gpd.GeoDataFrame, datum: str = WGS84) -> LayerTable:
    """Check a layer and convert it to a datum.

    Raises
    ------
    LayerError
        If the name is not a safe identifier, or if a value or a shape cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise LayerError("A layer name may have only letters, digits, - and _.", code="layer_name", field="layer")
    shapes = frame.geometry.to_numpy()
    _check_shapes(name, frame, shapes)
    return LayerTable(
        name, layer_columns(name, frame), _convert_shapes(shapes, parse_projection(datum)), notice_of(frame)
    )


def _check_shapes(name: str, frame: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> None:
    kinds = shapely.get_type_id(shapes)
    of_first = _LINES if len(kinds) and kinds[0] in _LINES else _AREAS
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    bad = np.flatnonzero(~np.isin(kinds, of_first) | shapely.is_empty(shapes) | ~finite)
    if bad.size:
        raise LayerError(
            f"{name}, {printable(str(frame['code'].iloc[bad[0]]))}: The shape is missing, not finite, or of another "
            "type than the first shape of the layer.",
            code="geometry_type",
            field="geometry",
            remedy="Use one layer for areas and one for lines.",
        )


def _convert_shapes(shapes: NDArray[np.object_], datum: str) -> NDArray[np.object_]:
    def convert(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(from_wgs84(degrees[:, 0], degrees[:, 1], datum))

    flat: NDArray[np.object_] = shapely.force_2d(shapes)
    if datum in {WGS84, CGCS2000}:
        return flat
    converted: NDArray[np.object_] = shapely.transform(flat, convert)
    x, y = shapely.get_coordinates(converted).T
    deviation = np.abs(np.column_stack(to_wgs84(x, y, datum)) - shapely.get_coordinates(flat)).max(initial=0.0)
    # "not <=" is also true for NaN.
    if not deviation <= _SAME_DEG:
        raise LayerError(
            "The layer lies too far outside the zone of this datum to be converted exactly.",
            code="out_of_range",
            field="datum",
            remedy="Choose the zone of the district.",
        )
    return converted
