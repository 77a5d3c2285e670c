"""A frame of polygons, checked: codes in ascending order, shapes in the frame's own coordinates, and their datum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import shapely

from geogrid.errors import LayerError, QueryError
from geogrid.geo.datums import is_geographic, metres_per_unit
from geogrid.layers.files.file_datum import settle
from geogrid.layers.mend.ring_repair import mend_rings
from geogrid.layers.topology.areas import Plane, label_of
from geogrid.locate.frame_codes import check_codes, code_column, name_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    #: A frame of polygons, or frames by the name of their layer.
    PolygonFrames: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Mapping[str, gpd.GeoDataFrame]

#: What happens to polygons that are missing, empty or not valid.
OnInvalid = Literal["raise", "skip", "mend"]
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_MISSING: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Polygons:
    """The polygons of one layer.

    Attributes
    ----------
    column
        The name of the code column.
    codes : ndarray of object, shape (n,)
        Text or whole numbers, ascending.
    shapes : ndarray of object, shape (n,)
        Valid polygons in the order of `codes`, in the coordinates of the frame.
    datum
        The datum of the coordinates, see `geogrid.geo.datums.parse_datum`.
    """

    column: str
    codes: NDArray[np.object_]
    shapes: NDArray[np.object_]
    datum: str


def read_polygons(
    frame: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    code: str | None = None,
    datum: str | None = None,
    on_invalid: OnInvalid = "raise",
    subject: str = "The polygons",
) -> Polygons:
    """Read a frame of polygons.

    Parameters
    ----------
    frame
        Polygons and multipolygons.
    code
        The column with the codes, see `geogrid.locate.frame_codes.code_column`.
    datum
        The datum of the coordinates, where the frame names no CRS.
    on_invalid
        For polygons that are missing, empty or not valid: ``"raise"`` an error, ``"skip"`` them, or ``"mend"`` rings
        by `geogrid.layers.mend.ring_repair.mend_rings` and raise for the polygons that it cannot mend.
    subject
        The frame as messages name it.

    Raises
    ------
    LayerError
        If codes or polygons cannot be used; the message names the first codes.
    DatumError
        If the datum is missing, or cannot be that of the coordinates.
    QueryError
        If `on_invalid` is none of the three.

    Examples
    --------
    >>> squares = [shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1)]
    >>> found = read_polygons(gpd.GeoDataFrame({"code": ["b", "a"]}, geometry=squares, crs="EPSG:4326"))
    >>> found.codes.tolist(), found.datum
    (['a', 'b'], 'wgs84')
    """
    if on_invalid not in get_args(OnInvalid):
        raise QueryError("This is no way to treat invalid polygons.", field="on_invalid", remedy="raise, skip or mend")
    if not isinstance(frame, (gpd.GeoDataFrame, gpd.GeoSeries)):
        raise LayerError(f"{subject} are not a GeoDataFrame.", code="frame", remedy="Pass a GeoDataFrame of polygons.")
    table = frame if isinstance(frame, gpd.GeoDataFrame) else frame.to_frame("geometry")
    column, codes = code_column(table, code)
    check_codes(codes, subject)
    shapes = np.asarray(table.geometry.array, dtype=object)
    _check_types(shapes, codes, subject)
    # A height means nothing here.
    shapes = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes
    settled = _datum(table, shapes, datum, subject)
    kept, shapes = _usable(shapes, codes, on_invalid, settled, subject)
    if not len(kept):
        raise LayerError(f"{subject} are none.", code="layer_empty", remedy="Pass at least one polygon.")
    order = kept[np.argsort(_sortable(codes[kept]), kind="stable")]
    return Polygons(column, codes[order], shapes[order], settled)


def _sortable(codes: NDArray[np.object_]) -> NDArray[Any]:
    return codes.astype(str) if isinstance(codes[0], str) else codes.astype(np.int64)


def _check_types(shapes: NDArray[np.object_], codes: NDArray[np.object_], subject: str) -> None:
    wrong = ~np.isin(shapely.get_type_id(shapes), (*_POLYGONS, _MISSING))
    if wrong.any():
        raise LayerError(
            f"{subject} have geometry that is no polygon: {name_codes(codes[wrong].tolist())}.",
            code="geometry_type",
            field="geometry",
            remedy="Drop these rows, or keep their polygons only.",
        )


def _datum(frame: gpd.GeoDataFrame, shapes: NDArray[np.object_], datum: str | None, subject: str) -> str:
    if (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        raise LayerError(f"{subject} are none.", code="layer_empty", remedy="Pass at least one polygon.")
    # Shapes in the range of degrees are told by their corners, without a look at each vertex.
    corners = shapely.total_bounds(shapes).reshape(2, 2)
    in_degrees = bool((np.abs(corners) <= (180.0, 90.0)).all())
    coordinates = corners if in_degrees else shapely.get_coordinates(shapes)
    coordinates = coordinates[np.isfinite(coordinates).all(axis=1)]
    remedy = 'Pass polygons.set_crs("EPSG:..."), or polygons_datum="gcj02" or another datum.'
    return settle(frame.crs, datum, coordinates, subject=_frame_of(subject), remedy=remedy).datum


def _frame_of(subject: str) -> str:
    return f"The frame of {subject[0].lower()}{subject[1:]}"


def _usable(
    shapes: NDArray[np.object_], codes: NDArray[np.object_], on_invalid: OnInvalid, datum: str, subject: str
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the rows that can be used, and the shapes of all rows after mending."""
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    good = shapely.is_valid(shapes) & ~absent
    if on_invalid == "mend":
        shapes = shapes.copy()
        for row in np.flatnonzero(~good & ~absent):
            mended = _mended(shapes[row], datum)
            if mended is not None:
                shapes[row], good[row] = mended, True
    if on_invalid != "skip":
        _refuse(codes[absent], f"{subject} have no shape", "geometry_missing", "Drop these rows")
        words = "cannot be mended without a guess" if on_invalid == "mend" else "are not valid"
        advice = "Repair them" if on_invalid == "mend" else 'Pass on_invalid="mend" to repair rings'
        _refuse(codes[~good & ~absent], f"{subject} {words}", "ring_invalid", advice)
    return np.flatnonzero(good), shapes


def _refuse(codes: NDArray[np.object_], message: str, code: str, advice: str) -> None:
    if len(codes):
        remedy = f'{advice}, or pass on_invalid="skip" to leave them out.'
        raise LayerError(f"{message}: {name_codes(codes.tolist())}.", code=code, field="geometry", remedy=remedy)


def _mended(shape: shapely.Geometry, datum: str) -> shapely.Geometry | None:
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    if is_geographic(datum):
        return mend_rings(shape, Plane.around(np.array([shape], dtype=object)))
    return mend_rings(shape, Plane(np.zeros(2), np.full(2, metres_per_unit(datum))))


def layer_label(name: object) -> str:
    """Return the name of a layer as messages show it.

    Examples
    --------
    >>> layer_label("streets")
    "The polygons of layer 'streets'"
    """
    return f"The polygons of layer '{label_of(str(name))}'"
