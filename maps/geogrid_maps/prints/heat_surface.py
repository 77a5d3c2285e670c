"""Smoothed density of incidents per km² in classes, for printed heat maps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from contourpy import FillType, contour_generator

from geogrid.geo.datums import from_wgs84, metres_per_unit
from geogrid_maps.prints.layout import project
from geogrid_maps.prints.model import Band

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geogrid.stats.point_binning import HeatCells
    from geogrid_maps.prints.model import PrintDistrict

#: Smallest standard deviation of the kernel: about two heat cells, so that their raster does not show.
_SIGMA_M: Final = 200.0
#: Parts of the longer side of a district that the kernel is at least as wide as: smaller heat does not show on paper.
_KERNELS: Final = 400
#: Raster steps of a standard deviation.
_STEPS: Final = 4
_REACH: Final = 4.0


@dataclass(frozen=True, slots=True)
class Surface:
    """A smoothed density over a raster in metres of a projection.

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


def kernel_sigma_m(district: PrintDistrict) -> float:
    """Return the standard deviation of the kernel for a district in metres: 200, more in districts of over 80 km."""
    west, south, east, north = project(district.outline, district.projection).bounds
    return max(_SIGMA_M, float(np.ceil(max(east - west, north - south) / _KERNELS / 50)) * 50)


def density_surface(cells: HeatCells, projection: str, sigma_m: float) -> Surface:
    """Return the density of counted cells, smoothed by a Gaussian kernel, without edge correction.

    Parameters
    ----------
    cells
        Heat cells, at least one.
    projection
        Canonical name of the projection of the surface.
    sigma_m
        Standard deviation of the kernel in metres, see `kernel_sigma_m`.

    Notes
    -----
    B. W. Silverman, *Density Estimation for Statistics and Data Analysis* (1986), section 4.2, with a fixed kernel. The
    sum of the surface times the area of a raster step is the number of incidents.

    Examples
    --------
    >>> from geogrid.stats.point_binning import HeatCells
    >>> cells = HeatCells(np.array([113.30]), np.array([40.09]), np.array([10]))
    >>> surface = density_surface(cells, "epsg:4547", 200.0)
    >>> round(float(surface.per_km2.sum()) * 0.05**2, 2)
    10.0
    """
    unit_m, step_m = metres_per_unit(projection), sigma_m / _STEPS
    east, north = (axis * unit_m for axis in from_wgs84(cells.lon, cells.lat, projection))
    reach = _REACH * sigma_m
    west, south = np.floor((min(east) - reach) / step_m), np.floor((min(north) - reach) / step_m)
    columns = np.rint(east / step_m - west).astype(np.int64)
    rows = np.rint(north / step_m - south).astype(np.int64)
    margin = int(np.ceil(reach / step_m)) + 1
    sums = np.zeros((rows.max() + margin + 1, columns.max() + margin + 1))
    np.add.at(sums, (rows, columns), cells.count)
    steps = np.arange(-margin, margin + 1) * step_m
    kernel = np.exp(-0.5 * (steps / sigma_m) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        sums = np.apply_along_axis(np.convolve, axis, sums, kernel, "same")
    per_km2 = sums / (step_m / 1_000) ** 2
    return Surface(
        east=(west + np.arange(sums.shape[1])) * step_m,
        north=(south + np.arange(sums.shape[0])) * step_m,
        per_km2=per_km2,
        at_cells=per_km2[rows, columns],
    )


def round_breaks(largest: float, classes: int, sigma_m: float) -> list[float]:
    """Return up to `classes` class limits of the series 1, 2, 5, 10, …, ascending and below the largest value.

    No limit is below a quarter of the density of a single incident at its centre: with a kernel of 200 m, 1 per km².

    Parameters
    ----------
    largest
        Largest value, at least the density of a single incident.
    sigma_m
        Standard deviation of the kernel in metres.

    Examples
    --------
    >>> round_breaks(2_600, 6, 200.0)
    [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]
    >>> round_breaks(7, 6, 200.0), round_breaks(0.5, 6, 800.0)
    ([1.0, 2.0, 5.0], [0.1, 0.2])
    """
    single = 1e6 / (2 * np.pi * sigma_m**2)
    powers = range(int(np.floor(np.log10(single / 4))), int(np.ceil(np.log10(largest))) + 1)
    limits = (digit * 10.0**power for power in powers for digit in (1, 2, 5))
    # The quarter of 3.98 counts as 1.
    return [limit for limit in limits if single / 4.1 < limit < largest][-classes:]


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
    >>> from geogrid.stats.point_binning import HeatCells
    >>> cells = HeatCells(np.array([113.30]), np.array([40.09]), count)
    >>> class_counts(density_surface(cells, "epsg:4547", 200.0), count, [5.0, 20.0])
    [0, 0, 10]
    """
    limits = [-np.inf, *breaks, np.inf]
    return [
        int(count[(surface.at_cells >= lower) & (surface.at_cells < upper)].sum()) for lower, upper in pairwise(limits)
    ]
