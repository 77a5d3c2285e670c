"""Shapes as arrays: read from WKB and GeoJSON without recursion, checked before GEOS sees anything.

A shape is a list of parts, a part a list of rings (or one line), a ring an array of shape (n, 2). Only polygons and
lines, single or multiple, are read, so nothing nests: a geometry collection is refused by its type, unopened.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geogrid.errors import FileError, LayerError
from geogrid.layers.files.limits import MAX_VERTICES
from geogrid.model import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Parts = list[list[FloatArray]]

_RING_VERTICES: Final = 4
_LINE_VERTICES: Final = 2
_WKB_NAMES: Final = {
    1: "Point",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000
_WKB_KINDS: Final = 1000


_KINDS: Final = {kind.value: kind for kind in ShapeKind}


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature's geometry.

    Attributes
    ----------
    kind
        Polygon or line; None if the geometry is missing or cannot be read.
    parts
        The parts; each is the rings of a polygon, the outer one first, or one line.
    flat
        False where the file has heights or measures, which are left out.
    fault
        The error of a geometry that is missing or unusable, without the number of the feature. With an open ring or
        unusable coordinates it keeps its parts.
    """

    kind: ShapeKind | None
    parts: Parts
    flat: bool
    fault: LayerError | None = None

    @property
    def vertices(self) -> int:
        """How many vertices it has."""
        return sum(len(ring) for part in self.parts for ring in part)


def check_kind(shape: Shape, kind: ShapeKind) -> Shape:
    """Return a shape; without its vertices and with a fault if it is not of the layer's kind."""
    if shape.kind is None or shape.kind is kind:
        return shape
    fault = LayerError(
        f"The geometry is a {shape.kind}, but this layer holds features of the kind {kind}.",
        code="geometry_type",
        field="geometry",
        remedy="Export polygons and lines as layers of their own.",
    )
    return faulty_shape(fault)


def check_budget(vertices: int) -> None:
    """Raise if there are more vertices than a layer may have."""
    if vertices > MAX_VERTICES:
        raise FileError(
            f"The layer has more than {MAX_VERTICES:,} vertices.",
            code="too_large",
            field="geometry",
            remedy="Divide it, or simplify its borders.",
        )


def flatten(shapes: Sequence[Shape]) -> FloatArray:
    """Return the vertices of all shapes in their order, shape (n, 2)."""
    return np.concatenate([np.empty((0, 2)), *(ring for shape in shapes for part in shape.parts for ring in part)])


def assemble(shapes: Sequence[Shape], kind: ShapeKind, coordinates: FloatArray) -> NDArray[np.object_]:
    """Build geometries with the structure of `shapes` from `coordinates`, their vertices elsewhere.

    A feature with one part becomes a Polygon or LineString, one with several a MultiPolygon or MultiLineString. One
    without a part becomes None. The rings of a polygon with an open ring become lines, because a polygon cannot hold
    them.
    """
    faulty = np.array([shape.fault is not None for shape in shapes])
    if kind is ShapeKind.POLYGON and faulty.any():
        return _assemble_faulty(shapes, faulty, coordinates)
    geometries = _assemble_sound(shapes, kind, coordinates)
    geometries[[not shape.parts for shape in shapes]] = None
    return geometries


def _assemble_faulty(
    shapes: Sequence[Shape], faulty: NDArray[np.bool_], coordinates: FloatArray
) -> NDArray[np.object_]:
    """Build the polygons, and lines from the rings of faulty shapes."""
    geometries = np.empty(len(shapes), dtype=object)
    owners = np.repeat(faulty, [shape.vertices for shape in shapes])
    sound = [shape for shape in shapes if shape.fault is None]
    rings = [replace(shape, parts=[[ring] for part in shape.parts for ring in part]) for shape in shapes if shape.fault]
    geometries[~faulty] = _assemble_sound(sound, ShapeKind.POLYGON, coordinates[~owners])
    lines = _assemble_sound(rings, ShapeKind.LINE, coordinates[owners])
    lines[[not shape.parts for shape in rings]] = None
    geometries[faulty] = lines
    return geometries


