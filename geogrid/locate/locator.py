"""Locate points in the grids of one generation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.geo import datums
from geogrid.geo.coordinate_checks import check_coordinates
from geogrid.locate.explanation import LayerExplanation, LayerMatch, check_accuracy, explain_layer
from geogrid.locate.index_cache import open_index
from geogrid.locate.raster_index import RasterIndex
from geogrid.locate.tree_index import NO_POLYGON, LayerIndex
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
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import shapely
    from numpy.typing import ArrayLike, NDArray

    from geogrid.locate.distances import AreaDistances
    from geogrid.locate.frame_locator import FrameLocator
    from geogrid.locate.frame_polygons import OnInvalid, PolygonFrames

#: The meaning of the numbers in `Positions.status`.
STATUSES: Final = (LocateStatus.INSIDE, LocateStatus.BORDER, LocateStatus.OUTSIDE)
_INSIDE, _BORDER, _OUTSIDE = range(3)
_BASE = 0
#: The layers that are read.
_LAYERS: Final = (Layer.STREET, Layer.COMMUNITY, Layer.VILLAGE, *GRID_LAYERS)
#: The layers of the index, in order.
_NAMES: Final = ("base", "dedicated")


@dataclass(frozen=True, slots=True)
class AreaColumns:
    """The columns of a layer that a `Locator` reads.

    Attributes
    ----------
    codes, names, parents
        One item an area.
    shapes
        Polygons in WGS 84 degrees; required for layers of grids only.
    """

    codes: Sequence[str]
    names: Sequence[str]
    parents: Sequence[str | None]
    shapes: Sequence[shapely.Geometry] = ()


_NO_AREAS: Final = AreaColumns((), (), ())


@dataclass(frozen=True, slots=True)
class Owner:
    """A grid with its community or village and its street, each None if the grid lies in none."""

    grid: Grid
    community: Place | None
    street: Place | None

    @property
    def divisions(self) -> tuple[Place, ...]:
        """The street and the community or village that exist, from the wider to the narrower."""
        return tuple(place for place in (self.street, self.community) if place)

    @property
    def lineage(self) -> tuple[str, ...]:
        """The codes of the grid, its community or village and its street."""
        return (self.grid.code, *(place.code for place in reversed(self.divisions)))


@dataclass(frozen=True, slots=True)
class Positions:
    """The grids of many points, as arrays.

    Attributes
    ----------
    status : ndarray of int8, shape (n,)
        Where each point lies relative to the base grids, as an index into `STATUSES`.
    base, dedicated : ndarray of int32, shape (n,)
        The index of its grid in `Locator.base_codes` and `Locator.dedicated_codes`, or -1.
    unconverted : ndarray of int, shape (m,)
        Indexes of the points outside the domain of a projection.
    """

    status: NDArray[np.int8]
    base: NDArray[np.int32]
    dedicated: NDArray[np.int32]
    unconverted: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The grids of many points.

    Attributes
    ----------
    status
        Where each point lies relative to the base grids.
    base, dedicated
        The base grid and the dedicated grid of each point, or None.
    """

    status: list[LocateStatus]
    base: list[Owner | None]
    dedicated: list[Owner | None]

    def responsible(self, row: int) -> Owner | None:
        """Return the grid that handles an incident at a point: its dedicated grid, or else its base grid."""
        return self.dedicated[row] or self.base[row]


@dataclass(frozen=True, slots=True)
class ExplainedMembership:
    """The grids of one point, with an explanation.

    Attributes
    ----------
    membership
        The grids.
    layers
        The explanations for the base grids and for the dedicated grids.
    """

    membership: Membership
    layers: tuple[LayerExplanation, ...]


