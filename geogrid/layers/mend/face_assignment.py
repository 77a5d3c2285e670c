"""Assignment of faces at border faults: narrow faces to a neighbour, wide overlaps by the overlap rule.

The levels are processed from the district down. Each level follows the levels above it, so that they stay nested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.layers.mend.face_coverage import NO_AREA, FaceCoverage, Label
from geogrid.layers.mend.faces import union_faces
from geogrid.layers.mend.mend_result import MendAction, OverlapRule
from geogrid.layers.topology.shape_checks import SLIVER_M2
from geogrid.layers.topology.slivers import is_narrower

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.layers.topology.checked_features import CheckedArea

# Maximum number of samples along a border.
_SAMPLES: Final = 400
# Allowance for floating-point errors.
_ROUNDING_M: Final = 1e-4


@dataclass(frozen=True, slots=True)
class SettledOverlap:
    """An overlap settled by the rule: the area that keeps it, the areas that lose it, and its faces."""

    level: int
    winner: int
    losers: Label
    faces: tuple[int, ...]


@dataclass(slots=True)
class FaceAssigner:
    """Assigns faces to areas, level by level.

    Attributes
    ----------
    coverage
        The coverage; its labels are changed.
    tolerance_m
        Maximum displacement of a border, in metres.
    rule
        The rule for wide overlaps.
    actions
        The action on each (level, face).
    settled
        The wide overlaps settled by the rule.
    """

    coverage: FaceCoverage
    tolerance_m: float
    rule: OverlapRule
    actions: dict[tuple[int, int], MendAction] = field(default_factory=dict)
    settled: list[SettledOverlap] = field(default_factory=list)
    _far: dict[tuple[int, int], bool] = field(default_factory=dict)
    _borders: dict[int, shapely.Geometry] = field(default_factory=dict)

    def assign_level(self, level: int) -> None:
        """Assign the faces of one level; the levels above it must be done."""
        narrow: set[int] = set()
        wide = []
        for component in self._components(level):
            if is_narrower(union_faces(self.coverage.faces.metres[component]), self.tolerance_m):
                narrow.update(component)
            else:
                wide.append(component)
        self._assign_narrow(level, narrow)
        if self.rule is not OverlapRule.REFUSE:
            for component in wide:
                self._settle(level, component)

    def actions_by_area(self, before: Sequence[Sequence[Label]]) -> dict[int, set[MendAction]]:
        """Return the actions on each area; `before` are the labels before the assignment."""
        actions: dict[int, set[MendAction]] = {}
        for (level, face), action in self.actions.items():
            for area in before[level][face] ^ self.coverage.labels[level][face]:
                actions.setdefault(area, set()).add(action)
        return actions

    def _components(self, level: int) -> Iterator[list[int]]:
        """Yield groups of adjacent faulty faces with the same label."""
        labels, left = self.coverage.labels[level], set(self.coverage.invalid_faces(level))
        for start in sorted(left):
            if start not in left:
                continue
            left.discard(start)
            component = [start]
            for face in component:
                more = {
                    other
                    for other in self.coverage.faces.adjacent[face]
                    if other in left and labels[other] == labels[start]
                }
                left -= more
                component += sorted(more)
            yield component

    def _assign_narrow(self, level: int, narrow: set[int]) -> None:
        """Assign narrow faces to valid neighbours, from the edge of each fault inwards."""
        labels = self.coverage.labels[level]
        while chosen := {face: label for face in sorted(narrow) if (label := self._choose(level, face)) is not None}:
            for face, label in chosen.items():
                self.actions[level, face] = MendAction.BORDER_SNAPPED if labels[face] else MendAction.GAP_CLOSED
                labels[face] = label
            narrow -= set(chosen)

    def _choose(self, level: int, face: int) -> Label | None:
        """Return the allowed label with the longest common border with a face, or None."""
        border_lengths: dict[Label, float] = {}
        for other, length in self.coverage.faces.adjacent[face].items():
            if self.coverage.is_valid(level, other):
                label = self.coverage.labels[level][other]
                border_lengths[label] = border_lengths.get(label, 0.0) + length
        if self.coverage.may_be_empty(level, face):
            border_lengths.setdefault(NO_AREA, 0.0)
        ranked = sorted(border_lengths, key=lambda label: (-border_lengths[label], sorted(label)))
        return next((label for label in ranked if self._is_allowed(level, face, label)), None)

    def _is_allowed(self, level: int, face: int, label: Label) -> bool:
        current = self.coverage.labels[level][face]
        # An overlap stays with the areas that cover it, and a dedicated grid does not grow.
        if (len(current) > 1 or not self.coverage.tiles(level)) and not label <= current:
            return False
        if not label and (
            not self.coverage.may_be_empty(level, face)
            or any(self.coverage.allows(level, face, one) for one in current)
        ):
            return False
        is_consistent = all(self.coverage.allows(level, face, area) for area in label)
        return is_consistent and not any(self._too_far(face, area) for area in label ^ current)

    def _too_far(self, face: int, area: int) -> bool:
        """Return whether adding or removing the face moves a border of the area further than the tolerance."""
        if (face, area) not in self._far:
            border = self.coverage.faces.metres[face].boundary
            step = max(self.tolerance_m / 2, border.length / _SAMPLES)
            points = shapely.points(shapely.get_coordinates(shapely.segmentize(border, step)))
            away = shapely.distance(self._border(area), points)
            self._far[face, area] = bool(away.max() > self.tolerance_m + _ROUNDING_M)
        return self._far[face, area]

    def _border(self, area: int) -> shapely.Geometry:
        """Return the original border of an area, in the plane."""
        if area not in self._borders:
            self._borders[area] = shapely.boundary(self.coverage.context.areas[area].metres)
            shapely.prepare(self._borders[area])
        return self._borders[area]

    def _settle(self, level: int, component: list[int]) -> None:
        labels = self.coverage.labels[level]
        label = labels[component[0]]
        allowed = [area for area in label if all(self.coverage.allows(level, face, area) for face in component)]
        if len(label) < 2 or not allowed:  # noqa: PLR2004 - a gap, or one area out of its parent
            return
        winner = min(allowed, key=lambda area: _rank(self.rule, self.coverage.context.areas, area))
        losers = label - {winner}
        if not all(self._keeps_enough(level, area, component) for area in losers):
            return
        for face in component:
            labels[face] = frozenset({winner})
            self.actions[level, face] = MendAction.OVERLAP_SETTLED
        self.settled.append(SettledOverlap(level, winner, losers, tuple(component)))

    def _keeps_enough(self, level: int, area: int, removed: Iterable[int]) -> bool:
        """Return whether an area keeps at least `SLIVER_M2` without some faces."""
        removed_faces = set(removed)
        labels = self.coverage.labels[level]
        left = (face for face, label in enumerate(labels) if area in label and face not in removed_faces)
        return bool(sum(self.coverage.faces.metres[face].area for face in left) >= SLIVER_M2)


def _rank(rule: OverlapRule, areas: Sequence[CheckedArea], number: int) -> tuple[float, str, int]:
    """Return the sort key of an area: the area with the lowest key keeps the overlap; ties go to the lowest code."""
    size = 0.0 if rule is OverlapRule.LOWEST_CODE else float(shapely.area(areas[number].metres))
    return -size if rule is OverlapRule.LARGER else size, areas[number].code or "~", number
