"""Smoothed density of incidents per km² in classes, for printed heat maps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from contourpy import FillType, contour_generator

from geogrid.geo.datums import from_wgs84
from geogrid_maps.prints.model import PROJECTION, Band

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Standard deviation of the kernel: about two heat cells, so that their raster does not show.
SIGMA_M: Final = 200.0
_STEP_M: Final = 50.0
_REACH: Final = 4.0


@dataclass(frozen=True, slots=True)
class Surface:
    """A smoothed density over a raster in metres of `PROJECTION`.

    Attributes
    ----------
    east : ndarray of float64, shape (w,)
        Eastings of the columns.
    north : ndarray of float64, shape (h,)
        Northings of the rows, ascending.
    per_km2 : ndarray of float64, shape (h, w)
        Incidents per km².
    at_cells : ndarray of float64, shape (n,)
        Incidents per km² at each input cell.
    """

    east: NDArray[np.float64]
    north: NDArray[np.float64]
    per_km2: NDArray[np.float64]
    at_cells: NDArray[np.float64]


def density_surface(lon: NDArray[np.float64], lat: NDArray[np.float64], count: NDArray[np.int64]) -> Surface:
    """Return the density of counted cells, smoothed by a Gaussian kernel of `SIGMA_M`, without edge correction.

    Parameters
    ----------
    lon, lat
        Centres of the cells, WGS 84 degrees, shape (n,), n > 0.
    count
        Incidents in each cell, shape (n,).

    Notes
    -----
    B. W. Silverman, *Density Estimation for Statistics and Data Analysis* (1986), section 4.2, with a fixed kernel. The
    sum of the surface times the area of a raster step is the number of incidents.

    Examples
    --------
    >>> surface = density_surface(np.array([113.30]), np.array([40.09]), np.array([10]))
    >>> round(float(surface.per_km2.sum()) * 0.05**2, 2)
    10.0
    """
    east, north = from_wgs84(lon, lat, PROJECTION)
    reach = _REACH * SIGMA_M
    west, south = np.floor((min(east) - reach) / _STEP_M), np.floor((min(north) - reach) / _STEP_M)
    columns = np.rint(east / _STEP_M - west).astype(np.int64)
    rows = np.rint(north / _STEP_M - south).astype(np.int64)
    margin = int(np.ceil(reach / _STEP_M)) + 1
    sums = np.zeros((rows.max() + margin + 1, columns.max() + margin + 1))
    np.add.at(sums, (rows, columns), count)
    steps = np.arange(-margin, margin + 1) * _STEP_M
    kernel = np.exp(-0.5 * (steps / SIGMA_M) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        sums = np.apply_along_axis(np.convolve, axis, sums, kernel, "same")
    per_km2 = sums / (_STEP_M / 1_000) ** 2
    return Surface(
        east=(west + np.arange(sums.shape[1])) * _STEP_M,
        north=(south + np.arange(sums.shape[0])) * _STEP_M,
        per_km2=per_km2,
        at_cells=per_km2[rows, columns],
    )


def round_breaks(largest: float, classes: int) -> list[float]:
    """Return up to `classes` class limits of the series 1, 2, 5, 10, …, ascending and below the largest value.

    No limit is below 1 per km²: a single incident has 4 per km² at its centre.

    Examples
    --------
    >>> round_breaks(2_600, 6)
    [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]
    >>> round_breaks(7, 6)
    [1.0, 2.0, 5.0]
    """
    powers = range(int(np.ceil(np.log10(largest))) + 1)
    return [limit for power in powers for digit in (1, 2, 5) if (limit := digit * 10.0**power) < largest][-classes:]


def heat_bands(surface: Surface, breaks: Sequence[float], fills: Sequence[str]) -> list[Band]:
    """Return the area above each limit, to be drawn from sparse to dense.

    Parameters
    ----------
    surface
        The density.
    breaks
        Lower limits of the classes, ascending.
    fills
        Colours of the classes.
    """
    contours: Any = contour_generator(
        surface.east, surface.north, surface.per_km2, fill_type=FillType.ChunkCombinedOffsetOffset
    )
    bands = []
    for lower, fill in zip(breaks, fills, strict=True):
        # One chunk: points, offsets of rings in them, offsets of polygons in the rings.
        (points,), *offsets = contours.filled(lower, np.inf)
        if points is not None:
            (rings,), (polygons,) = offsets
            shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (rings, polygons))
            bands.append(Band(shapely.multipolygons(shapes), fill))
    return bands


def class_counts(surface: Surface, count: NDArray[np.int64], breaks: Sequence[float]) -> list[int]:
    """Return the number of incidents below the first limit, and in each class.

    Examples
    --------
    >>> count = np.array([10])
    >>> class_counts(density_surface(np.array([113.30]), np.array([40.09]), count), count, [5.0, 20.0])
    [0, 0, 10]
    """
    limits = [-np.inf, *breaks, np.inf]
    return [
        int(count[(surface.at_cells >= lower) & (surface.at_cells < upper)].sum()) for lower, upper in pairwise(limits)
    ]
