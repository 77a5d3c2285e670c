"""Mending a set of layers: every step, in order."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely
from shapely.errors import GEOSException

from geogrid.errors import LayerError
from geogrid.layers.mend.border_faults import find_faults
from geogrid.layers.mend.change_records import distance_m, tell_area, tell_overlap
from geogrid.layers.mend.face_assignment import Fitting
from geogrid.layers.mend.face_coverage import LEVELS, FaceGround, Net
from geogrid.layers.mend.face_cuts import cuts
from geogrid.layers.mend.face_union import rebuild
from geogrid.layers.mend.faces import arrange
from geogrid.layers.mend.mend_result import Mended, Mending, OverlapRule
from geogrid.layers.mend.ring_repair import mend_rings
from geogrid.layers.topology.areas import Area, Plane, areas_of
from geogrid.layers.topology.finding import FindingCode
from geogrid.layers.topology.shape_checks import screen
from geogrid.layers.topology.slivers import is_thinner
from geogrid.model import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from geogrid.layers.mend.border_faults import Faults
    from geogrid.layers.mend.mend_result import MendRecord

#: Half a metre: what digitising a border twice leaves, and well under the error of a telephone's point.
DEFAULT_TOLERANCE_M: Final = 0.5
#: Past this a border is no longer the same border.
MAX_TOLERANCE_M: Final = 5.0
# A narrow face is cut where it is narrow, not along it.
_REACH: Final = 2
_PASSES: Final = 5
# Borders are followed in steps.
_ROUNDING_M: Final = 0.01


def mend_layers(
    layers: Mapping[Layer, gpd.GeoDataFrame],
    *,
    tolerance_m: float = DEFAULT_TOLERANCE_M,
    overlaps: OverlapRule = OverlapRule.REFUSE,
) -> Mended:
    """Mend what can be mended safely in a set of layers, and say what moved and by how much.

    Make self-crossing rings valid where only one repair is possible, see
    `geogrid.layers.mend.ring_repair.mend_rings`. Gaps, overlaps, and parts outside a parent or the district that are
    nowhere wider than the tolerance go to the neighbour with most of the border, cut where borders meet. The
    outline of the district never moves; streets follow it, communities and villages the streets, grids these. Dedicated
    grids lose what is another's and gain nothing. Borders that stand wide apart stay as they are.

    Parameters
    ----------
    layers
        As for `geogrid.layers.topology.check_layers`; nothing in them need be valid, and nothing in them is changed.
    tolerance_m
        How wide a gap or an overlap may be to be closed, and how far a border may move for it, in metres; more than 0,
        at most 5.
    overlaps
        Who keeps an overlap that is wider. An area that would be left with less than 100 m² gives up nothing.

    Returns
    -------
    Mended
        The new layers, and the changes. Geometry without a change is the same bytes; mending it again changes nothing.

    Raises
    ------
    LayerError
        If the tolerance is out of its range.

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
            f"The tolerance has to be more than 0 and at most {MAX_TOLERANCE_M:g} metres.",
            code="tolerance",
            field="tolerance",
        )
    before = list(areas_of(layers))
    mending = _Mending(before, tolerance_m, overlaps)
    mending.mend_rings()
    # Closing one gap may lay bare the next; a sound set takes one look.
    for _ in range(_PASSES):
        if not mending.fit(_frames(layers, mending.shapes())):
            break
    return Mended(_frames(layers, mending.shapes()), mending.changes())


