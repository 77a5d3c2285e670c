"""Areas rebuilt from faces: original vertices stay unchanged, new ones are added only at junctions and bends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.mend.faces import GRID_DEG, union_faces

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from geogrid.layers.mend.face_coverage import FaceCoverage, Label

Vertex = tuple[float, float]
# Tolerance of straight lines, above the effect of rounding to the grid.
_STRAIGHT_DEG: Final = 1.5 * GRID_DEG
_MIN_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class _Level:
    """The areas of a level as unions of faces, with their original vertices and those of remaining overlaps."""

    shapes: Mapping[int, shapely.Geometry]
    moved: AbstractSet[int]
    own: Mapping[int, AbstractSet[Vertex]]
    overlap_vertices: AbstractSet[Vertex]


def rebuild_areas(coverage: FaceCoverage, before: Sequence[Sequence[Label]]) -> dict[int, shapely.Geometry]:
    """Return the new shapes of the changed areas, in WGS 84 degrees.

    Parameters
    ----------
    coverage
        The coverage with its new labels.
    before
        The labels before the assignment.
    """
    levels = [_build_level(coverage, number, was) for number, was in enumerate(before)]
    new_vertices = set().union(*(_new_vertices(level) for level in levels))
    exact = _original_coordinates(coverage)
    changed = {}
    for level in levels:
        original_vertices = set().union(*level.own.values()) if level.own else set()
        for area, shape in level.shapes.items():
            kept = new_vertices | (
                original_vertices
                if area in level.moved
                else level.own[area] | (original_vertices - level.overlap_vertices)
            )
            original = coverage.context.areas[area].shape
            rebuilt = _reduce_vertices(shape, kept, exact)
            if rebuilt.is_valid and not shapely.equals_exact(
                shapely.normalize(rebuilt), shapely.normalize(original), 0.0
            ):
                changed[area] = rebuilt
    return changed


def _build_level(coverage: FaceCoverage, number: int, was: Sequence[Label]) -> _Level:
    now = coverage.labels[number]
    moved = {area for old, new in zip(was, now, strict=True) for area in old ^ new}
    faces_by_area: dict[int, list[int]] = {}
    for face, label in enumerate(now):
        for area in label:
            faces_by_area.setdefault(area, []).append(face)
    overlap_vertices = {
        vertex for face, label in enumerate(now) if len(label) > 1 for vertex in _vertices(coverage.faces.shapes[face])
    }
    return _Level(
        {area: union_faces(coverage.faces.shapes[faces]) for area, faces in faces_by_area.items()},
        moved,
        {area: set(_vertices(coverage.context.areas[area].shape)) for area in faces_by_area},
        overlap_vertices,
    )


def _new_vertices(level: _Level) -> set[Vertex]:
    """Return the vertices that moved borders of a level need in addition to the original ones."""
    original_vertices = set().union(*level.own.values()) if level.own else set()
    linked: dict[Vertex, set[Vertex]] = {}
    for ring in _rings(level.shapes.values()):
        for here, after in pairwise(ring):
            linked.setdefault(here, set()).add(after)
            linked.setdefault(after, set()).add(here)
    junctions = {vertex for vertex, others in linked.items() if len(others) > 2}  # noqa: PLR2004 - a junction
    moved = _rings(level.shapes[area] for area in level.moved & level.shapes.keys())
    chains = {chain for ring in moved for chain in _chains(ring, original_vertices | junctions)}
    if not chains:
        return set()
    bends = shapely.simplify(_lines(sorted(chains)), _STRAIGHT_DEG, preserve_topology=False)
    return set(_vertices(bends)) - original_vertices


def _chains(ring: Sequence[Vertex], fixed: AbstractSet[Vertex]) -> Iterator[tuple[Vertex, ...]]:
    """Yield the parts of a closed ring between fixed vertices, in the same direction for both sides of a border."""
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
    lines: NDArray[np.object_] = shapely.linestrings(points, indices=owner)
    return lines


def _rings(shapes: Iterable[shapely.Geometry]) -> Iterator[list[Vertex]]:
    """Yield the rings of shapes as closed lists of vertices."""
    for shape in shapes:
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            yield _vertices(ring)


def _vertices(shape: shapely.Geometry | NDArray[np.object_]) -> list[Vertex]:
    return _snap_to_grid(shapely.get_coordinates(shape))


def _snap_to_grid(points: NDArray[np.float64]) -> list[Vertex]:
    on_grid = shapely.set_precision(shapely.points(points), GRID_DEG)
    return [(x, y) for x, y in shapely.get_coordinates(on_grid).tolist()]


def _original_coordinates(coverage: FaceCoverage) -> dict[Vertex, Vertex]:
    """Return the original coordinates of the vertices, by their coordinates on the grid."""
    exact: dict[Vertex, Vertex] = {}
    for area in coverage.context.areas:
        points = shapely.get_coordinates(area.shape)
        for key, (x, y) in zip(_snap_to_grid(points), points.tolist(), strict=True):
            exact.setdefault(key, (x, y))
    return exact


def _reduce_vertices(
    shape: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]
) -> shapely.Geometry:
    """Return a shape with the kept vertices only, and their original coordinates by those on the grid (`exact`)."""
    parts = [_polygon(part, kept, exact) for part in shapely.get_parts(shape)]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _polygon(part: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]) -> shapely.Geometry:
    shell, *holes = (_ring(ring, kept, exact) for ring in shapely.get_rings(part))
    return shapely.polygons(shell, holes=holes or None)


def _ring(ring: shapely.Geometry, kept: AbstractSet[Vertex], exact: Mapping[Vertex, Vertex]) -> shapely.Geometry:
    points = _snap_to_grid(shapely.get_coordinates(ring)[:-1])
    chosen = [point for point in points if point in kept]
    if len(chosen) < _MIN_CORNERS:
        chosen = points
    return shapely.linearrings([exact.get(point, point) for point in chosen])