class Locator:
    """Locates points in the grids of one generation.

    Parameters
    ----------
    generation
        The generation.
    layers
        One frame for each layer, as `geogrid.layers.generation_file_reader.read_generation` returns them, or its
        columns. Layers other than the base grids may be missing or empty.
    snap_m
        Maximum distance in metres at which `locate` and `assign` snap a point outside the district to the nearest base
        grid; 0 disables snapping. `positions` never snaps.
    index_directory
        Folder of the index files that processes share, see `geogrid.locate.index_cache`. By default the index is built
        in memory, within milliseconds for a district.
    raster
        Whether to build the raster index. Without it each point takes some 0.1 ms, and the start is faster.

    Examples
    --------
    >>> from geogrid.layers.generation_file_reader import read_generation
    >>> from geogrid.reference_files import data_path
    >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
    >>> membership = locator.locate(Point(113.3058, 40.0912), "gcj02")
    >>> membership.street.name, membership.status.value, membership.base.layer.value
    ('古城街道', 'inside', 'urban')
    """

    def __init__(
        self,
        generation: Generation,
        layers: Mapping[Layer, gpd.GeoDataFrame | AreaColumns],
        *,
        snap_m: float = SNAP_M,
        index_directory: Path | None = None,
        raster: bool = True,
    ) -> None:
        self.generation = generation
        self.snap_m = snap_m
        columns = {layer: _read_columns(layers[layer]) if layer in layers else _NO_AREAS for layer in _LAYERS}
        self.owners = _read_owners(columns)
        trees = [_build_tree(columns, BASE_LAYERS), _build_tree(columns, (Layer.DEDICATED,))]
        if raster and index_directory:
            self._index = open_index(index_directory, trees)
        else:
            self._index = RasterIndex(trees, rasters=None if raster else ())
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
        """Return an index of any frames of polygons, to assign points repeatedly.

        Parameters
        ----------
        polygons, code, datum, on_invalid
            Parameters of `FrameLocator`.

        Examples
        --------
        >>> import geopandas as gpd
        >>> from geogrid.reference_files import data_path
        >>> locator = Locator.from_frames(gpd.read_file(data_path("boundaries", "streets.geojson")))
        >>> locator.assign(([113.2988, 116.4], [40.09, 39.9]), datum="wgs84").tolist()
        ['140213051', None]
        """
        from geogrid.locate.frame_locator import FrameLocator  # noqa: PLC0415 - imports pandas, which is slow

        return FrameLocator(polygons, code=code, datum=datum, on_invalid=on_invalid, stacklevel=3)

    def positions(self, x: ArrayLike, y: ArrayLike, *, datum: str = datums.WGS84, threads: int = 1) -> Positions:
        """Return the grids of many points as arrays of indexes.

        Parameters
        ----------
        x, y
            Coordinates in the datum, shape (n,). A point with a coordinate that is not finite is outside.
        datum
            Canonical name of the datum of the points.
        threads
            Number of threads.

        Examples
        --------
        >>> from geogrid.layers.generation_file_reader import read_generation
        >>> from geogrid.reference_files import data_path
        >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
        >>> positions = locator.positions([113.2988, 116.4], [40.09, 39.9])
        >>> positions.base[1], locator.base_codes[positions.base[0]], STATUSES[positions.status[0]].value
        (np.int32(-1), np.str_('140213051003008'), 'inside')
        """
        result = self._index.look_up(x, y, datum=datum, threads=threads)
        base, dedicated = result.positions
        status = np.where(base == NO_POLYGON, np.int8(_OUTSIDE), np.int8(_INSIDE))
        near = result.near
        border = near[self._index.layers[_BASE].on_border(result.near_lon, result.near_lat, base[near])]
        status[border] = _BORDER
        return Positions(status, base, dedicated, result.unconverted)

    def assign(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Assignment:
        """Return the grids of many points.

        Parameters
        ----------
        lon, lat
            Finite WGS 84 degrees, shape (n,).
        """
        positions = self.positions(lon, lat)
        base, snapped = positions.base.copy(), np.zeros(len(positions.base), dtype=bool)
        outside = np.flatnonzero(base == NO_POLYGON)
        base[outside] = self._snap(lon[outside], lat[outside])
        snapped[outside] = base[outside] != NO_POLYGON
        return Assignment(
            status=[
                LocateStatus.SNAPPED if is_snapped else STATUSES[number]
                for number, is_snapped in zip(positions.status.tolist(), snapped.tolist(), strict=True)
            ],
            base=[self._base_owners[position] for position in base.tolist()],
            dedicated=[self._dedicated_owners[position] for position in positions.dedicated.tolist()],
        )

    def locate(self, point: Point, datum: str) -> Membership:
        """Return the grids of one point.

        Parameters
        ----------
        point
            The point in its own datum.
        datum
            Canonical name of the datum, see `geogrid.geo.datums.parse_datum`.

        Raises
        ------
        CoordinateError
            If longitude and latitude are swapped, not finite or out of range.
        """
        return self._membership(point, datum, *self._match(point, datum))

    def explain(self, point: Point, datum: str, *, accuracy_m: float | None = None) -> ExplainedMembership:
        """Return the grids of one point, with an explanation for each layer.

        Parameters
        ----------
        point, datum
            As for `locate`.
        accuracy_m
            Radius in metres of the disc that contains the true position, with equal probability everywhere.

        Raises
        ------
        CoordinateError
            If longitude and latitude are swapped, not finite or out of range.
        QueryError
            If the accuracy is out of range.

        Examples
        --------
        >>> from geogrid.layers.generation_file_reader import read_generation
        >>> from geogrid.reference_files import data_path
        >>> locator = Locator(Generation(1, "demo", synthetic=True), read_generation(data_path("boundaries")))
        >>> base, dedicated = locator.explain(Point(113.2988, 40.09), "wgs84", accuracy_m=20).layers
        >>> base.rule.value, base.border_m, base.beyond
        ('inside', 0.067, '140213051008003')
        >>> [(candidate.code, candidate.share) for candidate in base.candidates]
        [('140213051003008', 0.5021), ('140213051008003', 0.4979)]
        """
        check_accuracy(accuracy_m)
        wgs84, *matches = self._match(point, datum)
        parts = zip(_NAMES, self._index.layers, self._distances, matches, strict=True)
        return ExplainedMembership(
            membership=self._membership(point, datum, wgs84, *matches),
            layers=tuple(
                explain_layer(name, index, distances, wgs84, match, accuracy_m)
                for name, index, distances, match in parts
            ),
        )

    @cached_property
    def _distances(self) -> tuple[AreaDistances, ...]:
        # Only points outside the district and explanations need distances.
        from geogrid.locate.distances import AreaDistances  # noqa: PLC0415

        return tuple(AreaDistances(tree) for tree in self._index.layers)

    def _match(self, point: Point, datum: str) -> tuple[Point, LayerMatch, LayerMatch]:
        """Return a point in WGS 84 degrees, and its matches in the base and the dedicated layer."""
        wgs84 = to_wgs84(point, datum)
        slack = 0.0 if datums.is_wgs84(datum) else datums.POINT_ERROR
        positions, near = self._index.look_up_one(wgs84.lon, wgs84.lat, slack)
        if near and slack:  # so close to an edge, the point must be converted as it is among others
            (lon,), (lat,) = datums.to_wgs84([point.lon], [point.lat], datum)
            wgs84 = Point(float(lon), float(lat))
            positions, near = self._index.look_up_one(wgs84.lon, wgs84.lat)
        base, dedicated = (
            LayerMatch(position, on_border=near and self._on_border(layer, wgs84, position))
            for layer, position in enumerate(positions)
        )
        if base.position == NO_POLYGON:
            nearest = int(self._snap(np.array([wgs84.lon]), np.array([wgs84.lat]))[0])
            base = LayerMatch(nearest, snapped=nearest != NO_POLYGON)
        return wgs84, base, dedicated

    def _snap(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
        if not self.snap_m or not len(lon):
            return np.full(len(lon), NO_POLYGON, dtype=np.int32)
        return self._distances[_BASE].nearest(lon, lat, within_m=self.snap_m)[0]

    def _on_border(self, layer: int, wgs84: Point, position: int) -> bool:
        point = np.array([wgs84.lon]), np.array([wgs84.lat])
        return bool(self._index.layers[layer].on_border(*point, np.array([position], dtype=np.int32))[0])

    def _membership(
        self, point: Point, datum: str, wgs84: Point, in_base: LayerMatch, in_dedicated: LayerMatch
    ) -> Membership:
        base, dedicated = self._base_owners[in_base.position], self._dedicated_owners[in_dedicated.position]
        owner = dedicated or base
        return Membership(
            point=point,
            datum=datum,
            wgs84=Point(round(wgs84.lon, 9), round(wgs84.lat, 9)),
            status=_status(in_base),
            generation=self.generation.id,
            synthetic=self.generation.synthetic,
            base=base.grid if base else None,
            dedicated=dedicated.grid if dedicated else None,
            community=owner.community if owner else None,
            street=owner.street if owner else None,
            responsible=owner.grid if owner else None,
        )

    def _owner_table(self, index: LayerIndex) -> list[Owner | None]:
        """Return the owners by position, and None at the end, which `NO_POLYGON` (-1) selects."""
        return [*(self.owners[code] for code in index.codes), None]


def _status(match: LayerMatch) -> LocateStatus:
    if match.position == NO_POLYGON:
        return LocateStatus.OUTSIDE
    if match.snapped:
        return LocateStatus.SNAPPED
    return LocateStatus.BORDER if match.on_border else LocateStatus.INSIDE


def to_wgs84(point: Point, datum: str) -> Point:
    """Convert one point to WGS 84 degrees.

    Raises
    ------
    CoordinateError
        If longitude and latitude are swapped, not finite or out of range.

    Examples
    --------
    >>> to_wgs84(Point(113.3058, 40.0912), "cgcs2000")
    Point(lon=113.3058, lat=40.0912)
    """
    check_coordinates(point.lon, point.lat, datum)
    return Point(*datums.point_to_wgs84(point.lon, point.lat, datum))


def _read_columns(frame: gpd.GeoDataFrame | AreaColumns) -> AreaColumns:
    if isinstance(frame, AreaColumns):
        return frame
    codes, names, parents = (frame[name].tolist() for name in ("code", "name", "parent"))
    return AreaColumns(codes, names, parents, list(frame.geometry))


def _build_tree(layers: Mapping[Layer, AreaColumns], names: tuple[Layer, ...]) -> LayerIndex:
    columns = [layers[name] for name in names]
    return LayerIndex(
        [code for part in columns for code in part.codes], [shape for part in columns for shape in part.shapes]
    )


def _read_owners(layers: Mapping[Layer, AreaColumns]) -> dict[str, Owner]:
    """Return each grid with its community and street, by the code of the grid."""
    streets = {code: Place(code, name) for code, name, _ in _rows(layers[Layer.STREET])}
    communities = {
        code: (Place(code, name), streets.get(parent or ""))
        for layer in (Layer.COMMUNITY, Layer.VILLAGE)
        for code, name, parent in _rows(layers[layer])
    }
    # A grid may lie in a street without communities, or directly in the district.
    return {
        code: Owner(Grid(code, name, layer), *communities.get(parent or "", (None, streets.get(parent or ""))))
        for layer in GRID_LAYERS
        for code, name, parent in _rows(layers[layer])
    }


def _rows(columns: AreaColumns) -> zip[tuple[str, str, str | None]]:
    return zip(columns.codes, columns.names, columns.parents, strict=True)
