"""A generation of layers, ready to say whose point it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.geo import datums
from geogrid.locate.distances import AreaDistances
from geogrid.locate.explanation import LayerExplanation, LayerMatch, check_accuracy, explain_layer
from geogrid.locate.index import NO_POLYGON, LayerIndex
from geogrid.locate.index_cache import open_index
from geogrid.locate.raster_index import RasterIndex
from geogrid.model import (
    BASE_LAYERS,
    GRID_LAYERS,
    SNAP_M,
    Generation,
    Grid,
    Layer,
    LocateStatus,
    Membership,
    Place,
    Point,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from geogrid.locate.frames.locator import FrameLocator
    from geogrid.locate.frames.polygons import OnInvalid, PolygonFrames

#: What the numbers of `Positions.status` mean.
STATUSES: Final = (LocateStatus.INSIDE, LocateStatus.BORDER, LocateStatus.OUTSIDE)
_INSIDE, _BORDER, _OUTSIDE = range(3)
_BASE = 0
#: The layers of the index, in its order.
_NAMES: Final = ("base", "dedicated")


@dataclass(frozen=True, slots=True)
class Owner:
    """A grid with the community or village and the street that it belongs to."""

    grid: Grid
    community: Place
    street: Place


@dataclass(frozen=True, slots=True)
class Positions:
    """The answers for many points, as arrays.

    Attributes
    ----------
    status : ndarray of int8, shape (n,)
        How each point lies to the base grids, as an index into `STATUSES`.
    base, dedicated : ndarray of int32, shape (n,)
        The position of its grid in `Locator.base_codes` and `Locator.dedicated_codes`, or -1.
    """

    status: NDArray[np.int8]
    base: NDArray[np.int32]
    dedicated: NDArray[np.int32]


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


@dataclass(frozen=True, slots=True)
class ExplainedMembership:
    """An answer for one point, and why it is that.

    Attributes
    ----------
    membership
        The answer.
    layers
        What the base grids say, and what the dedicated grids.
    """

    membership: Membership
    layers: tuple[LayerExplanation, ...]


class Locator:
    """The grids of one generation.

    Parameters
    ----------
    generation
        Which one.
    layers
        A frame a layer, as `geogrid.layers.geojson_reader.read_generation` returns them.
    snap_m
        How near a point outside the district is drawn to the nearest base grid, in metres; 0 for not at all. Asked of
        `locate` and `assign`; `positions` tells membership alone.
    index_directory
        A folder where the index is kept from one start to the next, and shared by all processes that use it; see
        `geogrid.locate.index_cache`. By default it is built each time, in some milliseconds for a district.

    Examples
    --------
    >>> from geogrid.layers.geojson_reader import read_generation
    >>> from geogrid.resources import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> answer = locator.locate(Point(113.3058, 40.0912), "gcj02")
    >>> answer.street.name, answer.status.value, answer.base.layer.value
    ('古城街道', 'inside', 'urban')
    """

    def __init__(
        self,
        generation: Generation,
        layers: Mapping[Layer, gpd.GeoDataFrame],
        *,
        snap_m: float = SNAP_M,
        index_directory: Path | None = None,
    ) -> None:
        self.generation = generation
        self.snap_m = snap_m
        self.owners = _owners(layers)
        trees = [_tree(layers, BASE_LAYERS), _tree(layers, (Layer.DEDICATED,))]
        self._index = open_index(index_directory, trees) if index_directory else RasterIndex(trees)
        self._around = tuple(AreaDistances(tree) for tree in self._index.layers)
        self.base_codes, self.dedicated_codes = (layer.codes for layer in self._index.layers)
        self._base_owners, self._dedicated_owners = (self._owner_table(layer) for layer in self._index.layers)

    @staticmethod
    def from_frames(
        polygons: PolygonFrames,
        *,
        code: str | None = None,
        datum: str | None = None,
        on_invalid: OnInvalid = "raise",
    ) -> FrameLocator:
        """Index frames of any polygons, to assign points to them many times.

        Parameters
        ----------
        polygons, code, datum, on_invalid
            As of `FrameLocator`.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from geogrid.resources import data_path
        >>> locator = Locator.from_frames(gpd.read_file(data_path("boundaries", "streets.geojson")))
        >>> locator.assign(([113.2988, 116.4], [40.09, 39.9]), datum="wgs84").tolist()
        ['140213051', None]
        """
        # Frames need pandas, which the service's start does not wait for.
        from geogrid.locate.frames.locator import FrameLocator  # noqa: PLC0415

        return FrameLocator(polygons, code=code, datum=datum, on_invalid=on_invalid, stacklevel=3)

    def positions(self, lon: ArrayLike, lat: ArrayLike, *, threads: int = 1) -> Positions:
        """Assign very many points: arrays in, arrays out.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees, shape (n,). A point that is not finite is outside.
        threads
            How many cores to use.

        Examples
        --------
        >>> from geogrid.layers.geojson_reader import read_generation
        >>> from geogrid.resources import data_path
        >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
        >>> found = locator.positions([113.2988, 116.4], [40.09, 39.9])
        >>> found.base[1], locator.base_codes[found.base[0]], STATUSES[found.status[0]].value
        (np.int32(-1), np.str_('140213051003008'), 'inside')
        """
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        found = self._index.look_up(x, y, threads=threads)
        base, dedicated = found.positions
        status = np.where(base == NO_POLYGON, np.int8(_OUTSIDE), np.int8(_INSIDE))
        border = found.near[self._index.layers[_BASE].on_border(x[found.near], y[found.near], base[found.near])]
        status[border] = _BORDER
        return Positions(status, base, dedicated)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Assignment:
        """Assign many points.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).
        """
        found = self.positions(lon, lat)
        base, snapped = found.base.copy(), np.zeros(len(found.base), dtype=bool)
        out = np.flatnonzero(base == NO_POLYGON)
        base[out] = self._snap(lon[out], lat[out])
        snapped[out] = base[out] != NO_POLYGON
        status = [STATUSES[number] for number in found.status.tolist()]
        return Assignment(
            status=[LocateStatus.SNAPPED if near else one for one, near in zip(status, snapped.tolist(), strict=True)],
            base=[self._base_owners[position] for position in base.tolist()],
            dedicated=[self._dedicated_owners[position] for position in found.dedicated.tolist()],
        )

    def locate(self, point: Point, datum: str) -> Membership:
        """Answer for one point.

        Parameters
        ----------
        point
            The point as given.
        datum
            Its datum, a canonical name (see `geogrid.geo.datums.parse_datum`).

        Raises
        ------
        CoordinateError
            If the point is swapped, not finite or not on the Earth.
        """
        wgs84 = to_wgs84(point, datum)
        return self._membership(point, datum, wgs84, *self._held(wgs84))

    def explain(self, point: Point, datum: str, *, accuracy_m: float | None = None) -> ExplainedMembership:
        """Answer for one point, and say why.

        Parameters
        ----------
        point, datum
            As for `locate`.
        accuracy_m
            How inexact the point is: the radius of the disc that it may lie in, all of it alike.

        Raises
        ------
        CoordinateError
            If the point is swapped, not finite or not on the Earth.
        QueryError
            If the accuracy is out of range.

        Examples
        --------
        >>> from geogrid.layers.geojson_reader import read_generation
        >>> from geogrid.resources import data_path
        >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
        >>> base, dedicated = locator.explain(Point(113.2988, 40.09), "wgs84", accuracy_m=20).layers
        >>> base.rule.value, base.border_m, base.beyond
        ('inside', 0.067, '140213051008003')
        >>> [(candidate.code, candidate.share) for candidate in base.candidates]
        [('140213051003008', 0.5021), ('140213051008003', 0.4979)]
        """
        check_accuracy(accuracy_m)
        wgs84 = to_wgs84(point, datum)
        held = self._held(wgs84)
        return ExplainedMembership(
            membership=self._membership(point, datum, wgs84, *held),
            layers=tuple(
                explain_layer(name, index, around, wgs84, one, accuracy_m)
                for name, index, around, one in zip(_NAMES, self._index.layers, self._around, held, strict=True)
            ),
        )

    def _held(self, wgs84: Point) -> tuple[LayerMatch, LayerMatch]:
        """Return where the layers have a point: base, dedicated."""
        positions, near = self._index.look_up_one(wgs84.lon, wgs84.lat)
        base, dedicated = (
            LayerMatch(position, on_border=near and self._on_border(layer, wgs84, position))
            for layer, position in enumerate(positions)
        )
        if base.position == NO_POLYGON:
            drawn = int(self._snap(np.array([wgs84.lon]), np.array([wgs84.lat]))[0])
            base = LayerMatch(drawn, snapped=drawn != NO_POLYGON)
        return base, dedicated

    def _snap(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        if not self.snap_m or not len(lon):
            return np.full(len(lon), NO_POLYGON, dtype=np.int32)
        return self._around[_BASE].nearest(lon, lat, within_m=self.snap_m)[0]

    def _on_border(self, layer: int, wgs84: Point, position: int) -> bool:
        point = np.array([wgs84.lon]), np.array([wgs84.lat])
        return bool(self._index.layers[layer].on_border(*point, np.array([position], dtype=np.int32))[0])

    def _membership(self, point: Point, datum: str, wgs84: Point, held: LayerMatch, special: LayerMatch) -> Membership:
        base, dedicated = self._base_owners[held.position], self._dedicated_owners[special.position]
        owner = dedicated or base
        return Membership(
            point=point,
            datum=datum,
            wgs84=Point(round(wgs84.lon, 9), round(wgs84.lat, 9)),
            status=_status(held),
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


def _status(held: LayerMatch) -> LocateStatus:
    if held.position == NO_POLYGON:
        return LocateStatus.OUTSIDE
    if held.snapped:
        return LocateStatus.SNAPPED
    return LocateStatus.BORDER if held.on_border else LocateStatus.INSIDE


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
    datums.check_coordinates(point.lon, point.lat, datum)
    lon, lat = datums.to_wgs84([point.lon], [point.lat], datum)
    return Point(float(lon[0]), float(lat[0]))


def _tree(layers: Mapping[Layer, gpd.GeoDataFrame], which: tuple[Layer, ...]) -> LayerIndex:
    frames = [layers[layer] for layer in which]
    return LayerIndex(
        [code for frame in frames for code in frame["code"]],
        [shape for frame in frames for shape in frame.geometry],
    )


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
