"""The scale bar and the north arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from geogrid_maps.prints.drawing import INK, WHITE
from geogrid_maps.prints.fonts import BOLD
from geogrid_maps.prints.layout import BAR_MM, PaperBox
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid_maps.prints.drawing import Pen
    from geogrid_maps.prints.layout import Placing
    from geogrid_maps.prints.model import Print

_PARTS: Final = {1: 4, 2: 4, 5: 5}
_BAR_HEIGHT_MM: Final = 1.6
#: Height of the arrow with its letter, and of the scale bar with its ratio, on A4.
NORTH_MM: Final = 15.0
SCALE_MM: Final = 16.0


def mark_boxes(pen: Pen, box: PaperBox) -> tuple[PaperBox, PaperBox]:
    """Return the boxes of the scale bar and the north arrow in the left corners of a box."""
    unit = pen.layout.unit
    return (
        PaperBox(box.left, box.bottom, box.left + BAR_MM + 16 * unit, box.bottom + SCALE_MM * unit),
        PaperBox(box.left, box.top - (NORTH_MM + 4) * unit, box.left + 16 * unit, box.top),
    )


def draw_scale(pen: Pen, content: Print, placing: Placing, corner: PaperBox) -> None:
    """Draw the scale bar into the lower left of a box, with the scale as a ratio for this paper."""
    unit = pen.layout.unit
    km = placing.bar_km
    length, left, bottom = placing.bar_mm(km), corner.left + 6 * unit, corner.bottom + 5 * unit
    parts = _PARTS[int(f"{km:e}"[0])]
    pen.box(PaperBox(left - 3 * unit, bottom - 2.5 * unit, left + length + 10 * unit, bottom + 10.5 * unit), fill=WHITE)
    for part in range(parts):
        start, end = (left + length * share / parts for share in (part, part + 1))
        piece = PaperBox(start, bottom, end, bottom + _BAR_HEIGHT_MM * unit)
        pen.box(piece, fill=WHITE if part % 2 else INK, line=INK, line_mm=0.15)
    above = bottom + (_BAR_HEIGHT_MM + 1.2) * unit
    pen.text(left, above, "0", 7.5, align="center")
    pen.text(left + length, above, f"{km:g} km" if km >= 1 else f"{km * 1_000:g} m", 7.5, align="center")
    ratio = f"1 : {placing.denominator:,} · {content.paper.name}"
    pen.text(left, above + 3.8 * unit, f"{text('scale', content.language)} {ratio}", 7.5)


def draw_north(pen: Pen, content: Print, x: float, top: float) -> None:
    """Draw the arrow to grid north, `NORTH_MM` high, below a point on the paper."""
    unit = pen.layout.unit
    y = top - NORTH_MM * unit
    left, middle, right, tip = x - 3.2 * unit, y + 2.4 * unit, x + 3.2 * unit, y + 10 * unit
    pen.shapes([shapely.Polygon([(left, y), (x, tip), (x, middle)])], fill=INK, line=INK, line_mm=0.15)
    pen.shapes([shapely.Polygon([(right, y), (x, tip), (x, middle)])], fill=WHITE, line=INK, line_mm=0.15)
    pen.text(x, tip + 1.4 * unit, text("north", content.language), 10, weight=BOLD, align="center")
