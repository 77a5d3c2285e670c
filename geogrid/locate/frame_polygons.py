"""Read and check polygons from frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import shapely

from geogrid.errors import LayerError, QueryError
from geogrid.geo.datums import is_geographic, metres_per_unit
from geogrid.geo.plane import Plane
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.mend.ring_repair import repair_rings
from geogrid.layers.topology.checked_features import printable_code
from geogrid.locate.code_column import check_codes, code_column, join_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    #: A frame of polygons, or frames by the name of their layer.
    PolygonFrames: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Mapping[str, gpd.GeoDataFrame]

#: Treatment of polygons that are missing, empty or invalid.
OnInvalid = Literal["raise", "skip", "mend"]
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_MISSING: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class CheckedPolygons:
    """Valid polygons of one layer, in ascending order of codes.

    Attributes
    ----------
    column
        Name of the code column.
    codes : ndarray of object, shape (n,)
        Text or integers, ascending.
    shapes : ndarray of object, shape (n,)
        Valid polygons in the order of `codes`, in the datum of the frame.
    datum
        Canonical name of the datum, see `geogrid.geo.datums.parse_datum`.
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
) -> CheckedPolygons:
    """Return the checked polygons of a frame.

    Parameters
    ----------
    frame
        Polygons and multipolygons.
    code
        The column of the codes, see `geogrid.locate.code_column.code_column`.
    datum
        The datum of the coordinates; required for a frame without a CRS, and for GCJ-02 and BD-09.
    on_invalid
        For polygons that are missing, empty or invalid: ``"raise"`` an error, ``"skip"`` them, or ``"mend"`` rings
        with `geogrid.layers.mend.ring_repair.repair_rings` and raise for the rest.
    subject
        Name of the frame in messages.

    Raises
    ------
    LayerError
        If codes or polygons are unusable; the message names the first codes.
    DatumError
        If the datum is missing, or impossible for the coordinates.
    QueryError
        If `on_invalid` has another value.

    Examples
    --------
    >>> squares = [shapely.box(1, 0, 2, 1), shapely.box(0, 0, 1, 1)]
    >>> polygons = read_polygons(gpd.GeoDataFrame({"code": ["b", "a"]}, geometry=squares, crs="EPSG:4326"))
    >>> polygons.codes.tolist(), polygons.datum
    (['a', 'b'], 'wgs84')
    """
    if on_invalid not in get_args(OnInvalid):
        raise QueryError("The value of on_invalid is unknown.", field="on_invalid", remedy="Use raise, skip or mend.")
    if not isinstance(frame, (gpd.GeoDataFrame, gpd.GeoSeries)):
        raise LayerError(f"{subject} are not a GeoDataFrame.", code="frame", remedy="Pass a GeoDataFrame of polygons.")
    table = frame if isinstance(frame, gpd.GeoDataFrame) else frame.to_frame("geometry")
    column, codes = code_column(table, code)
    check_codes(codes, subject)
    shapes = np.asarray(table.geometry.array, dtype=object)
    _check_types(shapes, codes, subject)
    shapes = shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes
    settled = _settle_datum(table, shapes, datum, subject)
    kept, shapes = _select_usable(shapes, codes, on_invalid, settled, subject)
    if not len(kept):
        raise LayerError(f"{subject} are empty.", code="layer_empty", remedy="Pass at least one polygon.")
    order = kept[np.argsort(_sortable(codes[kept]), kind="stable")]
    return CheckedPolygons(column, codes[order], shapes[order], settled)


def _sortable(codes: NDArray[np.object_]) -> NDArray[Any]:
    return codes.astype(str) if isinstance(codes[0], str) else codes.astype(np.int64)


def _check_types(shapes: NDArray[np.object_], codes: NDArray[np.object_], subject: str) -> None:
    wrong = ~np.isin(shapely.get_type_id(shapes), (*_POLYGONS, _MISSING))
    if wrong.any():
        raise LayerError(
            f"{subject} have geometry that is not a polygon: {join_codes(codes[wrong].tolist())}.",
            code="geometry_type",
            field="geometry",
            remedy="Drop these rows, or keep their polygons only.",
        )


def _settle_datum(frame: gpd.GeoDataFrame, shapes: NDArray[np.object_], datum: str | None, subject: str) -> str:
    if (shapely.is_missing(shapes) | shapely.is_empty(shapes)).all():
        raise LayerError(f"{subject} are empty.", code="layer_empty", remedy="Pass at least one polygon.")
    # If the bounds are degrees, all vertices are, so the bounds are enough to check the datum.
    corners = shapely.total_bounds(shapes).reshape(2, 2)
    in_degrees = bool((np.abs(corners) <= (180.0, 90.0)).all())
    coordinates = corners if in_degrees else shapely.get_coordinates(shapes)
    coordinates = coordinates[np.isfinite(coordinates).all(axis=1)]
    remedy = 'Pass polygons.set_crs("EPSG:..."), or polygons_datum="gcj02" or another datum.'
    return resolve_datum(frame.crs, datum, coordinates, subject=_frame_of(subject), remedy=remedy).datum


def _frame_of(subject: str) -> str:
    return f"The frame of {subject[0].lower()}{subject[1:]}"


def _select_usable(
    shapes: NDArray[np.object_], codes: NDArray[np.object_], on_invalid: OnInvalid, datum: str, subject: str
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the indexes of the usable rows, and the shapes of all rows after mending."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    valid = shapely.is_valid(shapes) & ~missing
    if on_invalid == "mend":
        shapes = shapes.copy()
        for row in np.flatnonzero(~valid & ~missing):
            mended = _mend(shapes[row], datum)
            if mended is not None:
                shapes[row], valid[row] = mended, True
    if on_invalid != "skip":
        _raise_if_any(codes[missing], f"{subject} have no shape", "geometry_missing", "Drop these rows")
        words = "have rings that are ambiguous to mend" if on_invalid == "mend" else "are not valid"
        advice = "Repair them" if on_invalid == "mend" else 'Pass on_invalid="mend" to repair rings'
        _raise_if_any(codes[~valid & ~missing], f"{subject} {words}", "ring_invalid", advice)
    return np.flatnonzero(valid), shapes


def _raise_if_any(codes: NDArray[np.object_], message: str, code: str, advice: str) -> None:
    if len(codes):
        remedy = f'{advice}, or pass on_invalid="skip" to leave them out.'
        raise LayerError(f"{message}: {join_codes(codes.tolist())}.", code=code, field="geometry", remedy=remedy)


def _mend(shape: shapely.Geometry, datum: str) -> shapely.Geometry | None:
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    if is_geographic(datum):
        return repair_rings(shape, Plane.around(np.array([shape], dtype=object)))
    return repair_rings(shape, Plane(np.zeros(2), np.full(2, metres_per_unit(datum))))


def layer_label(name: object) -> str:
    """Return the name of the frame of a layer, for messages.

    Examples
    --------
    >>> layer_label("streets")
    "The polygons of layer 'streets'"
    """
    return f"The polygons of layer '{printable_code(str(name))}'"
