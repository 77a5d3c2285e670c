"""The areas that cover each face on each level, and the areas that are allowed to.

Faces are the smallest regions between borders, see `geogrid.layers.mend.faces`. The levels are those of `LEVELS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.topology.checked_features import TILINGS, find_containers
from geogrid.layers.topology.tiling_checks import fill_holes, union_shapes
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.mend.faces import Faces
    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.model import DedicatedNesting

#: All levels, from the largest areas to the smallest.
LEVELS: Final = (*TILINGS, (Layer.DEDICATED,))
#: The areas that cover a face on a level, as positions in `AreaContext.areas`.
Label = frozenset[int]
NO_AREA: Final[Label] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class AreaContext:
    """Areas whose shapes can be compared, with their parents and levels.

    Attributes
    ----------
    areas
        The areas.
    parents
        Position of the area in which each area must lie, if it is known and not the district.
    extents
        For each level the shape that it must tile, in WGS 84 degrees; None if unknown or not required.
    levels
        Positions of the areas of each level.
    """

    areas: Sequence[CheckedArea]
    parents: dict[int, int]
    extents: tuple[shapely.Geometry | None, ...]
    levels: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, areas: Sequence[CheckedArea], dedicated_in: DedicatedNesting) -> AreaContext:
        """Return the context of the areas of all levels."""
        levels = (
            frozenset(position for position, area in enumerate(areas) if area.layer in layers) for layers in LEVELS
        )
        return cls(areas, _parents(areas, dedicated_in), tuple(_level_extents(areas)), tuple(levels))


@dataclass(frozen=True, slots=True, eq=False)
class FaceCoverage:
    """The label of each face on each level.

    Attributes
    ----------
    faces, context
        The faces, and the areas that the labels refer to.
    labels
        The label of each face, a list per level. `FaceAssigner` changes them.
    inside
        Whether each face lies in the shape that its level must tile, a list per level.
    open
        The faces at a fault, which can be reassigned.
    """

    faces: Faces
    context: AreaContext
    labels: list[list[Label]]
    inside: list[list[bool]]
    open: AbstractSet[int]

    @classmethod
    def of(cls, faces: Faces, context: AreaContext, involved: Sequence[int], near: shapely.Geometry) -> FaceCoverage:
        """Label the faces cut by the areas `involved`; faces `near` the faults (in degrees) are open."""
        shapely.prepare(near)
        opened = set(np.flatnonzero(shapely.intersects(near, faces.points)).tolist())
        labels = [_label_faces(faces, context, level.intersection(involved)) for level in context.levels]
        inside = [_faces_inside(faces, extent) for extent in context.extents]
        return cls(faces, context, labels, inside, opened)

    def allows(self, level: int, face: int, area: int) -> bool:
        """Return whether an area may cover a face: inside the shape to tile, and inside its parent."""
        if not self.inside[level][face]:
            return False
        parent = self.context.parents.get(area)
        if parent is None:
            return True
        above = self.labels[_level_of(self.context.areas[parent])][face]
        return not above or parent in above

    def is_valid(self, level: int, face: int) -> bool:
        """Return whether a face is covered by exactly one allowed area, or may be empty and is."""
        label = self.labels[level][face]
        if len(label) > 1 or any(not self.allows(level, face, area) for area in label):
            return False
        return bool(label) or self.may_be_empty(level, face)

    def may_be_empty(self, level: int, face: int) -> bool:
        """Return whether a face may have no area."""
        return not self.inside[level][face] or not self.tiles(level) or not self.context.levels[level]

    @staticmethod
    def tiles(level: int) -> bool:
        """Return whether the areas of a level must tile the district."""
        return level < len(TILINGS)

    def invalid_faces(self, level: int) -> list[int]:
        """Return the indexes of the faces near faults that the right areas do not cover on a level, see `is_valid`.

        Such a face has several areas, an area outside its parent or the district, or none although the level must tile
        the district.
        """
        return [face for face in sorted(self.open) if not self.is_valid(level, face)]


def _label_faces(faces: Faces, context: AreaContext, chosen: AbstractSet[int]) -> list[Label]:
    order = np.array(sorted(chosen), dtype=np.intp)
    labels: list[set[int]] = [set() for _ in faces.shapes]
    tree = shapely.STRtree([context.areas[position].shape for position in order])
    for face, position in tree.query(faces.points, predicate="intersects").T.tolist():
        labels[face].add(int(order[position]))
    return [frozenset(areas) for areas in labels]


def _faces_inside(faces: Faces, extent: shapely.Geometry | None) -> list[bool]:
    if extent is None:
        return [True] * len(faces.shapes)
    shapely.prepare(extent)
    inside: list[bool] = shapely.intersects(extent, faces.points).tolist()
    return inside


def _level_of(parent: CheckedArea) -> int:
    return next(position for position, layers in enumerate(LEVELS) if parent.layer in layers)


def _parents(areas: Sequence[CheckedArea], dedicated_in: DedicatedNesting) -> dict[int, int]:
    containers = find_containers(areas, dedicated_in)
    # The extents of the levels keep all areas in the district.
    return {pair.inner: pair.outer for pair in containers if areas[pair.outer].layer is not Layer.DISTRICT}


def _level_extents(areas: Sequence[CheckedArea]) -> Iterator[shapely.Geometry | None]:
    district = [area.shape for area in areas if area.layer is Layer.DISTRICT]
    for position, layers in enumerate(LEVELS):
        own = np.array([area.shape for area in areas if area.layer in layers], dtype=object)
        if len(district) == 1:
            yield district[0]
        elif position < len(TILINGS) and len(own):
            yield fill_holes(union_shapes(own))
        else:
            yield None
