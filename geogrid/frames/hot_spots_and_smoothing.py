"""Hot spots and smoothed rates of areas in GeoDataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.errors import QueryError
from geogrid.extras import optional_imports
from geogrid.frames.topology_mending import in_wgs84
from geogrid.layers.topology.checked_features import printable_code
from geogrid.stats import smoothing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_COLUMNS: Final = ("z", "p", "q", "class")


def hot_spots(
    areas: gpd.GeoDataFrame | gpd.GeoSeries, values: str | ArrayLike, *, datum: str | None = None
) -> gpd.GeoDataFrame:
    """Return the areas with their hot-spot statistics (Getis-Ord Gi*).

    Neighbours share a border or a corner. Probabilities are those of values dealt to the areas at random, computed and
    not sampled, so results are reproducible. Classes control the false discovery rate (Benjamini-Hochberg), see
    `geogrid.stats.hotspots.find_hot_spots`.

    Parameters
    ----------
    areas
        Polygons that tile the plane.
    values
        Rate or density of each area: a column of `areas`, a series on their index, or an array in their order. Areas
        without a value are left out.
    datum
        The datum of the areas; required without a CRS, and for GCJ-02 and BD-09, which have no CRS.

    Returns
    -------
    GeoDataFrame
        The areas with four more columns: ``z``, the standard score; ``p``, the two-sided probability before the
        correction; ``q``, the smallest false discovery rate at which the area is called; ``class``, 3, 2 and 1 for a
        hot spot with a false discovery rate of 1, 5 and 10 %, -3 to -1 for a cold spot, 0 for neither. An area without
        neighbours has NaN and the class 0, and so have all areas if their values are equal.

    Raises
    ------
    QueryError
        If the column is missing, or the values do not match the areas.
    DatumError
        If the datum is missing, or impossible for the coordinates.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> import shapely
    >>> squares = [shapely.box(113 + x / 100, 40 + y / 100, 113.01 + x / 100, 40.01 + y / 100)
    ...            for y in range(10) for x in range(10)]
    >>> areas = gpd.GeoDataFrame({"rate": [9.0 if i % 10 < 2 and i < 20 else 1.0 for i in range(100)]},
    ...                          geometry=squares, crs="EPSG:4326")
    >>> spots = geogrid.hot_spots(areas, "rate")
    >>> spots.index[spots["class"] == 3].tolist()
    [0, 1, 10, 11]
    """
    # esda and libpysal take two seconds and 60 MB.
    with optional_imports():
        from geogrid.stats import hotspots  # noqa: PLC0415

    frame = areas.copy() if isinstance(areas, gpd.GeoDataFrame) else areas.to_frame("geometry")
    numbers = read_values(areas, values)
    shapes = np.asarray(in_wgs84(areas, datum).array, dtype=object)
    rows = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    columns = {
        "z": np.full(len(frame), np.nan),
        "p": np.full(len(frame), np.nan),
        "q": np.full(len(frame), np.nan),
        "class": np.zeros(len(frame), dtype=np.int64),
    }
    if len(rows):
        spots = hotspots.find_hot_spots(numbers[rows], hotspots.find_neighbours(shapes[rows]))
        for column, result in zip(_COLUMNS, (spots.z, spots.p, spots.q, spots.strength), strict=True):
            columns[column][rows] = result
    return frame.assign(**columns)


def smooth_rates(numerator: ArrayLike, denominator: ArrayLike) -> pd.Series | Floats:
    """Return global empirical Bayes estimates of rates of rare events, such as incidents per resident.

    The fewer events an area has, the closer its rate moves to the mean of all areas, see
    `geogrid.stats.smoothing.smooth_rates`.

    Parameters
    ----------
    numerator
        Number of events in each area, a series or an array, shape (n,).
    denominator
        Number of residents or other units, of the same length; a series must have the index of the numerator, in any
        order. 0 and NaN mean unknown.

    Returns
    -------
    Series or ndarray of float64, shape (n,)
        Events per unit; NaN if either is unknown. A series on the index of the numerator if that is a series.

    Raises
    ------
    QueryError
        If lengths or indexes differ, or a number is negative or infinite.

    Examples
    --------
    >>> import geogrid
    >>> import pandas as pd
    >>> incidents = pd.Series([2, 30, 12, 0], index=["a", "b", "c", "d"])
    >>> residents = pd.Series([1000, 10, 1000, 0], index=["b", "a", "c", "d"])
    >>> geogrid.smooth_rates(incidents, residents).round(4).to_dict()
    {'a': 0.0372, 'b': 0.0292, 'c': 0.0129, 'd': nan}
    """
    index = numerator.index if isinstance(numerator, pd.Series) else None
    events = _to_floats(numerator, index, "numerator")
    exposure = _to_floats(denominator, index, "denominator")
    if events.shape != exposure.shape:
        raise QueryError("Numerator and denominator differ in length.", field="denominator")
    if (events < 0).any() or (exposure < 0).any() or np.isinf(events).any() or np.isinf(exposure).any():
        raise QueryError("A number is negative or infinite.", field="numerator", remedy="Pass counts.")
    # Areas with unknown events are left out, like areas without residents.
    smoothed = smoothing.smooth_rates(events, np.where(np.isnan(events), np.nan, exposure))
    return smoothed if index is None else pd.Series(smoothed, index=index)


def read_values(areas: gpd.GeoDataFrame | gpd.GeoSeries, values: str | ArrayLike) -> Floats:
    """Return the number of each area in the order of the areas; NaN if unknown.

    Parameters
    ----------
    areas
        The areas.
    values
        A column of `areas`, a series on their index, or an array in their order.

    Raises
    ------
    QueryError
        If the column is missing, or the values do not match the areas.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)] * 2, index=["a", "b"], crs="EPSG:4326")
    >>> read_values(areas, pd.Series({"b": 2.0, "a": 1.0})).tolist()
    [1.0, 2.0]
    """
    if isinstance(values, str):
        if not isinstance(areas, gpd.GeoDataFrame) or values not in areas.columns:
            raise QueryError(f"The areas have no column {printable_code(values)}.", field="values")
        values = areas[values]
    numbers = _to_floats(values, areas.index, "values")
    if len(numbers) != len(areas):
        raise QueryError(f"There are {len(numbers):,} values for {len(areas):,} areas.", field="values")
    return np.where(np.isinf(numbers), np.nan, numbers)


def _to_floats(values: ArrayLike, index: pd.Index | None, field: str) -> Floats:
    """Return values as floats; a series is reordered to an index."""
    if isinstance(values, pd.Series):
        if index is not None and not values.index.equals(index):
            values = _reorder(values, index, field)
        values = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise QueryError("The values are not one-dimensional.", field=field)
    return numbers


def _reorder(values: pd.Series, index: pd.Index, field: str) -> pd.Series:
    if not (values.index.is_unique and index.is_unique and values.index.isin(index).all()):
        raise QueryError(
            "The index of the series differs from that of the areas.",
            field=field,
            remedy="Set the unique codes as the index of both, or pass an array.",
        )
    return values.reindex(index)
