"""Grading of gaps, overlaps and parts outside: fault, thin seam or rounding noise."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import make_finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geogrid.geo.plane import Plane
    from geogrid.layers.topology.checked_features import CheckedArea
    from geogrid.layers.topology.finding import Finding
    from geogrid.model import Layer

#: Smaller areas are floating-point errors and ignored.
FLOOR_M2: Final = 1e-4
#: Smaller or narrower ones are rounding noise: two borders with seven decimals differ by up to 1.4 cm.
NOISE_M2: Final = 1.0
NOISE_WIDTH_M: Final = 0.02
#: Narrower ones may be rounding to six decimals: a seam, reported as a warning.
SEAM_WIDTH_M: Final = 0.16
#: Maximum number of seams of a layer that are reported one by one; more are reported as noise.
SEAMS_NAMED: Final = 20
# A negative buffer of a shape with more vertices takes long, and such a shape is not noise.
_LARGE: Final = 5_000


class Grade(IntEnum):
    """Severity of a leftover: a gap, an overlap, or a part of an area outside its parent."""

    NOTHING = 0
    NOISE = 1
    SEAM = 2
    FAULT = 3


def keep_polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of an overlay result, without its lines and points."""
    if shape.geom_type in {"Polygon", "MultiPolygon"}:
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def is_narrower(shape: shapely.Geometry, width_m: float) -> bool:
    """Return whether no circle of diameter `width_m` fits into a shape in metres.

    Examples
    --------
    >>> is_narrower(shapely.box(0, 0, 100, 0.5), 1), is_narrower(shapely.box(0, 0, 100, 5), 1)
    (True, False)
    """
    if shapely.get_num_coordinates(shape) > _LARGE:
        return False
    return bool(shapely.buffer(shape, -width_m / 2, quad_segs=2).is_empty)


def grade_leftover(shape: shapely.Geometry) -> Grade:
    """Return the grade of polygons in metres.

    Examples
    --------
    >>> [grade_leftover(shapely.box(0, 0, 100, width)).name for width in (1e-9, 0.01, 0.1, 1)]
    ['NOTHING', 'NOISE', 'SEAM', 'FAULT']
    """
    if shape.area < FLOOR_M2:
        return Grade.NOTHING
    if shape.area < NOISE_M2 or is_narrower(shape, NOISE_WIDTH_M):
        return Grade.NOISE
    return Grade.SEAM if is_narrower(shape, SEAM_WIDTH_M) else Grade.FAULT


class Leftovers:
    """Collects gaps, overlaps and parts outside parents, and converts them to findings.

    Parameters
    ----------
    plane
        The plane of the shapes.
    """

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._faults: list[Finding] = []
        self._seams: dict[Layer, list[tuple[shapely.Geometry, Callable[[], Finding]]]] = {}
        self._noise: dict[Layer, list[shapely.Geometry]] = {}

    def add(
        self, grade: Grade, code: FindingCode, areas: tuple[CheckedArea, ...], shape: shapely.Geometry, **more: object
    ) -> None:
        """Add a gap, overlap or outside part of `areas`, in metres; `more` are values of its text, and ``layer``."""
        facts = dict(more)
        layer: Layer = facts.pop("layer", None) or areas[0].layer  # type: ignore[assignment]
        codes = tuple(area.label for area in areas)

        def finding(severity: Severity | None = None) -> Finding:
            return make_finding(code, layer, codes, geometry=self._plane.to_degrees(shape), severity=severity, **facts)

        if grade is Grade.FAULT:
            self._faults.append(finding())
        elif grade is Grade.SEAM:
            self._seams.setdefault(layer, []).append((shape, lambda: finding(Severity.WARNING)))
        elif grade is Grade.NOISE:
            self._noise.setdefault(layer, []).append(shape)

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each fault, for each seam if they are few, and one for the noise of each layer."""
        yield from self._faults
        noise = {layer: list(shapes) for layer, shapes in self._noise.items()}
        for layer, seams in self._seams.items():
            if len(seams) <= SEAMS_NAMED:
                yield from (finding() for _, finding in seams)
            else:
                noise.setdefault(layer, []).extend(shape for shape, _ in seams)
        for layer, shapes in noise.items():
            parts = [part for shape in shapes for part in shapely.get_parts(shape)]
            drawn = self._plane.to_degrees(shapely.multipolygons(parts))
            yield make_finding(FindingCode.NOISE, layer, geometry=drawn, count=len(shapes))
