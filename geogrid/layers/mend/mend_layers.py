"""Mending of a set of layers: all steps, in order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.errors import LayerError
from geogrid.geo.plane import Plane
from geogrid.layers.mend.border_faults import find_faults
from geogrid.layers.mend.change_measurement import border_shift_m, record_area, record_overlap
from geogrid.layers.mend.face_assignment import FaceAssigner
from geogrid.layers.mend.face_coverage import LEVELS, AreaContext, FaceCoverage
from geogrid.layers.mend.face_union import rebuild_areas
from geogrid.layers.mend.faces import build_faces, cut_lines
from geogrid.layers.mend.mend_result import MendAction, MendResult, OverlapRule
from geogrid.layers.mend.ring_repair import repair_rings
from geogrid.layers.topology.checked_features import CheckedArea, iter_areas
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.shape_checks import screen_area
from geogrid.layers.topology.slivers import is_narrower
from geogrid.model import DedicatedNesting, Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.mend.border_faults import BorderFaults
    from geogrid.layers.mend.mend_result import MendRecord

#: Typical deviation of a border that was digitised twice; well below the position error of a phone.
DEFAULT_TOLERANCE_M: Final = 0.5
#: A larger displacement makes another border.
MAX_TOLERANCE_M: Final = 5.0
# Maximum length of a cut across a narrow face, in multiples of the tolerance.
_REACH: Final = 2
_PASSES: Final = 5
# Allowance for sampling borders in steps.
_ROUNDING_M: Final = 0.01


def mend_layers(
    layers: Mapping[Layer, gpd.GeoDataFrame],
    *,
    tolerance_m: float = DEFAULT_TOLERANCE_M,
    overlaps: OverlapRule = OverlapRule.REFUSE,
    dedicated_in: DedicatedNesting = DedicatedNesting.COMMUNITY,
) -> MendResult:
    """Mend a set of layers where this is safe, and return a record of each change.

    Self-crossing rings are made valid if only one repair is possible, see
    `geogrid.layers.mend.ring_repair.repair_rings`. Gaps, overlaps, and parts outside a parent or the district that are
    nowhere wider than the tolerance go to the neighbour with the longest common border, cut where borders meet. The
    outline of the district never moves; streets follow it, communities and villages follow the streets, grids follow
    these. Dedicated grids can only shrink. Faults wider than the tolerance stay.

    Parameters
    ----------
    layers
        As for `geogrid.layers.topology.check_layers`; they may be invalid and are not modified.
    tolerance_m
        Maximum width of gaps and overlaps to close, and maximum displacement of a border: metres, above 0, at most 5.
    overlaps
        The rule for wider overlaps. An area that would keep less than 100 m² loses nothing.
    dedicated_in
        The area in which dedicated grids must lie.

    Returns
    -------
    MendResult
        The new layers and the changes. Unchanged geometries keep their bytes; mending twice changes nothing more.

    Raises
    ------
    LayerError
        If the tolerance is out of range.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.model import Layer
    >>> squares = [shapely.box(113, 40, 113.01, 40.01), shapely.box(113.010003, 40, 113.02, 40.01)]
    >>> codes = ["140213051001001", "140213051001002"]
    >>> words = {"name": "示意", "parent": None, "kind": None}
    >>> outline = gpd.GeoDataFrame({"code": ["140213"], **words}, geometry=[shapely.union_all(squares).envelope])
    >>> grids = gpd.GeoDataFrame({"code": codes, **words}, geometry=squares)
    >>> mended = mend_layers({Layer.DISTRICT: outline, Layer.URBAN: grids})
    >>> print(mended.changes[0].message_en)
    140213051001001: gap closed; moved up to 0.26 m, 284.4 m² gained, 0.0 m² lost
    """
    if not 0 < tolerance_m <= MAX_TOLERANCE_M or not math.isfinite(tolerance_m):
        raise LayerError(
            f"The tolerance must be above 0 and at most {MAX_TOLERANCE_M:g} metres.",
            code="tolerance",
            field="tolerance",
        )
    before = list(iter_areas(layers))
    run = _MendRun(before, tolerance_m, overlaps, dedicated_in)
    run.repair_rings()
    # Closing one gap can expose the next; valid layers take one pass.
    for _ in range(_PASSES):
        if not run.assign_faces(_frames(layers, run.shapes())):
            break
    return MendResult(_frames(layers, run.shapes()), run.changes())


class _MendRun:
    """The present state of the areas during mending, and the actions on each."""

    def __init__(
        self, areas: list[CheckedArea], tolerance_m: float, rule: OverlapRule, dedicated_in: DedicatedNesting
    ) -> None:
        self._before, self._areas = areas, list(areas)
        self._tolerance_m, self._rule, self._dedicated_in = tolerance_m, rule, dedicated_in
        self._done: dict[int, set[MendAction]] = {}
        self._settled: list[MendRecord] = []
        # The shapes before the first reassignment of faces.
        self._start: dict[int, shapely.Geometry] = {}

    def shapes(self) -> list[shapely.Geometry | None]:
        """Return the present shape of each area."""
        return [area.shape for area in self._areas]

    def repair_rings(self) -> None:
        """Repair the rings of the areas that are otherwise usable."""
        for number, area in enumerate(self._areas):
            finding = screen_area(area)
            if finding is None or finding.code is not FindingCode.RING_INVALID:
                continue
            shape = repair_rings(area.shape, Plane.around(np.array([area.shape], dtype=object)))
            if shape is not None:
                self._update_area(number, shape, {MendAction.RING_MENDED})

    def assign_faces(self, layers: Mapping[Layer, gpd.GeoDataFrame]) -> bool:
        """Reassign the faces at faults, and return whether any area changed; `layers` are the present frames."""
        faults = find_faults(layers, self._areas, self._tolerance_m, self._dedicated_in)
        if faults is None:
            return False
        try:
            coverage = _face_coverage(faults, self._tolerance_m, self._dedicated_in)
            before = [list(labels) for labels in coverage.labels]
            assigner = FaceAssigner(coverage, self._tolerance_m, self._rule)
            for level in range(len(LEVELS)):
                assigner.assign_level(level)
            shapes = rebuild_areas(coverage, before)
        except GEOSException:
            # Apply nothing: a border that moved in part would be worse.
            return False
        done = assigner.actions_by_area(before)
        if any(
            self._moves_too_far(faults, position, shape)
            for position, shape in shapes.items()
            if not _is_settled(done, position)
        ):
            return False
        for position, shape in shapes.items():
            self._start.setdefault(faults.positions[position], faults.areas[position].shape)
            self._update_area(faults.positions[position], shape, done.get(position, {MendAction.NODE_ADDED}))
        self._settled += _overlap_records(assigner, self._rule)
        return bool(shapes)

    def _moves_too_far(self, faults: BorderFaults, position: int, shape: shapely.Geometry) -> bool:
        """Return whether the border of an area would move further than the tolerance."""
        number = faults.positions[position]
        if MendAction.OVERLAP_SETTLED in self._done.get(number, ()):
            return False
        original = self._start.get(number, faults.areas[position].shape)
        moved = border_shift_m(faults.plane.to_metres(original), faults.plane.to_metres(shape))
        return moved > self._tolerance_m + _ROUNDING_M

    def changes(self) -> list[MendRecord]:
        """Return the records of all changes."""
        plane = Plane.around(np.array([self._before[number].shape for number in self._done], dtype=object))
        areas = [
            record_area(self._before[number], self._areas[number].shape, done, plane)
            for number, done in sorted(self._done.items())
        ]
        return [*self._settled, *areas]

    def _update_area(self, number: int, shape: shapely.Geometry, done: AbstractSet[MendAction]) -> None:
        self._areas[number] = replace(self._areas[number], shape=shape)
        self._done.setdefault(number, set()).update(done)


def _face_coverage(faults: BorderFaults, tolerance_m: float, dedicated_in: DedicatedNesting) -> FaceCoverage:
    """Return the face coverage at the faults, with narrow faces cut across."""
    context = AreaContext.of(faults.areas, dedicated_in)
    lines = shapely.boundary(np.array([faults.areas[number].shape for number in faults.involved], dtype=object))
    coverage = FaceCoverage.of(build_faces(lines, faults.plane), context, faults.involved, faults.near)
    narrow = [face for face in _invalid_faces(coverage) if is_narrower(coverage.faces.metres[face], tolerance_m)]
    across = cut_lines(coverage.faces, narrow, _REACH * tolerance_m, faults.plane)
    if not len(across):
        return coverage
    return FaceCoverage.of(
        build_faces(np.concatenate([lines, across]), faults.plane), context, faults.involved, faults.near
    )


def _is_settled(done: Mapping[int, AbstractSet[MendAction]], position: int) -> bool:
    return MendAction.OVERLAP_SETTLED in done.get(position, ())


def _invalid_faces(coverage: FaceCoverage) -> list[int]:
    return sorted({face for level in range(len(LEVELS)) for face in coverage.invalid_faces(level)})


def _overlap_records(assigner: FaceAssigner, rule: OverlapRule) -> Iterator[MendRecord]:
    areas, faces = assigner.coverage.context.areas, assigner.coverage.faces.shapes
    for overlap in assigner.settled:
        for loser in sorted(overlap.losers):
            yield record_overlap(areas[overlap.winner], areas[loser], [faces[face] for face in overlap.faces], rule)


def _frames(
    layers: Mapping[Layer, gpd.GeoDataFrame], shapes: Sequence[shapely.Geometry | None]
) -> dict[Layer, gpd.GeoDataFrame]:
    """Return copies of the frames with new shapes, in the order of `iter_areas`."""
    frames, start = {}, 0
    for layer in (layer for layer in Layer if layer in layers):
        frame = layers[layer].copy()
        end = start + len(frame)
        chosen = np.empty(len(frame), dtype=object)
        chosen[:] = shapes[start:end]
        frames[layer] = frame.set_geometry(gpd.GeoSeries(chosen, index=frame.index, crs=frame.crs))
        start = end
    return frames