class _Mending:
    """The areas on their way, by number, and what was done to each."""

    def __init__(self, areas: list[Area], tolerance_m: float, rule: OverlapRule) -> None:
        self._before, self._areas = areas, list(areas)
        self._tolerance_m, self._rule = tolerance_m, rule
        self._done: dict[int, set[Mending]] = {}
        self._settled: list[MendRecord] = []
        # What the fitting began with, of areas that it has changed.
        self._start: dict[int, shapely.Geometry] = {}

    def shapes(self) -> list[shapely.Geometry | None]:
        """Return the shape of each area as it is now."""
        return [area.shape for area in self._areas]

    def mend_rings(self) -> None:
        """Mend the rings of the areas whose only fault they are."""
        for number, area in enumerate(self._areas):
            found = screen(area)
            if found is None or found.code is not FindingCode.RING_INVALID:
                continue
            shape = mend_rings(area.shape, Plane.around(np.array([area.shape], dtype=object)))
            if shape is not None:
                self._put(number, shape, {Mending.RING_MENDED})

    def fit(self, layers: Mapping[Layer, gpd.GeoDataFrame]) -> bool:
        """Fit the areas at faults to each other and return whether any changed; `layers` are the same as frames."""
        faults = find_faults(layers, self._areas, self._tolerance_m)
        if faults is None:
            return False
        try:
            net = _net(faults, self._tolerance_m)
            before = [list(labels) for labels in net.labels]
            fitting = Fitting(net, self._tolerance_m, self._rule)
            for level in range(len(LEVELS)):
                fitting.fit(level)
            shapes = rebuild(net, before)
        except GEOSException:
            # All or nothing: half of a border moved is worse than none.
            return False
        done = fitting.done_to(before)
        if any(self._strays(faults, place, shape) for place, shape in shapes.items() if not _settled(done, place)):
            return False
        for place, shape in shapes.items():
            self._start.setdefault(faults.numbers[place], faults.areas[place].shape)
            self._put(faults.numbers[place], shape, done.get(place, {Mending.NODE_ADDED}))
        self._settled += _overlaps(fitting, self._rule)
        return bool(shapes)

    def _strays(self, faults: Faults, place: int, shape: shapely.Geometry) -> bool:
        """Return whether a border moved past the tolerance after all: then nothing is to move."""
        number = faults.numbers[place]
        if Mending.OVERLAP_SETTLED in self._done.get(number, ()):
            return False
        was = self._start.get(number, faults.areas[place].shape)
        moved = distance_m(faults.plane.to_metres(was), faults.plane.to_metres(shape))
        return moved > self._tolerance_m + _ROUNDING_M

    def changes(self) -> list[MendRecord]:
        """Tell all that was done."""
        plane = Plane.around(np.array([self._before[number].shape for number in self._done], dtype=object))
        told = [
            tell_area(self._before[number], self._areas[number].shape, done, plane)
            for number, done in sorted(self._done.items())
        ]
        return [*self._settled, *told]

    def _put(self, number: int, shape: shapely.Geometry, done: AbstractSet[Mending]) -> None:
        self._areas[number] = replace(self._areas[number], shape=shape)
        self._done.setdefault(number, set()).update(done)


def _net(faults: Faults, tolerance_m: float) -> Net:
    """Return the net at the faults, with its narrow faces cut across."""
    ground = FaceGround.of(faults.areas)
    lines = shapely.boundary(np.array([faults.areas[number].shape for number in faults.involved], dtype=object))
    net = Net.of(arrange(lines, faults.plane), ground, faults.involved, faults.near)
    narrow = [face for face in _unsound(net) if is_thinner(net.faces.metres[face], tolerance_m)]
    across = cuts(net.faces, narrow, _REACH * tolerance_m, faults.plane)
    if not len(across):
        return net
    return Net.of(arrange(np.concatenate([lines, across]), faults.plane), ground, faults.involved, faults.near)


def _settled(done: Mapping[int, AbstractSet[Mending]], place: int) -> bool:
    return Mending.OVERLAP_SETTLED in done.get(place, ())


def _unsound(net: Net) -> list[int]:
    return sorted({face for level in range(len(LEVELS)) for face in net.unsound(level)})


def _overlaps(fitting: Fitting, rule: OverlapRule) -> Iterator[MendRecord]:
    areas, faces = fitting.net.ground.areas, fitting.net.faces.shapes
    for one in fitting.settled:
        for loser in sorted(one.losers):
            yield tell_overlap(areas[one.winner], areas[loser], [faces[face] for face in one.faces], rule)


def _frames(
    layers: Mapping[Layer, gpd.GeoDataFrame], shapes: Sequence[shapely.Geometry | None]
) -> dict[Layer, gpd.GeoDataFrame]:
    """Return copies of the frames with other shapes, these in the order of `areas_of`."""
    frames, start = {}, 0
    for layer in (layer for layer in Layer if layer in layers):
        frame = layers[layer].copy()
        end = start + len(frame)
        chosen = np.empty(len(frame), dtype=object)
        chosen[:] = shapes[start:end]
        frames[layer] = frame.set_geometry(gpd.GeoSeries(chosen, index=frame.index, crs=frame.crs))
        start = end
    return frames
