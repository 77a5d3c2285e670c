"""Drawing of shapes and text on a matplotlib figure, in millimetres from the lower left of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from geogrid_maps.prints.fonts import MM_PER_POINT, REGULAR, face

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from geogrid_maps.prints.layout import Layout, PaperBox

Align = Literal["left", "center", "right"]

INK: Final = "#2b2a26"
SOFT: Final = "#635f55"
RULE: Final = "#b9b4a6"
WHITE: Final = "#ffffff"
_HATCH: Final = "#4a473e"


class Pen:
    """A figure of the size of the paper. Later shapes lie above earlier ones.

    Parameters
    ----------
    layout
        The layout; sizes of lines and text are given for A4 and scaled.
    """

    def __init__(self, layout: Layout) -> None:
        width, height = layout.paper.size_mm
        self.layout = layout
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), facecolor=WHITE)
        self._mm = Affine2D().scale(1 / 25.4) + self.figure.dpi_scale_trans
        self._order = 0

    def shapes(
        self,
        geometries: Sequence[BaseGeometry],
        *,
        fill: str | None = None,
        hatched: bool = False,
        line: str | None = None,
        line_mm: float = 0.0,
        within: PaperBox | None = None,
    ) -> None:
        """Draw polygons in one style."""
        patch = PathPatch(
            path_of(geometries),
            facecolor=fill or "none",
            edgecolor=line or "none",
            linewidth=self._points(line_mm) if line else 0,
            joinstyle="round",
        )
        if hatched:
            patch.set_hatch("/////")
            patch.set_hatchcolor(_HATCH)
        self._add(patch, within)

    def box(
        self,
        box: PaperBox,
        *,
        fill: str | None = None,
        line: str | None = None,
        line_mm: float = 0.0,
        hatched: bool = False,
    ) -> None:
        """Draw a rectangle."""
        corner = shapely.box(box.left, box.bottom, box.right, box.top)
        self.shapes([corner], fill=fill, hatched=hatched, line=line, line_mm=line_mm)

    def line(self, xs: Sequence[float], ys: Sequence[float], *, colour: str = RULE, line_mm: float = 0.2) -> None:
        """Draw a line."""
        self._add(Line2D(xs, ys, color=colour, linewidth=self._points(line_mm), solid_capstyle="butt"))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        points: float,
        *,
        weight: int = REGULAR,
        colour: str = INK,
        align: Align = "left",
        halo: bool = False,
    ) -> None:
        """Write one line of text on its baseline; with a halo, vertically centred."""
        font = face(weight)

        def make_text() -> Text:
            return Text(
                x,
                y,
                font.clean(text),
                color=colour,
                fontproperties=font.properties,
                fontsize=points * self.layout.unit,
                horizontalalignment=align,
                verticalalignment="center_baseline" if halo else "baseline",
                # Text from data: no mathematical notation.
                parse_math=False,
                usetex=False,
            )

        if halo:
            # A separate text: an effect on the text itself would make it unsearchable in a PDF.
            outline = make_text()
            outline.set_path_effects([Stroke(linewidth=2.4 * self.layout.unit, foreground=WHITE)])
            self._add(outline)
        self._add(make_text())

    def text_width(self, text: str, points: float, weight: int = REGULAR) -> float:
        """Return the width of a text in millimetres."""
        font = face(weight)
        return font.width_mm(font.clean(text), points * self.layout.unit)

    def wrapped(self, text: str, points: float, width_mm: float, weight: int = REGULAR) -> list[str]:
        """Return a text in lines of at most `width_mm`."""
        return face(weight).wrap(text, points * self.layout.unit, width_mm)

    def _points(self, line_mm: float) -> float:
        return line_mm * self.layout.unit / MM_PER_POINT

    def _add(self, artist: PathPatch | Line2D | Text, within: PaperBox | None = None) -> None:
        self._order += 1
        artist.set_transform(self._mm)
        artist.set_zorder(self._order)
        self.figure.add_artist(artist)
        if within:
            artist.set_clip_path(
                Rectangle((within.left, within.bottom), within.width, within.height, transform=self._mm)
            )


def path_of(geometries: Sequence[BaseGeometry]) -> Path:
    """Return polygons as one path; holes have the opposite direction, so they stay open.

    Examples
    --------
    >>> path_of([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]).codes.tolist()
    [1, 2, 2, 2, 79, 1, 2, 2, 2, 79]
    """
    parts = shapely.get_parts(np.asarray(geometries, dtype=object))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = shapely.get_rings(shapely.orient_polygons(polygons))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(points), Path.LINETO, dtype=Path.code_type)
    codes[np.diff(ring, prepend=-1) != 0] = Path.MOVETO
    codes[np.diff(ring, append=-1) != 0] = Path.CLOSEPOLY
    return Path(points, codes)
