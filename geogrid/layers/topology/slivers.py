"""What overlays leave over: whether a gap or an overlap is a fault, a thin seam or the noise of rounding."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import shapely

from geogrid.layers.topology.finding import FindingCode, Severity
from geogrid.layers.topology.messages import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geogrid.layers.topology.areas import Area, Plane
    from geogrid.layers.topology.finding import Finding
    from geogrid.model import Layer

#: What is smaller is the arithmetic's own: the last bit of a coordinate, not a fault of anybody's.
FLOOR_M2: Final = 1e-4
#: What is smaller or thinner is rounding: two borders with seven decimals each stand up to 1.4 cm apart.
NOISE_M2: Final = 1.0
NOISE_WIDTH_M: Final = 0.02
#: What is thinner may still be rounding, to six decimals: a seam, which warns and does not block.
SEAM_WIDTH_M: Final = 0.16
#: So many seams of a layer are named; more of them are noise.
SEAMS_NAMED: Final = 20
# Narrowing a shape with more vertices takes long; one so large is no noise.
_LARGE: Final = 5_000


class Grade(IntEnum):
    """How much a leftover weighs."""

    NOTHING = 0
    NOISE = 1
    SEAM = 2
    FAULT = 3


def polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of an overlay's result, without the lines and points in which shapes merely touch."""
    if shape.geom_type in {"Polygon", "MultiPolygon"}:
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def is_thinner(shape: shapely.Geometry, width_m: float) -> bool:
    """Return whether no circle of a diameter fits into a shape, both in metres.

    Examples
    --------
    >>> is_thinner(shapely.box(0, 0, 100, 0.5), 1), is_thinner(shapely.box(0, 0, 100, 5), 1)
    (True, False)
    """
    if shapely.get_num_coordinates(shape) > _LARGE:
        return False
    return bool(shapely.buffer(shape, -width_m / 2, quad_segs=2).is_empty)


def grade_one(shape: shapely.Geometry) -> Grade:
    """Grade polygons in the plane.

    Examples
    --------
    >>> [grade_one(shapely.box(0, 0, 100, width)).name for width in (1e-9, 0.01, 0.1, 1)]
    ['NOTHING', 'NOISE', 'SEAM', 'FAULT']
    """
    if shape.area < FLOOR_M2:
        return Grade.NOTHING
    if shape.area < NOISE_M2 or is_thinner(shape, NOISE_WIDTH_M):
        return Grade.NOISE
    return Grade.SEAM if is_thinner(shape, SEAM_WIDTH_M) else Grade.FAULT


class Leftovers:
    """Collects the gaps, overlaps and parts that overlays leave over, and turns them into findings.

    Parameters
    ----------
    plane
        The plane in which they are measured.
    """

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._faults: list[Finding] = []
        self._seams: dict[Layer, list[tuple[shapely.Geometry, Callable[[], Finding]]]] = {}
        self._noise: dict[Layer, list[shapely.Geometry]] = {}

    def add(
        self, grade: Grade, code: FindingCode, areas: tuple[Area, ...], shape: shapely.Geometry, **more: object
    ) -> None:
        """Add a leftover between `areas`, in the plane; ``layer`` and the facts of its wording are `more`."""
        facts = dict(more)
        layer: Layer = facts.pop("layer", None) or areas[0].layer  # type: ignore[assignment]
        codes = tuple(area.label for area in areas)

        def told(severity: Severity | None = None) -> Finding:
            return find(code, layer, codes, drawn=self._plane.to_degrees(shape), severity=severity, **facts)

        if grade is Grade.FAULT:
            self._faults.append(told())
        elif grade is Grade.SEAM:
            self._seams.setdefault(layer, []).append((shape, lambda: told(Severity.WARNING)))
        elif grade is Grade.NOISE:
            self._noise.setdefault(layer, []).append(shape)

    def findings(self) -> Iterator[Finding]:
        """Yield each fault, the seams if they are few, and the noise of a layer as one."""
        yield from self._faults
        noise = {layer: list(shapes) for layer, shapes in self._noise.items()}
        for layer, seams in self._seams.items():
            if len(seams) <= SEAMS_NAMED:
                yield from (told() for _, told in seams)
            else:
                noise.setdefault(layer, []).extend(shape for shape, _ in seams)
        for layer, shapes in noise.items():
            parts = [part for shape in shapes for part in shapely.get_parts(shape)]
            drawn = self._plane.to_degrees(shapely.multipolygons(parts))
            yield find(FindingCode.NOISE, layer, drawn=drawn, count=len(shapes))
