"""Areas from their faces: every vertex as it was, new ones only where borders meet or bend."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.mend.faces import GRID_DEG, join

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from geogrid.layers.mend.face_coverage import Label, Net

Vertex = tuple[float, float]
# Rounding to the grid bends a straight line by less.
_STRAIGHT_DEG: Final = 1.5 * GRID_DEG
_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class _Level:
    """The areas of a level as unions of faces, and the vertices that are known."""

    shapes: Mapping[int, shapely.Geometry]
    moved: AbstractSet[int]
    own: Mapping[int, AbstractSet[Vertex]]
    torn: AbstractSet[Vertex]


def rebuild(net: Net, before: Sequence[Sequence[Label]]) -> dict[int, shapely.Geometry]:
    """Return the areas of a net that are no longer as they were, in degrees.

    Parameters
    ----------
    net
        With its labels as they are now.
    before
        The labels as they were.
    """
    levels = [_level(net, number, was) for number, was in enumerate(before)]
    fresh = set().union(*(_fresh(level) for level in levels))
    exact = _exact(net)
    found = {}
    for level in levels:
        known = set().union(*level.own.values()) if level.own else set()
        for area, shape in level.shapes.items():
            kept = fresh | (known if area in level.moved else level.own[area] | (known - level.torn))
            was = net.ground.areas[area].shape
            now = _with_vertices(shape, kept, exact)
            if now.is_valid and not shapely.equals_exact(shapely.normalize(now), shapely.normalize(was), 0.0):
                found[area] = now
    return found


def _level(net: Net, number: int, was: Sequence[Label]) -> _Level:
    now = net.labels[number]
    moved = {area for old, new in zip(was, now, strict=True) for area in old ^ new}
    mine: dict[int, list[int]] = {}
    for face, label in enumerate(now):
        for area in label:
            mine.setdefault(area, []).append(face)
    torn = {vertex for face, label in enumerate(now) if len(label) > 1 for vertex in _vertices(net.faces.shapes[face])}
    return _Level(
        {area: join(net.faces.shapes[faces]) for area, faces in mine.items()},
        moved,
        {area: set(_vertices(net.ground.areas[area].shape)) for area in mine},
        torn,
    )


def _fresh(level: _Level) -> set[Vertex]:
    """Return the vertices that the moved borders of a level need beside those that its areas have."""
    known = set().union(*level.own.values()) if level.own else set()
    beside: dict[Vertex, set[Vertex]] = {}
    for ring in _rings(level.shapes.values()):
        for here, after in pairwise(ring):
            beside.setdefault(here, set()).add(after)
            beside.setdefault(after, set()).add(here)
    met = {vertex for vertex, others in beside.items() if len(others) > 2}  # noqa: PLR2004 - a junction
    moved = _rings(level.shapes[area] for area in level.moved & level.shapes.keys())
    chains = {chain for ring in moved for chain in _chains(ring, known | met)}
    if not chains:
        return set()
    bends = shapely.simplify(_lines(sorted(chains)), _STRAIGHT_DEG, preserve_topology=False)
    return set(_vertices(bends)) - known


def _chains(ring: Sequence[Vertex], fixed: AbstractSet[Vertex]) -> Iterator[tuple[Vertex, ...]]:
    """Yield the stretches of a closed ring between fixed vertices, the same from whichever side they are walked."""
    points = list(ring[:-1])
    start = next((number for number, point in enumerate(points) if point in fixed), 0)
    chain: list[Vertex] = []
    for point in [*points[start:], *points[: start + 1]]:
        chain.append(point)
        if len(chain) > 1 and (point in fixed or point == points[start]):
            yield min(tuple(chain), tuple(reversed(chain)))
            chain = [point]


def _lines(chains: Collection[tuple[Vertex, ...]]) -> NDArray[np.object_]:
    points = np.array([point for chain in chains for point in chain])
    owner = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    found: NDArray[np.object_] = shapely.linestrings(points, indices=owner)
    return found


def _rings(shapes: Iterable[shapely.Geometry]) -> Iterator[list[Vertex]]:
    """Yield the closed rings of shapes."""
    for shape in shapes:
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            yield _vertices(ring)


def _vertices(shape: shapely.Geometry | NDArray[np.object_]) -> list[Vertex]:
    return _keys(shapely.get_coordinates(shape))


def _keys(points: NDArray[np.float64]) -> list[Vertex]:
    on_grid = shapely.set_precision(shapely.points(points), GRID_DEG)
    return [(x, y) for x, y in shapely.get_coordinates(on_grid).tolist()]


def _exact(net: Net) -> dict[Vertex, Vertex]:
    """Return the vertices of the areas as they came, to the last bit, by where they lie on the grid."""
    exact: dict[Vertex, Vertex] = {}
    for area in net.ground.areas:
        points = shapely.get_coordinates(area.shape)
        for key, (x, y) in zip(_keys(points), points.tolist(), strict=True):
            exact.setdefault(key, (x, y))
    return exact


def _with_vertices(
    shape: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]
) -> shapely.Geometry:
    """Return a shape with those of its vertices that are kept, as they came."""
    parts = [_polygon(part, kept, exact) for part in shapely.get_parts(shape)]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _polygon(part: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]) -> shapely.Geometry:
    shell, *holes = (_ring(ring, kept, exact) for ring in shapely.get_rings(part))
    return shapely.polygons(shell, holes=holes or None)


def _ring(ring: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]) -> shapely.Geometry:
    points = _keys(shapely.get_coordinates(ring)[:-1])
    chosen = [point for point in points if point in kept]
    if len(chosen) < _CORNERS:
        chosen = points
    return shapely.linearrings([exact.get(point, point) for point in chosen])
