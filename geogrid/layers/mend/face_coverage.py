"""Which areas cover each face, level by level, and which of them ought to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geogrid.layers.topology.areas import PARENTS, TILINGS
from geogrid.layers.topology.tiling_checks import filled, union_of
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.mend.faces import Faces
    from geogrid.layers.topology.areas import Area

#: From the widest to the narrowest: each is fitted to the ones before it.
LEVELS: Final = (*TILINGS, (Layer.DEDICATED,))
Label = frozenset[int]
NOBODY: Final[Label] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class FaceGround:
    """The areas by number, and what is known of them whatever the faces.

    Attributes
    ----------
    areas
        Those that can be compared.
    parents
        Of an area, its parent, where there is exactly one.
    wholes
        Of each level what it has to tile, in degrees; None where it need not, or nobody can tell.
    levels
        The areas of each level.
    """

    areas: Sequence[Area]
    parents: dict[int, int]
    wholes: tuple[shapely.Geometry | None, ...]
    levels: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, areas: Sequence[Area]) -> FaceGround:
        """Return the ground of areas of all levels."""
        levels = (frozenset(number for number, area in enumerate(areas) if area.layer in layers) for layers in LEVELS)
        return cls(areas, _parents(areas), tuple(_wholes(areas)), tuple(levels))


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """Faces with their labels.

    Attributes
    ----------
    faces, ground
        See there.
    labels
        The areas that cover each face, a list a level. Fitting changes them.
    inside
        Whether each face lies in what its level has to tile, a list a level.
    open
        The faces that may change hands: those at a fault.
    """

    faces: Faces
    ground: FaceGround
    labels: list[list[Label]]
    inside: list[list[bool]]
    open: AbstractSet[int]

    @classmethod
    def of(cls, faces: Faces, ground: FaceGround, involved: Sequence[int], near: shapely.Geometry) -> Net:
        """Label faces made by the lines of the areas `involved`, open `near` the faults (in degrees)."""
        shapely.prepare(near)
        opened = set(np.flatnonzero(shapely.intersects(near, faces.points)).tolist())
        labels = [_labels(faces, ground, level.intersection(involved)) for level in ground.levels]
        inside = [_inside(faces, whole) for whole in ground.wholes]
        return cls(faces, ground, labels, inside, opened)

    def allows(self, level: int, face: int, area: int) -> bool:
        """Return whether an area may hold a face, as far as what its level tiles and its parent tell."""
        if not self.inside[level][face]:
            return False
        parent = self.ground.parents.get(area)
        if parent is None:
            return True
        above = self.labels[_above(self.ground.areas[parent])][face]
        return not above or parent in above

    def is_sound(self, level: int, face: int) -> bool:
        """Return whether just those areas cover a face that ought to."""
        label = self.labels[level][face]
        if len(label) > 1 or any(not self.allows(level, face, area) for area in label):
            return False
        return bool(label) or self.may_be_empty(level, face)

    def may_be_empty(self, level: int, face: int) -> bool:
        """Return whether a face may be without an area."""
        return not self.inside[level][face] or not self.tiles(level) or not self.ground.levels[level]

    @staticmethod
    def tiles(level: int) -> bool:
        """Return whether the areas of a level leave no room between them."""
        return level < len(TILINGS)

    def unsound(self, level: int) -> list[int]:
        """Return the open faces with a fault."""
        return [face for face in sorted(self.open) if not self.is_sound(level, face)]


def _labels(faces: Faces, ground: FaceGround, chosen: AbstractSet[int]) -> list[Label]:
    order = np.array(sorted(chosen), dtype=np.intp)
    found: list[set[int]] = [set() for _ in faces.shapes]
    tree = shapely.STRtree([ground.areas[number].shape for number in order])
    for face, place in tree.query(faces.points, predicate="intersects").T.tolist():
        found[face].add(int(order[place]))
    return [frozenset(one) for one in found]


def _inside(faces: Faces, whole: shapely.Geometry | None) -> list[bool]:
    if whole is None:
        return [True] * len(faces.shapes)
    shapely.prepare(whole)
    inside: list[bool] = shapely.intersects(whole, faces.points).tolist()
    return inside


def _above(parent: Area) -> int:
    return next(number for number, layers in enumerate(LEVELS) if parent.layer in layers)


def _parents(areas: Sequence[Area]) -> dict[int, int]:
    known: dict[tuple[Layer, str], list[int]] = {}
    for number, area in enumerate(areas):
        if area.code and area.layer is not Layer.DISTRICT:
            known.setdefault((area.layer, area.code), []).append(number)
    parents = {}
    for number, area in enumerate(areas):
        found = [one for layer in PARENTS.get(area.layer, ()) for one in known.get((layer, area.parent or ""), ())]
        # Of two with the same code nobody knows which is meant.
        if len(found) == 1:
            parents[number] = found[0]
    return parents


def _wholes(areas: Sequence[Area]) -> Iterator[shapely.Geometry | None]:
    district = [area.shape for area in areas if area.layer is Layer.DISTRICT]
    for number, layers in enumerate(LEVELS):
        own = np.array([area.shape for area in areas if area.layer in layers], dtype=object)
        if len(district) == 1:
            yield district[0]
        elif number < len(TILINGS) and len(own):
            yield filled(union_of(own))
        else:
            yield None
