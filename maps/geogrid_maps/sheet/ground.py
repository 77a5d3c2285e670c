"""The map itself: land, what is filled, borders, and the names of streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid_maps.sheet.drawing import INK, WHITE
from geogrid_maps.sheet.fonts import BOLD
from geogrid_maps.sheet.placing import Box, Placing, project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from geogrid_maps.sheet.drawing import Pen
    from geogrid_maps.sheet.parts import Area, Sheet

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
_LONGEST_NAME_MM: Final = 40.0


def draw_map(pen: Pen, sheet: Sheet) -> Placing:
    """Draw the district into its box, and say at which scale."""
    outline, box = project(sheet.ground.outline), pen.layout.map
    inner = Box(box.left + _AIR_MM, box.bottom + _AIR_MM, box.right - _AIR_MM, box.top - _AIR_MM)
    placing = Placing.fit(outline.bounds, inner)
    land = placing.place(outline)
    pen.shapes([land], fill=LAND, within=box)
    if sheet.ground.water:
        pen.shapes([_flowing(placing.place(project(one))) for one in sheet.ground.water], fill=WATER, within=box)
    for band in sheet.bands:
        pen.shapes([_simple(placing.place(band.geometry))], fill=band.fill, within=box)
    if sheet.bands:
        # A band has no border of its own; the district's ends it.
        paper = shapely.box(box.left, box.bottom, box.right, box.top)
        pen.shapes([paper.difference(land.buffer(0))], fill=WHITE)
    _draw_areas(pen, placing, sheet.areas)
    for geometries, (line, line_mm) in (
        (sheet.ground.communities, COMMUNITY),
        ([geometry for _, geometry in sheet.ground.streets], STREET),
        ([sheet.ground.outline], DISTRICT),
    ):
        placed = [_simple(placing.place(project(geometry))) for geometry in geometries]
        if sheet.areas and line_mm >= _CASED_MM:
            # Upon dark classes a dark border needs a light one under it.
            pen.shapes(placed, line=WHITE, line_mm=line_mm + 0.4, within=box)
        pen.shapes(placed, line=line, line_mm=line_mm, within=box)
    _draw_names(pen, [(name, placing.place(project(geometry))) for name, geometry in sheet.ground.streets])
    pen.box(box, line=INK, line_mm=0.25)
    return placing


def _draw_areas(pen: Pen, placing: Placing, areas: Sequence[Area]) -> None:
    line, line_mm = _AREA
    kinds: dict[tuple[str, bool], list[BaseGeometry]] = {}
    for area in areas:
        kinds.setdefault((area.fill, area.hatched), []).append(_simple(placing.place(project(area.geometry))))
    for (fill, hatched), geometries in kinds.items():
        pen.shapes(geometries, fill=fill, hatched=hatched, line=line, line_mm=line_mm, within=pen.layout.map)


def _flowing(geometry: BaseGeometry) -> BaseGeometry:
    return _simple(geometry if geometry.area else geometry.buffer(_RIVER_MM / 2))


def _simple(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.simplify(geometry, _SIMPLE_MM, preserve_topology=True)


def _draw_names(pen: Pen, streets: Sequence[tuple[str, BaseGeometry]]) -> None:
    """Set each name into its street where it is widest, the large ones first, and none over another."""
    taken: list[Box] = []
    height = _NAME_POINTS * 0.36 * pen.layout.unit
    for name, street in sorted(streets, key=lambda pair: -pair[1].area):
        if street.is_empty:
            continue
        # Half a millimetre is near enough to the middle.
        middle = shapely.get_point(shapely.maximum_inscribed_circle(street, tolerance=0.5), 0)
        lines = pen.wrapped(name, _NAME_POINTS, _LONGEST_NAME_MM * pen.layout.unit, BOLD)
        shown = lines[0] + "…" if len(lines) > 1 else "".join(lines)
        half = pen.text_width(shown, _NAME_POINTS, BOLD) / 2
        for step in (0, 1, -1, 2, -2, 3, -3):
            y = middle.y + step * height * 0.6
            box = Box(middle.x - half, y - height / 2, middle.x + half, y + height / 2)
            if not any(_meet(box, other) for other in taken):
                break
        taken.append(box)
        pen.text(middle.x, y, shown, _NAME_POINTS, weight=BOLD, align="center", halo=True)


def _meet(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.bottom < other.top and other.bottom < one.top
