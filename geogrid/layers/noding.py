"""Noding of layers that are not drawn in WGS 84: vertices of other areas are inserted into straight edges.

A border of a town may have two vertices where the grids along it have many. GCJ-02 and projections bend straight lines
by up to metres, so that after the conversion the two borders differ. An edge is straight in the datum in which it was
drawn: a vertex of any layer that lies on it there becomes a vertex of it, and both borders stay equal in WGS 84.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from geogrid.geo.datums import CGCS2000, WGS84, from_wgs84, is_geographic, metres_per_unit
from geogrid.geo.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geogrid.model import Layer

    FloatArray: TypeAlias = NDArray[np.float64]
    ComplexArray: TypeAlias = NDArray[np.complex128]
    IndexArray: TypeAlias = NDArray[np.intp]
    Shapes: TypeAlias = NDArray[np.object_]

#: Maximum distance of a vertex from an edge: two borders with six decimals of a degree differ by so much.
TOLERANCE_M: Final = 0.16
#: The datums in which an edge stays straight in WGS 84.
STRAIGHT_DATUMS: Final = frozenset({WGS84, CGCS2000})
#: Larger layers stay as they are.
_MAX_VERTICES: Final = 2_000_000
#: Maximum number of vertices near edges: a constant, and an addition per vertex.
_PAIRS_TOTAL: Final = 200_000
_PAIRS_PER_VERTEX: Final = 20
# Pairs of vertices and edges whose boxes may intersect in one query.
_PAIRS_AT_ONCE: Final = 20_000_000
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True, slots=True, eq=False)
class NodedLayers:
    """Layers after noding, and the number of vertices inserted into each."""

    layers: dict[Layer, gpd.GeoDataFrame]
    inserted: dict[Layer, int]


def node_layers(layers: Mapping[Layer, gpd.GeoDataFrame], drawn_in: Mapping[Layer, str]) -> NodedLayers:
    """Insert the vertices of all layers into the edges on which they lie, in the datum of each edge.

    Parameters
    ----------
    layers
        Frames with polygons in WGS 84 degrees, converted vertex by vertex. They are not modified.
    drawn_in
        The datum in which each layer was drawn, see `geogrid.geo.datums.parse_datum`; by default WGS 84.

    Returns
    -------
    NodedLayers
        Vertices within `TOLERANCE_M` of an edge and not of its ends are inserted with their own coordinates, so the
        edge moves by at most the tolerance. A shape that would become invalid stays as it is. All layers stay as they
        are if all were drawn in WGS 84 or CGCS2000, where nothing bends.

    Examples
    --------
    >>> from geogrid.model import Layer
    >>> town = gpd.GeoDataFrame(geometry=[shapely.box(440000, 4440000, 446000, 4446000)], crs="EPSG:4547")
    >>> halves = [shapely.box(440000, 4440000, 443000, 4446000), shapely.box(443000, 4440000, 446000, 4446000)]
    >>> grids = gpd.GeoDataFrame(geometry=halves, crs="EPSG:4547")
    >>> layers = {Layer.STREET: town.to_crs(4326), Layer.URBAN: grids.to_crs(4326)}
    >>> noded = node_layers(layers, dict.fromkeys(layers, "epsg:4547"))
    >>> noded.inserted
    {<Layer.STREET: 'street'>: 2}
    >>> bent = [frames[Layer.STREET].union_all() ^ frames[Layer.URBAN].union_all() for frames in (layers, noded.layers)]
    >>> [shape.area > 0 for shape in bent]
    [True, False]
    """
    noded = dict(layers)
    inserted: dict[Layer, int] = {}
    datums = {layer: drawn_in.get(layer, WGS84) for layer in layers}
    if set(datums.values()) <= STRAIGHT_DATUMS:
        return NodedLayers(noded, inserted)
    vertices = _unique_vertices(layers)
    if len(vertices) > _MAX_VERTICES:
        return NodedLayers(noded, inserted)
    for datum in sorted(set(datums.values())):
        index = _VertexIndex(vertices, datum)
        for layer in (layer for layer in layers if datums[layer] == datum):
            shapes = np.asarray(layers[layer].geometry.array, dtype=object)
            new = index.insert_into(shapes)
            count = int(shapely.get_num_coordinates(new).sum() - shapely.get_num_coordinates(shapes).sum())
            if count:
                series = gpd.GeoSeries(new, index=layers[layer].index, crs=layers[layer].crs)
                noded[layer], inserted[layer] = layers[layer].set_geometry(series), count
    return NodedLayers(noded, inserted)


def node_with_base(
    imported: Mapping[Layer, gpd.GeoDataFrame], drawn_in: Mapping[Layer, str], base: Mapping[Layer, gpd.GeoDataFrame]
) -> NodedLayers:
    """Node imported layers and those of the base generation, as `node_layers`.

    The edges of the base count as straight in the datum of the import, if that is a single one besides WGS 84: an
    office draws its layers in one datum, and imports them one by one.
    """
    bent = {*drawn_in.values()} - STRAIGHT_DATUMS
    datum = next(iter(bent)) if len(bent) == 1 else WGS84
    return node_layers({**base, **imported}, {**dict.fromkeys(base, datum), **drawn_in})


def describe_noding(noded: NodedLayers) -> list[str]:
    """Return a remark for the user on each layer that got vertices."""
    return [
        f"{layer}: {count:,} vertices of other areas were inserted into its borders, because lines that are straight "
        "in the datum of the file bend in WGS 84."
        for layer, count in noded.inserted.items()
    ]


def _unique_vertices(layers: Mapping[Layer, gpd.GeoDataFrame]) -> ComplexArray:
    """Return the vertices of all layers in WGS 84 degrees, sorted, as complex numbers: a fast key of two numbers."""
    points = [shapely.get_coordinates(np.asarray(frame.geometry.array, dtype=object)) for frame in layers.values()]
    return np.unique(_as_keys(np.concatenate(points)))


def _as_keys(points: FloatArray) -> ComplexArray:
    return (points + 0.0).view(np.complex128).ravel()


class _VertexIndex:
    """The vertices of all layers as drawn in one datum, in metres.

    Parameters
    ----------
    vertices
        As `_unique_vertices` returns them.
    datum
        The datum.
    """

    def __init__(self, vertices: ComplexArray, datum: str) -> None:
        self._vertices = vertices
        self._degrees = vertices.view(np.float64).reshape(-1, 2)
        self._datum = datum
        drawn = self._drawn(self._degrees)
        finite = drawn[np.isfinite(drawn).all(axis=1)]
        self._scale = Plane.around(shapely.points(finite)).scale if is_geographic(datum) else metres_per_unit(datum)
        self._metres = drawn * self._scale
        self._tree = shapely.STRtree(shapely.points(self._metres))

    def insert_into(self, shapes: Shapes) -> Shapes:
        """Return shapes with the vertices that lie on their edges; shapes other than polygons stay as they are."""
        new = shapes.copy()
        polygons = np.flatnonzero(np.isin(shapely.get_type_id(shapes), _POLYGONS) & ~shapely.is_empty(shapes))
        if not len(polygons):
            return new
        vertices = _RingVertices.of(shapes[polygons])
        found = self._vertices_on_edges(vertices)
        changed = np.unique(vertices.shape[found.edge])
        with_nodes = vertices.insert(found.edge, self._degrees[found.vertex])
        kept = shapely.is_valid(with_nodes[changed]) | ~shapely.is_valid(shapes[polygons[changed]])
        new[polygons[changed[kept]]] = with_nodes[changed[kept]]
        return new

    def _drawn(self, degrees: FloatArray) -> FloatArray:
        return np.column_stack(from_wgs84(degrees[:, 0], degrees[:, 1], self._datum))

    def _vertices_on_edges(self, ring_vertices: _RingVertices) -> _EdgeVertices:
        """Return the vertices of other shapes on the edges of these, in the order along each ring."""
        metres = self._drawn(ring_vertices.degrees) * self._scale
        edges = ring_vertices.edges()
        edges = edges[np.isfinite(metres[edges]).all(axis=1) & np.isfinite(metres[edges + 1]).all(axis=1)]
        edge, vertex = self._query(edges, metres)
        keys = np.searchsorted(self._vertices, _as_keys(ring_vertices.degrees))
        own = np.isin(
            ring_vertices.shape[edge] * len(self._vertices) + vertex,
            ring_vertices.shape * len(self._vertices) + keys,
        )
        point, start, end = self._metres[vertex], metres[edge], metres[edge + 1]
        at_end = np.minimum(np.hypot(*(point - start).T), np.hypot(*(point - end).T)) <= TOLERANCE_M
        along = ((point - start) * (end - start)).sum(axis=1)
        order = np.lexsort((along, edge))
        order = order[~(own | at_end)[order]]
        return _EdgeVertices(edge[order], vertex[order])

    def _query(self, edges: IndexArray, metres: FloatArray) -> tuple[IndexArray, IndexArray]:
        """Return pairs of an edge and a near vertex; none if there are too many."""
        lines = shapely.linestrings(np.stack([metres[edges], metres[edges + 1]], axis=1))
        step = max(1, _PAIRS_AT_ONCE // max(1, len(self._vertices)))
        limit = _PAIRS_TOTAL + _PAIRS_PER_VERTEX * len(metres)
        found, count = [np.empty((2, 0), dtype=np.intp)], 0
        for first in range(0, len(lines), step):
            near = self._tree.query(lines[first : first + step], predicate="dwithin", distance=TOLERANCE_M)
            count += near.shape[1]
            if count > limit:
                return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
            near[0] += first
            found.append(near)
        edge, vertex = np.concatenate(found, axis=1)
        return edges[edge], vertex


@dataclass(frozen=True, slots=True, eq=False)
class _EdgeVertices:
    """Vertices on edges: the position of the first end of each edge, and of the vertex in `_VertexIndex`."""

    edge: IndexArray
    vertex: IndexArray


@dataclass(frozen=True, slots=True, eq=False)
class _RingVertices:
    """The vertices of polygons and multipolygons, ring by ring.

    Attributes
    ----------
    degrees
        Shape (n, 2).
    shape
        The position of the shape of each vertex.
    kind, offsets
        As of `shapely.to_ragged_array`; the first offsets are those of the rings.
    single
        Whether each shape is a polygon.
    """

    degrees: FloatArray
    shape: IndexArray
    kind: shapely.GeometryType
    offsets: tuple[IndexArray, ...]
    single: NDArray[np.bool_]

    @classmethod
    def of(cls, shapes: Shapes) -> _RingVertices:
        """Return the vertices of shapes, at least one."""
        kind, degrees, offsets = shapely.to_ragged_array(shapes, include_z=False)
        shape = shapely.get_coordinates(shapes, return_index=True)[1]
        return cls(degrees, shape, kind, offsets, shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)

    def edges(self) -> IndexArray:
        """Return the positions of the vertices at which edges start."""
        return np.setdiff1d(np.arange(len(self.degrees)), self.offsets[0][1:] - 1)

    def insert(self, edge: IndexArray, degrees: FloatArray) -> Shapes:
        """Return the shapes with vertices inserted after the starts of edges, which are sorted."""
        rings = self.offsets[0] + np.searchsorted(edge, self.offsets[0])
        points = np.insert(self.degrees, edge + 1, degrees, axis=0)
        shapes: Shapes = shapely.from_ragged_array(self.kind, points, (rings, *self.offsets[1:]))
        if self.kind is shapely.GeometryType.MULTIPOLYGON:
            shapes[self.single] = shapely.get_geometry(shapes[self.single], 0)
        return shapes
