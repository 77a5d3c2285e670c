"""The bar chart below the maps: number of incidents by time step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from geogrid_maps.prints.drawing import INK, RULE, SOFT
from geogrid_maps.prints.fonts import BOLD
from geogrid_maps.prints.layout import PaperBox

if TYPE_CHECKING:
    from geogrid_maps.prints.drawing import Pen
    from geogrid_maps.prints.model import Chart

#: Alternating colours of the bars of one map and of the next.
_FILLS: Final = ("#0b6e69", "#7db8b4")
_POINTS: Final = 7.0
_TITLE_POINTS: Final = 8.5
#: Width of a bar, as a share of its step.
_FILLED: Final = 0.8


def draw_chart(pen: Pen, chart: Chart, box: PaperBox) -> None:
    """Draw bars with title and axis into a box; labels that do not fit are left out."""
    unit = pen.layout.unit
    top = round_top(max((bar.n for bar in chart.bars), default=0))
    left = box.left + pen.text_width(f"{top:,}", _POINTS) + 2 * unit
    field = PaperBox(left, box.bottom + 5 * unit, box.right, box.top - 8 * unit)
    pen.text(box.left, box.top - 3.5 * unit, chart.title, _TITLE_POINTS, weight=BOLD)
    for value in (0, top // 2, top):
        y = field.bottom + field.height * value / top
        pen.line((field.left, field.right), (y, y), colour=RULE if value else INK, line_mm=0.15)
        pen.text(left - unit, y - 0.9 * unit, f"{value:,}", _POINTS, colour=SOFT, align="right")
    if chart.bars:
        _draw_bars(pen, chart, field, top)


def _draw_bars(pen: Pen, chart: Chart, field: PaperBox, top: int) -> None:
    joined = chart.bars[-1].place + 1 < len(chart.bars)
    step = field.width / len(chart.bars)
    free = -math.inf
    for place, bar in enumerate(chart.bars):
        left = field.left + (place + (1 - _FILLED) / 2) * step
        fill = _FILLS[bar.place % 2 if joined else 0]
        pen.box(
            PaperBox(left, field.bottom, left + step * _FILLED, field.bottom + field.height * bar.n / top), fill=fill
        )
        # Only the first bar of a map has a label.
        first = place == 0 or bar.place != chart.bars[place - 1].place
        half = pen.text_width(bar.label, _POINTS) / 2
        middle = left + step * _FILLED / 2
        if first and middle - half >= free and middle + half <= field.right:
            pen.text(middle, field.bottom - 3.5 * pen.layout.unit, bar.label, _POINTS, align="center")
            free = middle + half + pen.layout.unit


def round_top(largest: int) -> int:
    """Return the end of an axis: 2, 4, 6, 8 or 10 times a power of ten, at least the largest number.

    Examples
    --------
    >>> [round_top(largest) for largest in (0, 3, 17, 40, 1234, 9999)]
    [2, 4, 20, 40, 2000, 10000]
    """
    power: int = 10 ** max(math.ceil(math.log10(max(largest, 1))) - 1, 0)
    return next(factor * power for factor in (2, 4, 6, 8, 10) if factor * power >= largest)
