"""Hot spots and smoothed rates of areas, on GeoDataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.errors import QueryError
from geogrid.extras import optional_imports
from geogrid.frames.layers import in_wgs84
from geogrid.layers.topology.areas import printable_code
from geogrid.stats import smoothing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_COLUMNS: Final = ("z", "p", "class")


def hot_spots(
    areas: gpd.GeoDataFrame | gpd.GeoSeries, values: str | ArrayLike, *, datum: str | None = None
) -> gpd.GeoDataFrame:
    """Find areas whose neighbourhood holds more, or less, than chance would give it (Getis-Ord Gi*).

    Neighbours share a border or a corner. The score is the analytic one, the same on every call. Classes bound the
    share of false discoveries (Benjamini-Hochberg), see `geogrid.stats.hotspots.find_hot_spots`.

    Parameters
    ----------
    areas
        Polygons that tile the plane.
    values
        A rate or a density for each area, so that a large area is not hot for its size: a column of `areas`, a series
        on their index, or an array in their order. An area without a value takes no part.
    datum
        The datum of the areas, where they name no CRS, or are in GCJ-02 or BD-09, which no CRS can name.

    Returns
    -------
    GeoDataFrame
        The areas with three more columns: ``z``, the standard score; ``p``, the two-sided probability before the
        correction; ``class``, 3, 2 and 1 for a hot spot at 99, 95 and 90 %, -3 to -1 for a cold spot, 0 for neither.
        With fewer than 30 values, or equal ones, nothing can be told: ``z`` and ``p`` are NaN and ``class`` is 0.

    Raises
    ------
    QueryError
        If there is no such column, or the values do not belong to the areas.
    DatumError
        If the datum is missing, or cannot be that of the coordinates.

    Examples
    --------
    >>> import geogrid
    >>> import geopandas as gpd
    >>> import shapely
    >>> squares = [shapely.box(113 + x / 100, 40 + y / 100, 113.01 + x / 100, 40.01 + y / 100)
    ...            for y in range(10) for x in range(10)]
    >>> areas = gpd.GeoDataFrame({"rate": [9.0 if i % 10 < 2 and i < 20 else 1.0 for i in range(100)]},
    ...                          geometry=squares, crs="EPSG:4326")
    >>> found = geogrid.hot_spots(areas, "rate")
    >>> found.index[found["class"] == 3].tolist()
    [0, 1, 2, 10, 11, 20]
    """
    # It loads esda and libpysal, which take two seconds and 60 MB.
    with optional_imports():
        from geogrid.stats import hotspots  # noqa: PLC0415

    frame = areas.copy() if isinstance(areas, gpd.GeoDataFrame) else areas.to_frame("geometry")
    numbers = values_of(areas, values)
    shapes = np.asarray(in_wgs84(areas, datum).array, dtype=object)
    rows = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    found = {
        "z": np.full(len(frame), np.nan),
        "p": np.full(len(frame), np.nan),
        "class": np.zeros(len(frame), dtype=np.int64),
    }
    if len(rows):
        told = hotspots.find_hot_spots(numbers[rows], hotspots.find_neighbours(shapes[rows]))
        for column, result in zip(_COLUMNS, (told.z, told.p, told.strength), strict=True):
            found[column][rows] = result
    return frame.assign(**found)


def smooth_rates(numerator: ArrayLike, denominator: ArrayLike) -> pd.Series | Floats:
    """Return the global empirical Bayes estimates of rates of rare events, such as incidents a resident.

    A rate of few cases moves towards the mean of all areas by as much as chance may have moved it away, see
    `geogrid.stats.smoothing.smooth_rates`.

    Parameters
    ----------
    numerator
        The number of events in each area, a series or an array, shape (n,).
    denominator
        The number of residents or other units, of the same length; a series has to have the index of the numerator, in
        any order. 0 and NaN are unknown.

    Returns
    -------
    Series or ndarray of float64, shape (n,)
        Events a unit; NaN where either is unknown. A series on the index of the numerator, if that is a series.

    Raises
    ------
    QueryError
        If the two do not belong together, or a number is negative or infinite.

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
    events = _numbers(numerator, index, "numerator")
    exposure = _numbers(denominator, index, "denominator")
    if events.shape != exposure.shape:
        raise QueryError("Numerator and denominator differ in length.", field="denominator")
    if (events < 0).any() or (exposure < 0).any() or np.isinf(events).any() or np.isinf(exposure).any():
        raise QueryError("A number is negative or infinite.", field="numerator", remedy="Pass counts.")
    # An area whose events are unknown takes no part, as one without residents.
    smoothed = smoothing.smooth_rates(events, np.where(np.isnan(events), np.nan, exposure))
    return smoothed if index is None else pd.Series(smoothed, index=index)


def values_of(areas: gpd.GeoDataFrame | gpd.GeoSeries, values: str | ArrayLike) -> Floats:
    """Return a number for each area, in their order; NaN where there is none.

    Parameters
    ----------
    areas
        The areas.
    values
        A column of them, a series on their index, or an array in their order.

    Raises
    ------
    QueryError
        If there is no such column, or the values do not belong to the areas.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)] * 2, index=["a", "b"], crs="EPSG:4326")
    >>> values_of(areas, pd.Series({"b": 2.0, "a": 1.0})).tolist()
    [1.0, 2.0]
    """
    if isinstance(values, str):
        if not isinstance(areas, gpd.GeoDataFrame) or values not in areas.columns:
            raise QueryError(f"The areas have no column {printable_code(values)}.", field="values")
        values = areas[values]
    numbers = _numbers(values, areas.index, "values")
    if len(numbers) != len(areas):
        raise QueryError(f"There are {len(numbers):,} values for {len(areas):,} areas.", field="values")
    return np.where(np.isinf(numbers), np.nan, numbers)


def _numbers(values: ArrayLike, index: pd.Index | None, field: str) -> Floats:
    """Return values as numbers; a series in the order of an index."""
    if isinstance(values, pd.Series):
        if index is not None and not values.index.equals(index):
            values = _aligned(values, index, field)
        values = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise QueryError("The values are not of one dimension.", field=field)
    return numbers


def _aligned(values: pd.Series, index: pd.Index, field: str) -> pd.Series:
    if not (values.index.is_unique and index.is_unique and values.index.isin(index).all()):
        raise QueryError(
            "The index of the series is not that of the areas.",
            field=field,
            remedy="Set the codes as the index of both, each once, or pass an array.",
        )
    return values.reindex(index)
