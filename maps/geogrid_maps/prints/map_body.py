"""A map itself: land, what is filled, borders, and the names of streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid_maps.prints.drawing import WHITE
from geogrid_maps.prints.fonts import BOLD, REGULAR
from geogrid_maps.prints.layout import PaperBox, project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from geogrid_maps.prints.drawing import Pen
    from geogrid_maps.prints.layout import Placing
    from geogrid_maps.prints.model import PrintArea, PrintMap

LAND: Final = "#f7f4ec"
WATER: Final = "#cfe2ea"
DISTRICT: Final = ("#3d3a33", 0.6)
STREET: Final = ("#5d5a50", 0.35)
COMMUNITY: Final = ("#a9a494", 0.12)
_AREA: Final = ("#a9a494", 0.08)
#: What keeps the district off the frame, and what a border may move by: finer than a printer's dot at 600 dpi.
_AIR_MM: Final = 6.0
_SIMPLE_MM: Final = 0.04
_CASED_MM: Final = 0.3
#: How wide a river is that is known as a line.
_RIVER_MM: Final = 0.5
_NAME_POINTS: Final = 8.0
_LABEL_POINTS: Final = 5.5
_FEW_LABELS: Final = 40
_SMALL_MAP: Final = 0.6
#: A corner of a street at the edge of a map has no name.
_LEAST_SEEN_MM2: Final = 40.0
_LONGEST_NAME_MM: Final = 40.0


def inner_box(box: PaperBox, air_mm: float = _AIR_MM) -> PaperBox:
    """Return where in its box a map lies."""
    return PaperBox(box.left + air_mm, box.bottom + air_mm, box.right - air_mm, box.top - air_mm)


def shown_bounds(one: PrintMap) -> tuple[float, float, float, float]:
    """Return what a map shows, in metres of the projection: the least easting and northing, and the greatest."""
    west, south, east, north = project(one.extent or one.ground.outline).bounds
    return west, south, east, north


def draw_map(
    pen: Pen, one: PrintMap, placing: Placing, box: PaperBox, *, fine: bool, marks: Sequence[PaperBox] = ()
) -> None:
    """Draw a map into a box.

    Parameters
    ----------
    pen
        What it is drawn with.
    one
        The map.
    placing
        Where the district lies in the box.
    box
        Nothing goes beyond it.
    fine
        Whether there is room for the borders of communities and for names.
    marks
        What will lie over the map: names keep away from it.
    """
    ground = one.ground
    land = placing.place(project(ground.outline))
    pen.shapes([land], fill=LAND, within=box)
    if ground.water:
        pen.shapes([_flowing(placing.place(project(water))) for water in ground.water], fill=WATER, within=box)
    for band in one.bands:
        pen.shapes([_simple(placing.place(band.geometry))], fill=band.fill, within=box)
    if one.bands:
        # A band has no border of its own; the district's ends it.
        pen.shapes([_polygon(box).difference(land.buffer(0))], fill=WHITE)
    _draw_areas(pen, placing, one.areas, box)
    streets = [(name, placing.place(project(geometry))) for name, geometry in ground.streets]
    communities = [placing.place(project(geometry)) for geometry in ground.communities] if fine else []
    for placed, (line, line_mm) in (
        (communities, COMMUNITY),
        ([geometry for _, geometry in streets], STREET),
        ([land], DISTRICT),
    ):
        simple = [_simple(geometry) for geometry in placed]
        # Small maps have fine lines.
        share = 1.0 if fine else _SMALL_MAP
        if one.areas and line_mm >= _CASED_MM:
            # Upon dark classes a dark border needs a light one under it.
            pen.shapes(simple, line=WHITE, line_mm=(line_mm + 0.4) * share, within=box)
        if simple:
            pen.shapes(simple, line=line, line_mm=line_mm * share, within=box)
    if fine:
        free = shapely.difference(_polygon(box), shapely.union_all([_polygon(mark) for mark in marks]))
        taken = _draw_names(pen, streets, free)
        labels = [(name, placing.place(project(geometry))) for name, geometry in one.labels]
        _draw_names(pen, labels, free, taken, small=True)


def _draw_areas(pen: Pen, placing: Placing, areas: Sequence[PrintArea], box: PaperBox) -> None:
    line, line_mm = _AREA
    kinds: dict[tuple[str, bool], list[BaseGeometry]] = {}
    for area in areas:
        kinds.setdefault((area.fill, area.hatched), []).append(_simple(placing.place(project(area.geometry))))
    for (fill, hatched), geometries in kinds.items():
        pen.shapes(geometries, fill=fill, hatched=hatched, line=line, line_mm=line_mm, within=box)


def _flowing(geometry: BaseGeometry) -> BaseGeometry:
    return _simple(geometry if geometry.area else geometry.buffer(_RIVER_MM / 2))


def _simple(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.simplify(geometry, _SIMPLE_MM, preserve_topology=True)


def _draw_names(
    pen: Pen,
    places: Sequence[tuple[str, BaseGeometry]],
    free: BaseGeometry,
    taken: Sequence[PaperBox] = (),
    *,
    small: bool = False,
) -> list[PaperBox]:
    """Set each name into its place where that is widest, the large ones first, and none over another.

    Names of streets are moved until they meet no other; small ones that meet one are left out, and so is what would go
    beyond the map.
    """
    found = list(taken)
    frame = PaperBox(*free.bounds)
    points = _LABEL_POINTS if small and len(places) > _FEW_LABELS else _NAME_POINTS
    weight, steps = (REGULAR, [0]) if small else (BOLD, [0, 1, -1, 2, -2, 3, -3])
    height = points * 0.36 * pen.layout.unit
    for name, place in sorted(places, key=lambda pair: -pair[1].area):
        seen = shapely.intersection(place, free)
        if seen.area < (0 if small else _LEAST_SEEN_MM2) or seen.is_empty:
            continue
        # Half a millimetre is near enough to the middle.
        middle = shapely.get_point(shapely.maximum_inscribed_circle(seen, tolerance=0.5), 0)
        lines = pen.wrapped(name, points, _LONGEST_NAME_MM * pen.layout.unit, weight)
        shown = lines[0] + "…" if len(lines) > 1 else "".join(lines)
        half = pen.text_width(shown, points, weight) / 2
        areas = [_around(middle.x, middle.y + step * height * 0.6, half, height / 2) for step in steps]
        inside = [area for area in areas if _lies_in(area, frame)]
        alone = next((area for area in inside if not any(_meet(area, other) for other in found)), None)
        chosen = alone or (inside[-1] if inside and not small else None)
        if chosen:
            found.append(chosen)
            pen.text(*chosen.middle, shown, points, weight=weight, align="center", halo=True)
    return found


def _around(x: float, y: float, half_width: float, half_height: float) -> PaperBox:
    return PaperBox(x - half_width, y - half_height, x + half_width, y + half_height)


def _meet(one: PaperBox, other: PaperBox) -> bool:
    return one.left < other.right and other.left < one.right and one.bottom < other.top and other.bottom < one.top


def _lies_in(one: PaperBox, frame: PaperBox) -> bool:
    return one.left >= frame.left and one.right <= frame.right and one.bottom >= frame.bottom and one.top <= frame.top


def _polygon(box: PaperBox) -> BaseGeometry:
    return shapely.box(box.left, box.bottom, box.right, box.top)
