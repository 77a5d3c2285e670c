"""The map area of a print: one map, or several at one scale in rows, with scale bar, north arrow and chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geogrid_maps.prints.chart import draw_chart
from geogrid_maps.prints.drawing import INK, SOFT
from geogrid_maps.prints.fonts import BOLD, MM_PER_POINT
from geogrid_maps.prints.layout import PaperBox, Placing
from geogrid_maps.prints.map_body import draw_map, inner_box, map_bounds
from geogrid_maps.prints.scale_bar import NORTH_MM, SCALE_MM, draw_north, draw_scale, mark_boxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid_maps.prints.drawing import Pen
    from geogrid_maps.prints.model import Print, PrintMap

    Bounds = tuple[float, float, float, float]

_CHART_MM: Final = 38.0
_GAP_MM: Final = 3.0
_AIR_MM: Final = 1.5
_FEW_AIR_MM: Final = 4.0
_LEADING: Final = 1.4
#: Font size of the captions of two maps, and of more.
_LARGE: Final = 10.5
_SMALL: Final = 7.0
_FEW: Final = 2


def draw_maps(pen: Pen, content: Print) -> None:
    """Draw all maps of a print, and the chart below them."""
    box, unit = pen.layout.map, pen.layout.unit
    if content.chart:
        split = box.bottom + _CHART_MM * unit
        draw_chart(pen, content.chart, PaperBox(box.left, box.bottom, box.right, split))
        box = replace(box, bottom=split + _GAP_MM * unit)
    if len(content.maps) == 1:
        _draw_one(pen, content, box)
    else:
        _draw_several(pen, content, box)
    pen.box(box, line=INK, line_mm=0.25)


def _draw_one(pen: Pen, content: Print, box: PaperBox) -> None:
    (one,), unit = content.maps, pen.layout.unit
    placing = Placing.fit(map_bounds(one), inner_box(box))
    draw_map(pen, one, placing, box, detailed=content.detailed, marks=mark_boxes(pen, box))
    draw_scale(pen, content, placing, box)
    draw_north(pen, content, box.left + 10 * unit, box.top - 3 * unit)


def _draw_several(pen: Pen, content: Print, box: PaperBox) -> None:
    unit = pen.layout.unit
    strip = box.bottom + SCALE_MM * unit
    bounds = _union([map_bounds(one) for one in content.maps])
    tiling = _choose_tiling(pen, content.maps, bounds, replace(box, bottom=strip))
    for one, tile in zip(content.maps, tiling.tiles, strict=False):
        inside = replace(tile, top=tile.top - tiling.caption_mm)
        placing = replace(tiling.placing, middle_mm=inside.middle)
        draw_map(pen, one, placing, inside, detailed=content.detailed)
        _write_caption(pen, one, tile, tiling)
    draw_scale(pen, content, tiling.placing, box)
    draw_north(pen, content, box.right - 10 * unit, box.bottom + (NORTH_MM + 1) * unit)


@dataclass(frozen=True, slots=True)
class _Tiling:
    """Boxes of the maps with captions, their common scale, and the style of the captions."""

    tiles: Sequence[PaperBox]
    placing: Placing
    points: float
    caption_lines: int
    caption_mm: float


def _choose_tiling(pen: Pen, maps: Sequence[PrintMap], bounds: Bounds, box: PaperBox) -> _Tiling:
    """Return the arrangement with the largest scale."""
    widest = max(pen.text_width(one.caption, _points(maps), BOLD) for one in maps) + 2 * _AIR_MM
    most = max(min(len(maps), int(box.width / widest)), 1)
    found = [_arrange(columns, pen, maps, bounds, box) for columns in range(1, most + 1)]
    return min(found, key=lambda tiling: (tiling.placing.denominator, len(tiling.tiles)))


def _arrange(columns: int, pen: Pen, maps: Sequence[PrintMap], bounds: Bounds, box: PaperBox) -> _Tiling:
    rows = math.ceil(len(maps) / columns)
    width, height = box.width / columns, box.height / rows
    points = _points(maps)
    widest = max(sum(pen.text_width(said, points, BOLD) for said in _caption(one)) for one in maps)
    lines = 1 if widest + 3 * _AIR_MM < width else 2
    caption = (lines * points * MM_PER_POINT * _LEADING + _AIR_MM) * pen.layout.unit
    tiles = [
        PaperBox(
            box.left + column * width,
            box.top - (row + 1) * height,
            box.left + (column + 1) * width,
            box.top - row * height,
        )
        for row in range(rows)
        for column in range(columns)
    ]
    inside = inner_box(replace(tiles[0], top=tiles[0].top - caption), _FEW_AIR_MM if len(maps) <= _FEW else _AIR_MM)
    # At least 1 mm, so that an impossible arrangement has a scale and loses.
    fitted = PaperBox(0, 0, max(inside.width, 1.0), max(inside.height, 1.0))
    return _Tiling(tiles, Placing.fit(bounds, fitted), points, lines, caption)


def _points(maps: Sequence[PrintMap]) -> float:
    return _LARGE if len(maps) <= _FEW else _SMALL


def _caption(one: PrintMap) -> tuple[str, str]:
    return one.caption, f"n = {one.n:,}"


def _write_caption(pen: Pen, one: PrintMap, tile: PaperBox, tiling: _Tiling) -> None:
    said, n = _caption(one)
    line = tiling.points * MM_PER_POINT * _LEADING * pen.layout.unit
    left, y = tile.left + _AIR_MM, tile.top - line
    shown = pen.wrapped(said, tiling.points, tile.width - 2 * _AIR_MM, BOLD)
    pen.text(left, y, shown[0] if shown else "", tiling.points, weight=BOLD)
    if tiling.caption_lines == 1:
        left += pen.text_width(said, tiling.points, BOLD) + _AIR_MM
    else:
        y -= line
    pen.text(left, y, n, tiling.points, colour=SOFT)


def _union(bounds: Sequence[Bounds]) -> Bounds:
    west, south, east, north = zip(*bounds, strict=True)
    return min(west), min(south), max(east), max(north)
