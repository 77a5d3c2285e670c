"""The sidebar of a print: title, period, filters, legend, notes, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.local_time import local_zone
from geogrid.model import Layer
from geogrid_maps.prints.drawing import INK, SOFT
from geogrid_maps.prints.fonts import BOLD, MM_PER_POINT, REGULAR
from geogrid_maps.prints.layout import PaperBox
from geogrid_maps.prints.map_body import COMMUNITY, DISTRICT, LAND, STREET
from geogrid_maps.prints.projection_note import projection_note
from geogrid_maps.ui_texts import text

if TYPE_CHECKING:
    from geogrid_maps.prints.drawing import Pen
    from geogrid_maps.prints.model import LegendEntry, Print

_ACCENT: Final = "#0b6e69"
_BADGE: Final = ("#fff3d9", "#b06a00", "#7a4a00")
_LEADING: Final = 1.45
_SWATCH_MM: Final = (9.0, 4.4)
_MAX_LINES: Final = 4
_POINTS: Final = 9.5
_SMALL_POINTS: Final = 7.5


class _Column:
    """A column that is filled with lines of text from the top.

    Parameters
    ----------
    pen
        The figure.
    box
        The column; lines that do not fit are left out.
    """

    def __init__(self, pen: Pen, box: PaperBox) -> None:
        self._pen = pen
        self._box = box
        self.unit = pen.layout.unit
        self.y = box.top

    def take(self, mm: float) -> bool:
        """Move down by a height, if it fits, and return whether it does."""
        fits = self.y - mm * self.unit >= self._box.bottom
        if fits:
            self.y -= mm * self.unit
        return fits

    def write(
        self, content: str, points: float, *, weight: int = REGULAR, colour: str = INK, max_lines: int = _MAX_LINES
    ) -> None:
        """Write a text, over as many lines as it needs, up to `max_lines`."""
        lines = self._pen.wrapped(content, points, self._box.width, weight)
        if len(lines) > max_lines:
            lines = [*lines[: max_lines - 1], lines[max_lines - 1][:-1] + "…"]
        for line in lines:
            if not self.take(points * MM_PER_POINT * _LEADING):
                return
            self._pen.text(self._box.left, self.y, line, points, weight=weight, colour=colour)

    def leave(self, mm: float) -> None:
        """Move down by a height."""
        self.y -= mm * self.unit

    def rule(self) -> None:
        """Draw a horizontal line."""
        self.leave(3.2)
        self._pen.line((self._box.left, self._box.right), (self.y, self.y))
        self.leave(1.2)


def draw_sidebar(pen: Pen, content: Print) -> None:
    """Draw the sidebar."""
    panel = pen.layout.panel
    column = _Column(pen, PaperBox(panel.left, _draw_foot(pen, content), panel.right, panel.top))
    column.write(content.title, 17, weight=BOLD, colour=_ACCENT, max_lines=3)
    column.leave(2)
    for line in content.lines:
        column.write(line, 10.5)
        column.leave(0.6)
    if content.synthetic:
        _draw_badge(pen, column, content)
    column.rule()
    column.write(content.legend_title, 10.5, weight=BOLD)
    column.leave(1.5)
    for entry in content.legend:
        _draw_entry(pen, column, entry)
    column.leave(1.5)
    _draw_borders(pen, column, content)
    column.rule()
    for note in content.notes:
        column.write(note, _SMALL_POINTS, colour=SOFT, max_lines=5)
        column.leave(0.8)


def _draw_badge(pen: Pen, column: _Column, content: Print) -> None:
    fill, line, colour = _BADGE
    unit, left = column.unit, pen.layout.panel.left
    badge = content.synthetic
    column.leave(8.5)
    width = pen.text_width(badge, 10, BOLD) + 6 * unit
    pen.box(PaperBox(left, column.y, left + width, column.y + 6.4 * unit), fill=fill, line=line, line_mm=0.25)
    pen.text(left + 3 * unit, column.y + 1.9 * unit, badge, 10, weight=BOLD, colour=colour)


def _draw_entry(pen: Pen, column: _Column, entry: LegendEntry) -> None:
    if not column.take(5.6):
        return
    right, unit = pen.layout.panel.right, column.unit
    n = f"n = {' | '.join(f'{number:,}' for number in entry.n)}" if entry.n else ""
    pen.box(_swatch(pen, column), fill=entry.fill or LAND, line=SOFT, line_mm=0.1, hatched=entry.hatched)
    _label(pen, column, entry.label, pen.text_width(n, _POINTS))
    pen.text(right, column.y + 1.1 * unit, n, _POINTS, colour=SOFT, align="right")


def _draw_borders(pen: Pen, column: _Column, content: Print) -> None:
    districts = [one.district for one in content.maps]
    has_streets = any(district.streets for district in districts)
    has_communities = content.detailed and any(district.communities for district in districts)
    for layers, (colour, line_mm) in (
        ((Layer.DISTRICT,), DISTRICT),
        *([((Layer.STREET,), STREET)] if has_streets else []),
        *([((Layer.COMMUNITY, Layer.VILLAGE), COMMUNITY)] if has_communities else []),
    ):
        name = content.words.name_borders(layers)
        if name and column.take(5.4):
            swatch = _swatch(pen, column)
            middle = (swatch.bottom + swatch.top) / 2
            pen.box(swatch, fill=LAND)
            pen.line((swatch.left, swatch.right), (middle, middle), colour=colour, line_mm=line_mm)
            _label(pen, column, name)


def _swatch(pen: Pen, column: _Column) -> PaperBox:
    left, (width, height) = pen.layout.panel.left, (side * column.unit for side in _SWATCH_MM)
    return PaperBox(left, column.y, left + width, column.y + height)


def _label(pen: Pen, column: _Column, label: str, kept_mm: float = 0.0) -> None:
    """Write the label of a swatch on one line that leaves `kept_mm` at the right."""
    left = _swatch(pen, column).right + 2.5 * column.unit
    lines = pen.wrapped(label, _POINTS, pen.layout.panel.right - left - kept_mm - 4 * column.unit)
    shown = lines[0] + "…" if len(lines) > 1 else "".join(lines)
    pen.text(left, column.y + 1.1 * column.unit, shown, _POINTS)


def _draw_foot(pen: Pen, content: Print) -> float:
    """Write the sources at the bottom, and return the height that they reach."""
    box, unit = pen.layout.panel, pen.layout.unit
    printed = f"{text('printed', content.language)} {content.printed.astimezone(local_zone()):%Y-%m-%d %H:%M}"
    lines = [
        *pen.wrapped(content.words.credit, _SMALL_POINTS, box.width)[:_MAX_LINES],
        *pen.wrapped(projection_note(content), _SMALL_POINTS, box.width),
        printed,
    ]
    leading = _SMALL_POINTS * MM_PER_POINT * _LEADING * unit
    for row, line in enumerate(reversed(lines)):
        pen.text(box.left, box.bottom + row * leading, line, _SMALL_POINTS, colour=SOFT)
    return box.bottom + len(lines) * leading
