"""Assign points to polygons in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.locate.frame_locator import FrameLocator

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.locate.frame_points import PointFrame
    from geogrid.locate.frame_polygons import OnInvalid, PolygonFrames


def assign(
    points: PointFrame,
    polygons: PolygonFrames,
    *,
    code: str | None = None,
    datum: str | None = None,
    polygons_datum: str | None = None,
    on_invalid: OnInvalid = "raise",
) -> pd.Series | pd.DataFrame:
    """Return the code of the polygon that contains each point.

    A polygon contains the points of its interior and of its border. If several polygons of a layer contain a point,
    the lowest code is chosen, in the order of text or of integers. `geogrid.Locator.from_frames` builds the index once
    for many calls.

    Parameters
    ----------
    points
        A GeoDataFrame or GeoSeries of points, or the arrays ``(x, y)``. No polygon contains a missing or empty point or
        a coordinate that is not finite.
    polygons
        A GeoDataFrame of polygons, or a mapping of layer names to GeoDataFrames.
    code
        The column of the codes. By default the column ``code``, or the index if a frame has no such column.
    datum
        The datum of the points: ``"wgs84"``, ``"cgcs2000"``, ``"gcj02"``, ``"bd09"`` or an EPSG code such as
        ``"EPSG:4547"``. Required for arrays, for a frame without a CRS, and for GCJ-02 and BD-09, which have no CRS.
    polygons_datum
        The datum of the polygons, likewise.
    on_invalid
        For polygons that are missing, empty or invalid: ``"raise"`` an error that names them, ``"skip"`` them, or
        ``"mend"`` self-intersecting rings and raise for ambiguous ones.

    Returns
    -------
    Series or DataFrame
        Codes on the index of the points, ``None`` outside, dtype object: for one frame of polygons a series with the
        name of the code column, for a mapping of frames a DataFrame with one column for each layer.

    Raises
    ------
    DatumError
        If a datum is missing, contradicts the CRS, or is impossible for the coordinates.
    LayerError
        If codes are missing or occur twice, or polygons are unusable; the message names the first codes.
    RowsError
        If a geometry is not a point, or a coordinate is out of range; the message names the first row.

    Warns
    -----
    OverlapWarning
        If polygons of one layer overlap.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> from geogrid.reference_files import data_path
    >>> streets = gpd.read_file(data_path("boundaries", "streets.geojson"))
    >>> grids = gpd.read_file(data_path("boundaries", "urban.geojson"))
    >>> reports = gpd.GeoSeries(gpd.points_from_xy([440200, 443000], [4439758, 4490000]), ["A", "B"], crs="EPSG:4547")
    >>> geogrid.assign(reports, grids)
    A    140213051003008
    B               None
    Name: code, dtype: object

    A phone delivers GCJ-02, which has no CRS:

    >>> geogrid.assign(([113.3058], [40.0912]), {"street": streets, "grid": grids}, datum="gcj02")
          street             grid
    0  140213051  140213051003008

    A frame without a CRS is refused:

    >>> geogrid.assign(gpd.GeoSeries(gpd.points_from_xy([113.3], [40.09])), grids)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.DatumError: datum: The frame of points names no CRS; its coordinates are degrees (...). Pass ...
    """
    locator = FrameLocator(polygons, code=code, datum=polygons_datum, on_invalid=on_invalid, stacklevel=3)
    return locator.assign(points, datum=datum)
