"""Which area each face at a fault goes to: narrow ones to a neighbour, wide overlaps by the declared rule.

Each level is fitted to the ones above it, the streets to the outline of the district first, so that the levels stay
nested: where two of them disagree about a narrow face, the wider one leads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.layers.mend.face_coverage import NOBODY, Label, Net
from geogrid.layers.mend.faces import join
from geogrid.layers.mend.mend_result import Mending, OverlapRule
from geogrid.layers.topology.shape_checks import SLIVER_M2
from geogrid.layers.topology.slivers import is_thinner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geogrid.layers.topology.areas import Area

# A border's way is told at so many places.
_SAMPLES: Final = 400
# The arithmetic's own.
_ROUNDING_M: Final = 1e-4


@dataclass(frozen=True, slots=True)
class AssignedFaces:
    """An overlap that the rule settled: who keeps it, who gave it up, and the faces."""

    level: int
    winner: int
    losers: Label
    faces: tuple[int, ...]


@dataclass(slots=True)
class Fitting:
    """Fits the labels of a net, level by level.

    Attributes
    ----------
    net
        Its labels change.
    tolerance_m
        How far a border may move.
    rule
        Who keeps wide overlaps.
    done
        What was done to a face of a level.
    settled
        The wide overlaps that the rule settled.
    """

    net: Net
    tolerance_m: float
    rule: OverlapRule
    done: dict[tuple[int, int], Mending] = field(default_factory=dict)
    settled: list[AssignedFaces] = field(default_factory=list)
    _far: dict[tuple[int, int], bool] = field(default_factory=dict)
    _borders: dict[int, shapely.Geometry] = field(default_factory=dict)

    def fit(self, level: int) -> None:
        """Fit one level; those above it have been fitted."""
        narrow: set[int] = set()
        wide = []
        for component in self._components(level):
            if is_thinner(join(self.net.faces.metres[component]), self.tolerance_m):
                narrow.update(component)
            else:
                wide.append(component)
        self._hand_out(level, narrow)
        if self.rule is not OverlapRule.REFUSE:
            for component in wide:
                self._settle(level, component)

    def done_to(self, before: Sequence[Sequence[Label]]) -> dict[int, set[Mending]]:
        """Return what was done to each area; `before` are the labels as they were."""
        found: dict[int, set[Mending]] = {}
        for (level, face), mending in self.done.items():
            for area in before[level][face] ^ self.net.labels[level][face]:
                found.setdefault(area, set()).add(mending)
        return found

    def _components(self, level: int) -> Iterator[list[int]]:
        """Yield the faces of each fault: they touch and have the same label."""
        labels, left = self.net.labels[level], set(self.net.unsound(level))
        for start in sorted(left):
            if start not in left:
                continue
            left.discard(start)
            component = [start]
            for face in component:
                more = {
                    other for other in self.net.faces.beside[face] if other in left and labels[other] == labels[start]
                }
                left -= more
                component += sorted(more)
            yield component

    def _hand_out(self, level: int, narrow: set[int]) -> None:
        """Give each narrow face to a sound neighbour, those in the middle after those at the rim."""
        labels = self.net.labels[level]
        while chosen := {face: label for face in sorted(narrow) if (label := self._choose(level, face)) is not None}:
            for face, label in chosen.items():
                self.done[level, face] = Mending.BORDER_SNAPPED if labels[face] else Mending.GAP_CLOSED
                labels[face] = label
            narrow -= set(chosen)

    def _choose(self, level: int, face: int) -> Label | None:
        """Return the label that has most of a face's rim, of those that it may have."""
        rims: dict[Label, float] = {}
        for other, length in self.net.faces.beside[face].items():
            if self.net.is_sound(level, other):
                label = self.net.labels[level][other]
                rims[label] = rims.get(label, 0.0) + length
        if self.net.may_be_empty(level, face):
            rims.setdefault(NOBODY, 0.0)
        ranked = sorted(rims, key=lambda label: (-rims[label], sorted(label)))
        return next((label for label in ranked if self._suits(level, face, label)), None)

    def _suits(self, level: int, face: int, label: Label) -> bool:
        now = self.net.labels[level][face]
        # Of an overlap nobody else takes a part, and a dedicated grid does not grow.
        if (len(now) > 1 or not self.net.tiles(level)) and not label <= now:
            return False
        if not label and (
            not self.net.may_be_empty(level, face) or any(self.net.allows(level, face, one) for one in now)
        ):
            return False
        fits = all(self.net.allows(level, face, area) for area in label)
        return fits and not any(self._too_far(face, area) for area in label ^ now)

    def _too_far(self, face: int, area: int) -> bool:
        """Return whether a border of the area would move past the tolerance if the face came or went."""
        if (face, area) not in self._far:
            rim = self.net.faces.metres[face].boundary
            step = max(self.tolerance_m / 2, rim.length / _SAMPLES)
            points = shapely.points(shapely.get_coordinates(shapely.segmentize(rim, step)))
            away = shapely.distance(self._border(area), points)
            self._far[face, area] = bool(away.max() > self.tolerance_m + _ROUNDING_M)
        return self._far[face, area]

    def _border(self, area: int) -> shapely.Geometry:
        """Return the border that an area came with, in the plane."""
        if area not in self._borders:
            self._borders[area] = shapely.boundary(self.net.ground.areas[area].metres)
            shapely.prepare(self._borders[area])
        return self._borders[area]

    def _settle(self, level: int, component: list[int]) -> None:
        labels = self.net.labels[level]
        label = labels[component[0]]
        allowed = [area for area in label if all(self.net.allows(level, face, area) for face in component)]
        if len(label) < 2 or not allowed:  # noqa: PLR2004 - a gap, or one area out of its parent
            return
        winner = min(allowed, key=lambda area: _rank(self.rule, self.net.ground.areas, area))
        losers = label - {winner}
        if not all(self._has_left(level, area, component) for area in losers):
            return
        for face in component:
            labels[face] = frozenset({winner})
            self.done[level, face] = Mending.OVERLAP_SETTLED
        self.settled.append(AssignedFaces(level, winner, losers, tuple(component)))

    def _has_left(self, level: int, area: int, gone: Iterable[int]) -> bool:
        """Return whether an area stays one to speak of without some faces."""
        out = set(gone)
        labels = self.net.labels[level]
        left = (face for face, label in enumerate(labels) if area in label and face not in out)
        return bool(sum(self.net.faces.metres[face].area for face in left) >= SLIVER_M2)


def _rank(rule: OverlapRule, areas: Sequence[Area], number: int) -> tuple[float, str, int]:
    """Return what an area is ranked by: the least keeps the overlap, and codes settle what is equal."""
    size = 0.0 if rule is OverlapRule.LOWEST_CODE else float(shapely.area(areas[number].metres))
    return -size if rule is OverlapRule.LARGER else size, areas[number].code or "~", number
