"""Where the made-up incidents lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.model import BASE_LAYERS, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: Shares of the ways in which a point is drawn; the rest lies anywhere in a base grid.
SHARES: Final = {"hot_spot": 0.34, "dedicated": 0.08, "border": 0.04, "corner": 0.002}
_HOT_SPOTS: Final = 48
#: How much busier an urban grid is than a rural one.
_WEIGHT: Final = {Layer.URBAN: 1.0, Layer.RURAL: 0.35}
_DEG_PER_M_LON, _DEG_PER_M_LAT = 1 / 85_300, 1 / 111_030


@dataclass(frozen=True, slots=True)
class SyntheticPoints:
    """Points in the district.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (n,)
        WGS 84 degrees, 7 decimals, all inside the district.
    spot : ndarray of int64, shape (n,)
        The hot spot that a point belongs to, or -1.
    surveyed : ndarray of bool, shape (n,)
        Whether it is a corner of a grid, exactly; only a surveyor reports one.
    """

    lon: FloatArray
    lat: FloatArray
    spot: NDArray[np.int64]
    surveyed: NDArray[np.bool_]


def draw_points(layers: Mapping[Layer, gpd.GeoDataFrame], number: int, rng: np.random.Generator) -> SyntheticPoints:
    """Draw points in the district.

    Parameters
    ----------
    layers
        The generation that they are to lie in.
    number
        How many.
    rng
        The source of chance.

    """
    grids = np.concatenate([layers[layer].geometry.to_numpy() for layer in BASE_LAYERS])
    weight = np.concatenate([np.full(len(layers[layer]), _WEIGHT[layer]) for layer in BASE_LAYERS])
    weight = weight * rng.lognormal(0.0, 0.45, len(grids))
    lon, lat = _inside(grids[rng.choice(len(grids), number, p=weight / weight.sum())], rng)
    way = rng.choice(len(SHARES) + 1, number, p=[*SHARES.values(), 1 - sum(SHARES.values())])
    spot = _move_to_hot_spots(lon, lat, np.flatnonzero(way == list(SHARES).index("hot_spot")), layers, rng)
    rows = np.flatnonzero(way == list(SHARES).index("dedicated"))
    lon[rows], lat[rows] = _inside(rng.choice(layers[Layer.DEDICATED].geometry.to_numpy(), len(rows)), rng)
    rows = np.flatnonzero(way == list(SHARES).index("border"))
    lon[rows], lat[rows] = _near_borders(grids, len(rows), rng)
    _keep_inside(lon, lat, layers[Layer.DISTRICT].geometry.iloc[0], grids, rng)
    surveyed = way == list(SHARES).index("corner")
    corners = shapely.get_coordinates(rng.choice(grids, int(surveyed.sum())))
    lon[surveyed], lat[surveyed] = rng.choice(corners, int(surveyed.sum())).T
    return SyntheticPoints(lon.round(7), lat.round(7), spot, surveyed)


def _inside(polygons: NDArray[np.object_], rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return one point in each polygon, uniform over it, by drawing in its box until it fits."""
    shapely.prepare(polygons)
    west, south, east, north = shapely.bounds(polygons).T
    lon, lat = np.empty(len(polygons)), np.empty(len(polygons))
    left = np.arange(len(polygons))
    while len(left):
        lon[left] = rng.uniform(west[left], east[left]).round(7)
        lat[left] = rng.uniform(south[left], north[left]).round(7)
        left = left[~shapely.contains_xy(polygons[left], lon[left], lat[left])]
    return lon, lat


def _move_to_hot_spots(
    lon: FloatArray,
    lat: FloatArray,
    rows: NDArray[np.intp],
    layers: Mapping[Layer, gpd.GeoDataFrame],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Gather some points, in place, round dedicated grids of the town, and return the hot spot of every point."""
    dedicated = layers[Layer.DEDICATED]
    in_town = dedicated.geometry[dedicated["parent"].isin(layers[Layer.COMMUNITY]["code"])].to_numpy()
    centres = shapely.get_coordinates(shapely.centroid(rng.choice(in_town, _HOT_SPOTS, replace=False)))
    strength = rng.lognormal(0.0, 0.7, _HOT_SPOTS)
    spread_m = rng.uniform(90.0, 330.0, _HOT_SPOTS)
    spot = np.full(len(lon), -1)
    spot[rows] = rng.choice(_HOT_SPOTS, len(rows), p=strength / strength.sum())
    reach = spread_m[spot[rows]]
    lon[rows] = centres[spot[rows], 0] + rng.normal(0.0, reach) * _DEG_PER_M_LON
    lat[rows] = centres[spot[rows], 1] + rng.normal(0.0, reach) * _DEG_PER_M_LAT
    return spot


def _near_borders(grids: NDArray[np.object_], number: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return points a few metres off grid borders: real reports name streets, and streets are borders."""
    borders = shapely.boundary(rng.choice(grids, number))
    points = shapely.line_interpolate_point(borders, rng.uniform(0.0, 1.0, number), normalized=True)
    lon, lat = shapely.get_coordinates(points).T
    return lon + rng.normal(0.0, 4.0, number) * _DEG_PER_M_LON, lat + rng.normal(0.0, 4.0, number) * _DEG_PER_M_LAT


def _keep_inside(
    lon: FloatArray,
    lat: FloatArray,
    district: shapely.Geometry,
    grids: NDArray[np.object_],
    rng: np.random.Generator,
) -> None:
    """Draw the points that fell out of the district again, in place.

    What lies within a hand's breadth of the outline counts as out: the centimetre to which a telephone writes its
    point might put it there.
    """
    well_inside = shapely.buffer(district, -1e-6)
    shapely.prepare(well_inside)
    out = np.flatnonzero(~shapely.contains_xy(well_inside, lon, lat))
    lon[out], lat[out] = _inside(rng.choice(grids, len(out)), rng)
