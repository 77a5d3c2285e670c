"""The scale bar and the north arrow, in corners of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid_maps.sheet.drawing import INK, WHITE
from geogrid_maps.sheet.fonts import BOLD
from geogrid_maps.sheet.placing import Box
from geogrid_maps.texts import text

if TYPE_CHECKING:
    from geogrid_maps.sheet.drawing import Pen
    from geogrid_maps.sheet.parts import Sheet
    from geogrid_maps.sheet.placing import Placing

_PARTS: Final = {1: 4, 2: 4, 5: 5}
_BAR_HEIGHT_MM: Final = 1.6


def draw_scale(pen: Pen, sheet: Sheet, placing: Placing) -> None:
    """Draw the scale bar into the lower left corner, with the scale as a ratio, true on paper of this size."""
    unit, corner = pen.layout.unit, pen.layout.map
    km = placing.bar_km
    length, left, bottom = placing.bar_mm(km), corner.left + 6 * unit, corner.bottom + 5 * unit
    parts = _PARTS[int(f"{km:e}"[0])]
    pen.box(Box(left - 3 * unit, bottom - 2.5 * unit, left + length + 10 * unit, bottom + 10.5 * unit), fill=WHITE)
    for part in range(parts):
        start, end = (left + length * share / parts for share in (part, part + 1))
        piece = Box(start, bottom, end, bottom + _BAR_HEIGHT_MM * unit)
        pen.box(piece, fill=WHITE if part % 2 else INK, line=INK, line_mm=0.15)
    above = bottom + (_BAR_HEIGHT_MM + 1.2) * unit
    pen.text(left, above, "0", 7.5, align="center")
    pen.text(left + length, above, f"{km:g} km", 7.5, align="center")
    ratio = f"1 : {placing.denominator:,} · {sheet.paper.name}"
    pen.text(left, above + 3.8 * unit, f"{text('scale', sheet.language)} {ratio}", 7.5)


def draw_north(pen: Pen, sheet: Sheet) -> None:
    """Draw the arrow to the north of the projection into the upper left corner."""
    unit, corner = pen.layout.unit, pen.layout.map
    x, y = corner.left + 10 * unit, corner.top - 18 * unit
    left, middle, right, top = x - 3.2 * unit, y + 2.4 * unit, x + 3.2 * unit, y + 10 * unit
    pen.shapes([shapely.Polygon([(left, y), (x, top), (x, middle)])], fill=INK, line=INK, line_mm=0.15)
    pen.shapes([shapely.Polygon([(right, y), (x, top), (x, middle)])], fill=WHITE, line=INK, line_mm=0.15)
    pen.text(x, top + 1.4 * unit, text("north", sheet.language), 10, weight=BOLD, align="center")