def _assemble_sound(shapes: Sequence[Shape], kind: ShapeKind, coordinates: FloatArray) -> NDArray[np.object_]:
    parts = [part for shape in shapes for part in shape.parts]
    features = _offsets([len(shape.parts) for shape in shapes])
    rings = _offsets([len(ring) for part in parts for ring in part])
    if kind is ShapeKind.POLYGON:
        offsets: tuple[NDArray[np.int64], ...] = (rings, _offsets([len(part) for part in parts]), features)
        multiple = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, coordinates, offsets)
    else:
        multiple = shapely.from_ragged_array(shapely.GeometryType.MULTILINESTRING, coordinates, (rings, features))
    single = shapely.get_num_geometries(multiple) == 1
    geometries: NDArray[np.object_] = np.where(single, shapely.get_geometry(multiple, 0), multiple)
    return geometries


def _offsets(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def read_wkb(data: bytes | None) -> Shape:
    """Read well-known binary, of ISO or of PostGIS; None is a feature without a shape.

    The shape has a fault if it is anything but polygons or lines, ends early, has an open ring or coordinates that
    are not finite.

    Examples
    --------
    >>> shape = read_wkb(shapely.to_wkb(shapely.box(0, 0, 1, 1)))
    >>> shape.kind.value, shape.vertices
    ('Polygon', 5)
    """
    try:
        if data is None:
            raise _missing()
        return _Wkb(data).shape()
    except LayerError as error:
        return faulty_shape(error)
    except (struct.error, ValueError):
        return faulty_shape(
            LayerError(
                "The geometry is cut off or damaged.",
                code="geometry_damaged",
                field="geometry",
                remedy="Export it again.",
            )
        )


def faulty_shape(fault: LayerError) -> Shape:
    """Return a shape without vertices."""
    return Shape(None, [], flat=True, fault=fault)


class _Wkb:
    """A place in a run of bytes, moving ahead."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._order = "<"
        self._dimensions = 2

    def shape(self) -> Shape:
        name = self._head()
        single = name.removeprefix("Multi")
        kind = _kind(name)
        count = self._count() if single != name else 0
        parts = [self._child(single) for _ in range(count)] if single != name else [self._part(single)]
        return _checked(kind, parts, flat=self._dimensions == 2)  # noqa: PLR2004 - x and y

    def _child(self, single: str) -> list[FloatArray]:
        if self._head() != single:
            raise ValueError(single)
        return self._part(single)

    def _part(self, single: str) -> list[FloatArray]:
        if single == ShapeKind.LINE:
            return [self._positions()]
        return [self._ring() for _ in range(self._count())]

    def _ring(self) -> FloatArray:
        positions = self._positions()
        if not len(positions):
            # Millions of empty rings would take no bytes to speak of.
            raise _open_ring()
        return positions

    def _head(self) -> str:
        self._order = "<" if self._data[self._at : self._at + 1] == b"\x01" else ">"
        self._at += 1
        code = self._count()
        if code & _EWKB_SRID:
            self._at += 4
        has_z, has_m = bool(code & _EWKB_Z), bool(code & _EWKB_M)
        extra, base = divmod(code & 0x0FFFFFFF, _WKB_KINDS)
        has_z, has_m = has_z or extra in {1, 3}, has_m or extra in {2, 3}
        self._dimensions = 2 + has_z + has_m
        return _WKB_NAMES.get(base, "curve, surface or unknown kind")

    def _count(self) -> int:
        (count,) = struct.unpack_from(f"{self._order}I", self._data, self._at)
        self._at += 4
        return int(count)

    def _positions(self) -> FloatArray:
        count = self._count()
        numbers = np.frombuffer(self._data, f"{self._order}f8", count * self._dimensions, self._at)
        self._at += numbers.nbytes
        return numbers.reshape(count, self._dimensions)[:, :2].astype(np.float64)


def read_geojson(geometry: Any) -> Shape:  # noqa: ANN401 - parsed JSON
    """Read the geometry of a GeoJSON feature; faults as in `read_wkb`.

    Examples
    --------
    >>> read_geojson({"type": "LineString", "coordinates": [[113.2, 40.0], [113.3, 40.1, 1050.0]]}).flat
    False
    """
    try:
        return _read_geojson(geometry)
    except LayerError as error:
        return faulty_shape(error)


def _read_geojson(geometry: Any) -> Shape:  # noqa: ANN401 - parsed JSON
    if not isinstance(geometry, dict):
        raise _missing()
    name = str(geometry.get("type"))
    kind = _kind(name if name in _WKB_NAMES.values() else "curve, surface or unknown kind")
    try:
        content = geometry["coordinates"]
        parts = content if name.startswith("Multi") else [content]
        rings = [part if kind is ShapeKind.POLYGON else [part] for part in parts]
        arrays = [[_positions(ring) for ring in part] for part in rings]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise LayerError(
            "The coordinates are not lists of positions.",
            code="geometry_damaged",
            field="geometry",
            remedy="Export it again as GeoJSON.",
        ) from error
    flat = all(len(position) == 2 for part in rings for ring in part for position in ring)  # noqa: PLR2004 - x and y
    return _checked(kind, arrays, flat=flat)


def _positions(ring: Any) -> FloatArray:  # noqa: ANN401 - parsed JSON
    # true and "113.3" would pass for numbers, and lists inside a position would nest.
    if not isinstance(ring, list) or not set(map(type, ring)) <= {list}:
        raise TypeError
    if not set(map(type, chain.from_iterable(ring))) <= {int, float} or not set(map(len, ring)) <= {2, 3, 4}:
        raise TypeError
    return np.array([position[:2] for position in ring], dtype=np.float64).reshape(-1, 2)


def _kind(name: str) -> ShapeKind:
    single = name.removeprefix("Multi")
    if single in _KINDS:
        return _KINDS[single]
    raise LayerError(
        f"The geometry is a {name}, which is neither polygons nor lines.",
        code="geometry_type",
        field="geometry",
        remedy="Export plain polygons or lines: no points, curves or collections.",
    )


def _missing() -> LayerError:
    return LayerError(
        "There is no geometry.",
        code="geometry_missing",
        field="geometry",
        remedy="Draw it, or delete the feature.",
    )


def _checked(kind: ShapeKind, parts: Parts, *, flat: bool) -> Shape:
    if not parts or not all(parts):
        raise _missing()
    rings = [ring for part in parts for ring in part]
    faults = [fault for fault in (_fault(ring, kind) for ring in rings) if fault]
    if faults and min(map(len, rings)) < _LINE_VERTICES:
        raise faults[0]
    return Shape(kind, parts, flat, faults[0] if faults else None)


def _fault(ring: FloatArray, kind: ShapeKind) -> LayerError | None:
    if not np.isfinite(ring).all():
        return LayerError(
            "A coordinate is not a finite number.",
            code="not_finite",
            field="geometry",
            remedy="Repair the vertex, or draw the feature again.",
        )
    if kind is ShapeKind.POLYGON:
        return None if _is_closed(ring) else _open_ring()
    if len(ring) < _LINE_VERTICES:
        return LayerError(
            "A line has fewer than two vertices.", code="line_short", field="geometry", remedy="Draw it, or delete it."
        )
    return None


def _is_closed(ring: FloatArray) -> bool:
    return len(ring) >= _RING_VERTICES and np.array_equal(ring[0], ring[-1])


def _open_ring() -> LayerError:
    return LayerError(
        "A ring has fewer than four vertices or does not end where it begins.",
        code="ring_open",
        field="geometry",
        remedy="Close it, or delete it.",
    )
