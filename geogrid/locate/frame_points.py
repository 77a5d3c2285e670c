"""Read and check points from frames or arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from geogrid.errors import DatumError, InputError, RowFault, RowsError
from geogrid.geo.coordinate_checks import CoordinateFault, coordinate_error, find_faults
from geogrid.geo.datums import convert
from geogrid.layers.files.file_datum import resolve_datum
from geogrid.layers.topology.checked_features import printable_code

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    #: Points as a frame, a series of geometry, or a pair of arrays.
    PointFrame: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | tuple[ArrayLike, ArrayLike]

_SUBJECT = "The frame of points"
_REMEDY = 'Pass datum="gcj02" or another datum, or points.set_crs("EPSG:4326").'
_POINT = int(shapely.GeometryType.POINT)
_MISSING = -1
_LON, _LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True, eq=False)
class CheckedPoints:
    """Points in the order of their frame.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Coordinates, unchanged; NaN for missing or empty geometry.
    datum
        Canonical name of the datum, see `geogrid.geo.datums.parse_datum`.
    index
        The index of the frame.
    """

    x: Floats
    y: Floats
    datum: str
    index: pd.Index

    def in_datum(self, datum: str) -> tuple[Floats, Floats]:
        """Return the coordinates in a datum; the unchanged arrays if it is the same datum.

        Raises
        ------
        RowsError
            If a point has no coordinates in the datum.
        """
        x, y = convert(self.x, self.y, self.datum, datum)
        if x is not self.x or y is not self.y:
            self.check_converted(np.flatnonzero(~(np.isfinite(x) & np.isfinite(y))))
        return x, y

    def check_converted(self, missing: NDArray[np.intp]) -> None:
        """Raise if a point without coordinates in another datum has coordinates in its own.

        Parameters
        ----------
        missing
            Indexes of the points without coordinates in the other datum.

        Raises
        ------
        RowsError
            If a point has no coordinates in the other datum.
        """
        found = np.full(len(self.x), CoordinateFault.NONE, dtype=np.uint8)
        found[missing[np.isfinite(self.x[missing]) & np.isfinite(self.y[missing])]] = CoordinateFault.OUT_OF_RANGE
        _raise_first(found, self.index)


def read_points(points: PointFrame, datum: str | None = None) -> CheckedPoints:
    """Return checked points.

    Parameters
    ----------
    points
        A GeoDataFrame or GeoSeries of points, or the arrays x and y, shape (n,) each. Missing geometry, empty points
        and coordinates that are not finite are allowed; no polygon contains such a point.
    datum
        The datum of the coordinates; required for arrays, for a frame without a CRS, and for GCJ-02 and BD-09, which
        have no CRS.

    Raises
    ------
    DatumError
        If the datum is missing, contradicts the CRS, or is impossible for the coordinates.
    RowsError
        If a geometry is not a point, or a coordinate is out of range; the message names the first row.
    InputError
        If the points are neither a frame nor two arrays of equal length.

    Examples
    --------
    >>> read_points(([113.3058], [40.0912]), "GCJ-02").datum
    'gcj02'
    """
    if isinstance(points, (gpd.GeoDataFrame, gpd.GeoSeries)):
        shapes = np.asarray(points.geometry.array, dtype=object)
        x, y = _coordinates(shapes)
        index = points.index
        _check_types(shapes, x, index)
        crs = points.crs
    else:
        x, y, index = _arrays(points)
        crs = None
        if datum is None:
            raise DatumError(
                "Arrays of coordinates require a datum.",
                code="datum_missing",
                field="datum",
                remedy='Pass datum="gcj02" or another datum.',
            )
    return _settle_datum(CheckedPoints(x, y, "", index), crs, datum)


def _coordinates(shapes: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return x and y of points; NaN for missing geometry and other types."""
    try:
        return shapely.get_x(shapes), shapely.get_y(shapes)
    except GEOSException:
        # GEOS raises for an empty point. Testing for empty points first would take 50 % more time.
        shapes = shapes.copy()
        shapes[shapely.is_empty(shapes)] = None
        return shapely.get_x(shapes), shapely.get_y(shapes)


def _arrays(points: tuple[ArrayLike, ArrayLike]) -> tuple[Floats, Floats, pd.Index]:
    if not isinstance(points, (tuple, list)) or len(points) != 2:  # noqa: PLR2004 - x and y
        raise InputError(
            "The points are neither a GeoDataFrame, nor a GeoSeries, nor a pair of arrays.",
            field="points",
            remedy="Pass a frame of points, or (x, y).",
        )
    x, y = (np.asarray(values, dtype=np.float64) for values in points)
    if x.ndim != 1 or x.shape != y.shape:
        raise InputError("x and y differ in length or have several dimensions.", field="points")
    first: Any = points[0]
    return x, y, first.index if isinstance(first, pd.Series) else pd.RangeIndex(len(x))


def _check_types(shapes: NDArray[np.object_], x: Floats, index: pd.Index) -> None:
    # Only points have an x. Testing the types of all geometries would double the time.
    without_x = np.flatnonzero(np.isnan(x))
    kinds = shapely.get_type_id(shapes[without_x])
    wrong = without_x[(kinds != _POINT) & (kinds != _MISSING)]
    if len(wrong):
        row = int(wrong[0])
        message = f"{len(wrong):,} of {len(shapes):,} rows are not points; the first is {_row(row, index)}, "
        message += f"a {shapes[row].geom_type}."
        raise RowsError(
            message,
            [RowFault(row + 1, "geometry_type", "The geometry is not a point.")],
            remedy="Drop the rows that are not points, or replace their shapes by representative_point().",
        )


def _settle_datum(points: CheckedPoints, crs: Any, datum: str | None) -> CheckedPoints:  # noqa: ANN401 - pyproj's CRS or None
    x, y = points.x, points.y
    corners = np.array(
        [[reduce(values, initial=np.nan) for values in (x, y)] for reduce in (np.fmin.reduce, np.fmax.reduce)]
    )
    in_degrees = bool((np.abs(corners) <= (_LON, _LAT)).all())
    # If the bounds are degrees, all points are, so the bounds are enough to check the datum.
    coordinates = corners if in_degrees else np.column_stack([x, y])
    finite = np.isfinite(coordinates).all(axis=1)
    name = resolve_datum(crs, datum, coordinates[finite], subject=_SUBJECT, remedy=_REMEDY).datum
    if not in_degrees:
        _raise_first(np.where(finite, find_faults(x, y, name), CoordinateFault.NONE), points.index)
    return CheckedPoints(x, y, name, points.index)


def _raise_first(found: NDArray[np.uint8], index: pd.Index) -> None:
    rows = np.flatnonzero(found)
    if len(rows):
        row, error = int(rows[0]), coordinate_error(CoordinateFault(int(found[rows[0]])))
        raise RowsError(
            f"{len(rows):,} of {len(found):,} points are unusable; the first is {_row(row, index)}. {error.message}",
            [RowFault(row + 1, error.code, error.message)],
            remedy=error.remedy,
        )


def _row(row: int, index: pd.Index) -> str:
    return f"row {row + 1} (index {printable_code(str(index[row]))})"
