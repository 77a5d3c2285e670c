"""Points to codes in one call."""

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

    A polygon contains the points of its interior and of its border. Where several polygons of a layer contain a point,
    the lowest code answers: text by its characters, whole numbers by their size. `geogrid.Locator.from_frames` builds
    the index once for many calls.

    Parameters
    ----------
    points
        A GeoDataFrame or GeoSeries of points, or the arrays ``(x, y)``. A row without geometry, an empty point and a
        coordinate that is not finite lie in no polygon.
    polygons
        A GeoDataFrame of polygons, or a mapping of layer names to GeoDataFrames.
    code
        The column with the codes. By default the column ``code``, or the index where a frame has no such column.
    datum
        The datum of the points: required for arrays and for a frame without a CRS, and for GCJ-02 and BD-09, which no
        CRS can name. ``"wgs84"``, ``"cgcs2000"``, ``"gcj02"``, ``"bd09"`` or an EPSG code such as ``"EPSG:4547"``.
    polygons_datum
        The same for the polygons.
    on_invalid
        For polygons that are missing, empty or not valid: ``"raise"`` an error that names them, ``"skip"`` them, or
        ``"mend"`` rings that cross themselves and raise for the polygons that cannot be mended without a guess.

    Returns
    -------
    Series or DataFrame
        Codes on the index of the points, ``None`` outside, dtype object. A series named as the code column for one
        frame of polygons; a DataFrame with a column a layer for a mapping of frames.

    Raises
    ------
    DatumError
        If a datum is missing, contradicts the CRS, or cannot be that of the coordinates.
    LayerError
        If codes are missing or occur twice, or polygons cannot be used; the message names the first codes.
    RowsError
        If a row holds another geometry than a point, or a point that is not on the Earth; the message names the row.

    Warns
    -----
    OverlapWarning
        If polygons of one layer overlap.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> from geogrid.resources import data_path
    >>> streets = gpd.read_file(data_path("boundaries", "streets.geojson"))
    >>> grids = gpd.read_file(data_path("boundaries", "urban.geojson"))
    >>> reports = gpd.GeoSeries(gpd.points_from_xy([440200, 443000], [4439758, 4490000]), ["A", "B"], crs="EPSG:4547")
    >>> geogrid.assign(reports, grids)
    A    140213051003008
    B               None
    Name: code, dtype: object

    A telephone delivers GCJ-02, which no CRS can name:

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
