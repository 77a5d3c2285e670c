"""A generation of layers, ready to say whose point it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geogrid import crs
from geogrid.locate.index import NONE, LayerIndex
from geogrid.model import BASE_LAYERS, GRID_LAYERS, Generation, Grid, Layer, LocateStatus, Membership, Place, Point

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

_STATUSES = (LocateStatus.INSIDE, LocateStatus.BORDER, LocateStatus.OUTSIDE)
_INSIDE, _BORDER, _OUTSIDE = range(3)


@dataclass(frozen=True, slots=True)
class Owner:
    """A grid with the community or village and the street that it belongs to."""

    grid: Grid
    community: Place
    street: Place


@dataclass(frozen=True, slots=True)
class Assignment:
    """The answers for many points.

    Attributes
    ----------
    status
        How each point lies to the base grids.
    base, dedicated
        The base grid and the dedicated grid of each point, or None.
    """

    status: list[LocateStatus]
    base: list[Owner | None]
    dedicated: list[Owner | None]

    def responsible(self, row: int) -> Owner | None:
        """Return whose incident a point is: its dedicated grid's where there is one, otherwise its base grid's."""
        return self.dedicated[row] or self.base[row]


class Locator:
    """The grids of one generation.

    Parameters
    ----------
    generation
        Which one.
    layers
        A frame a layer, as `geogrid.layers.read.read_generation` returns them.

    Examples
    --------
    >>> from geogrid.layers.read import read_generation
    >>> from geogrid.resources import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> answer = locator.locate(Point(113.3058, 40.0912), "gcj02")
    >>> answer.street.name, answer.status.value, answer.base.layer.value
    ('古城街道', 'inside', 'urban')
    """

    def __init__(self, generation: Generation, layers: Mapping[Layer, gpd.GeoDataFrame]) -> None:
        self.generation = generation
        self.owners = _owners(layers)
        base = [layers[layer] for layer in BASE_LAYERS]
        self._base = LayerIndex(
            [code for frame in base for code in frame["code"]],
            [shape for frame in base for shape in frame.geometry],
        )
        dedicated = layers[Layer.DEDICATED]
        self._dedicated = LayerIndex(list(dedicated["code"]), list(dedicated.geometry))
        self._base_owners = self._owner_table(self._base)
        self._dedicated_owners = self._owner_table(self._dedicated)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Assignment:
        """Assign many points.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).
        """
        base = self._base.assign(lon, lat)
        dedicated = self._dedicated.assign(lon, lat)
        status = np.where(base == NONE, _OUTSIDE, np.where(self._base.on_border(lon, lat, base), _BORDER, _INSIDE))
        return Assignment(
            status=[_STATUSES[number] for number in status],
            base=[self._base_owners[position] for position in base],
            dedicated=[self._dedicated_owners[position] for position in dedicated],
        )

    def locate(self, point: Point, datum: str) -> Membership:
        """Answer for one point.

        Parameters
        ----------
        point
            The point as given.
        datum
            Its datum, a canonical name (see `geogrid.crs.parse_datum`).

        Raises
        ------
        CoordinateError
            If the point is swapped, not finite or not on the Earth.
        """
        wgs84 = to_wgs84(point, datum)
        found = self.assign(np.array([wgs84.lon]), np.array([wgs84.lat]))
        base, dedicated, owner = found.base[0], found.dedicated[0], found.responsible(0)
        return Membership(
            point=point,
            datum=datum,
            wgs84=Point(round(wgs84.lon, 9), round(wgs84.lat, 9)),
            status=found.status[0],
            generation=self.generation.id,
            synthetic=self.generation.synthetic,
            base=base.grid if base else None,
            dedicated=dedicated.grid if dedicated else None,
            community=owner.community if owner else None,
            street=owner.street if owner else None,
            responsible=owner.grid if owner else None,
        )

    def _owner_table(self, index: LayerIndex) -> list[Owner | None]:
        """Return the owners by position; the last entry is None, and that is where `NONE`, -1, points."""
        return [*(self.owners[code] for code in index.codes), None]


def to_wgs84(point: Point, datum: str) -> Point:
    """Turn one point into WGS 84, or say why that cannot be done.

    Raises
    ------
    CoordinateError
        If the point is swapped, not finite or not on the Earth.

    Examples
    --------
    >>> to_wgs84(Point(113.3058, 40.0912), "cgcs2000")
    Point(lon=113.3058, lat=40.0912)
    """
    crs.check(point.lon, point.lat, datum)
    lon, lat = crs.to_wgs84([point.lon], [point.lat], datum)
    return Point(float(lon[0]), float(lat[0]))


def _owners(layers: Mapping[Layer, gpd.GeoDataFrame]) -> dict[str, Owner]:
    streets = {code: Place(code, name) for code, name in _columns(layers[Layer.STREET], "code", "name")}
    communities = {
        code: (Place(code, name), streets[parent])
        for layer in (Layer.COMMUNITY, Layer.VILLAGE)
        for code, name, parent in _columns(layers[layer], "code", "name", "parent")
    }
    return {
        code: Owner(Grid(code, name, layer), *communities[parent])
        for layer in GRID_LAYERS
        for code, name, parent in _columns(layers[layer], "code", "name", "parent")
    }


def _columns(frame: gpd.GeoDataFrame, *names: str) -> zip[tuple[str, ...]]:
    return zip(*(frame[name] for name in names), strict=True)
