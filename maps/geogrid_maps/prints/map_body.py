"""A map of a print: land, fills, borders and names."""

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
#: Margin between district and frame, and tolerance of simplified borders: finer than a dot at 600 dpi.
_AIR_MM: Final = 6.0
_SIMPLE_MM: Final = 0.04
_CASED_MM: Final = 0.3
#: Width of rivers that are lines.
_RIVER_MM: Final = 0.5
_NAME_POINTS: Final = 8.0
_LABEL_POINTS: Final = 5.5
_FEW_LABELS: Final = 40
_SMALL_MAP: Final = 0.6
#: Streets with a smaller visible part have no name.
_MIN_VISIBLE_MM2: Final = 40.0
_MAX_NAME_MM: Final = 40.0


def inner_box(box: PaperBox, air_mm: float = _AIR_MM) -> PaperBox:
    """Return the part of its box that a map fills."""
    return PaperBox(box.left + air_mm, box.bottom + air_mm, box.right - air_mm, box.top - air_mm)


def map_bounds(one: PrintMap) -> tuple[float, float, float, float]:
    """Return the bounds of a map in metres of the projection: minimum easting and northing, maximum."""
    west, south, east, north = project(one.extent or one.district.outline, one.district.projection).bounds
    return west, south, east, north


def draw_map(
    pen: Pen, one: PrintMap, placing: Placing, box: PaperBox, *, detailed: bool, marks: Sequence[PaperBox] = ()
) -> None:
    """Draw a map into a box.

    Parameters
    ----------
    pen
        The figure.
    one
        The map.
    placing
        Placing of the district in the box.
    box
        Box that clips the map.
    detailed
        Draw names and the borders of communities.
    marks
        Boxes that names must avoid.
    """
    district = one.district

    def on_paper(geometry: BaseGeometry) -> BaseGeometry:
        return placing.place(project(geometry, district.projection))

    land = on_paper(district.outline)
    pen.shapes([land], fill=LAND, within=box)
    if district.water:
        pen.shapes([_water_shape(on_paper(water)) for water in district.water], fill=WATER, within=box)
    for band in one.bands:
        pen.shapes([_simple(placing.place(band.geometry))], fill=band.fill, within=box)
    if one.bands:
        # Bands reach beyond the district: cover them outside.
        pen.shapes([_polygon(box).difference(land.buffer(0))], fill=WHITE)
    _draw_areas(pen, [(area, on_paper(area.geometry)) for area in one.areas], box)
    streets = [(name, on_paper(geometry)) for name, geometry in district.streets]
    communities = [on_paper(geometry) for geometry in district.communities] if detailed else []
    for placed, (line, line_mm) in (
        (communities, COMMUNITY),
        ([geometry for _, geometry in streets], STREET),
        ([land], DISTRICT),
    ):
        simple = [_simple(geometry) for geometry in placed]
        # Small maps have thinner lines.
        share = 1.0 if detailed else _SMALL_MAP
        if one.areas and line_mm >= _CASED_MM:
            # On dark fills a dark border needs a light casing.
            pen.shapes(simple, line=WHITE, line_mm=(line_mm + 0.4) * share, within=box)
        if simple:
            pen.shapes(simple, line=line, line_mm=line_mm * share, within=box)
    if detailed:
        free = shapely.difference(_polygon(box), shapely.union_all([_polygon(mark) for mark in marks]))
        taken = _draw_names(pen, streets, free)
        labels = [(name, on_paper(geometry)) for name, geometry in one.labels]
        _draw_names(pen, labels, free, taken, small=True)


def _draw_areas(pen: Pen, areas: Sequence[tuple[PrintArea, BaseGeometry]], box: PaperBox) -> None:
    line, line_mm = _AREA
    kinds: dict[tuple[str, bool], list[BaseGeometry]] = {}
    for area, placed in areas:
        kinds.setdefault((area.fill, area.hatched), []).append(_simple(placed))
    for (fill, hatched), geometries in kinds.items():
        pen.shapes(geometries, fill=fill, hatched=hatched, line=line, line_mm=line_mm, within=box)


def _water_shape(geometry: BaseGeometry) -> BaseGeometry:
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
    """Write names at the widest point of their shapes, large shapes first, and return the boxes taken.

    Names of streets are moved up or down to avoid others; small names that overlap others are left out, and so are
    names beyond the map.
    """
    found = list(taken)
    frame = PaperBox(*free.bounds)
    points = _LABEL_POINTS if small and len(places) > _FEW_LABELS else _NAME_POINTS
    weight, steps = (REGULAR, [0]) if small else (BOLD, [0, 1, -1, 2, -2, 3, -3])
    height = points * 0.36 * pen.layout.unit
    for name, place in sorted(places, key=lambda pair: -pair[1].area):
        seen = shapely.intersection(place, free)
        if seen.area < (0 if small else _MIN_VISIBLE_MM2) or seen.is_empty:
            continue
        middle = shapely.get_point(shapely.maximum_inscribed_circle(seen, tolerance=0.5), 0)
        lines = pen.wrapped(name, points, _MAX_NAME_MM * pen.layout.unit, weight)
        shown = lines[0] + "…" if len(lines) > 1 else "".join(lines)
        half = pen.text_width(shown, points, weight) / 2
        areas = [_centred_box(middle.x, middle.y + step * height * 0.6, half, height / 2) for step in steps]
        inside = [area for area in areas if _is_inside(area, frame)]
        alone = next((area for area in inside if not any(_overlap(area, other) for other in found)), None)
        chosen = alone or (inside[-1] if inside and not small else None)
        if chosen:
            found.append(chosen)
            pen.text(*chosen.middle, shown, points, weight=weight, align="center", halo=True)
    return found


def _centred_box(x: float, y: float, half_width: float, half_height: float) -> PaperBox:
    return PaperBox(x - half_width, y - half_height, x + half_width, y + half_height)


def _overlap(one: PaperBox, other: PaperBox) -> bool:
    return one.left < other.right and other.left < one.right and one.bottom < other.top and other.bottom < one.top


def _is_inside(one: PaperBox, frame: PaperBox) -> bool:
    return one.left >= frame.left and one.right <= frame.right and one.bottom >= frame.bottom and one.top <= frame.top


def _polygon(box: PaperBox) -> BaseGeometry:
    return shapely.box(box.left, box.bottom, box.right, box.top)
