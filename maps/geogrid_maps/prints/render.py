"""Sheets to files."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from PIL import Image

from geogrid_maps.prints.drawing import Pen
from geogrid_maps.prints.fonts import forget_lost, one_line
from geogrid_maps.prints.layout import Layout
from geogrid_maps.prints.sidebar import draw_panel
from geogrid_maps.prints.small_multiples import draw_maps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from geogrid_maps.prints.model import Print

#: Of a PNG; prints well on the paper that it is laid out for.
DPI: Final = 200
#: Text stays text in a PDF (42: TrueType), whatever the user's own matplotlibrc says.
_RULES: Final[dict[Any, Any]] = {
    "pdf.fonttype": 42,
    "pdf.compression": 9,
    "pdf.use14corefonts": False,
    "hatch.linewidth": 0.5,
    # Text is as wide on a screen as it was measured.
    "text.hinting": "none",
}
#: matplotlib's rules and its fonts are the process's, so one sheet is drawn at a time.
_DRAWING: Final = threading.Lock()


def render_pdf(sheet: Print) -> bytes:
    """Return a sheet as PDF: shapes as curves, text as text, with the part of the font that it uses.

    Raises
    ------
    SetupError
        If the Chinese font could not be fetched when geogrid was set up.
    """
    content = io.BytesIO()
    metadata = {"Title": one_line(sheet.title), "Creator": "geogrid", "CreationDate": sheet.printed}
    with _drawn(sheet) as figure:
        FigureCanvasPdf(figure).print_pdf(content, metadata=metadata)
    return content.getvalue()


def render_png(sheet: Print, dpi: int = DPI) -> bytes:
    """Return a sheet as a picture that knows its size on paper.

    Raises
    ------
    SetupError
        If the Chinese font could not be fetched when geogrid was set up.
    """
    with _drawn(sheet) as figure:
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    content = io.BytesIO()
    picture.save(content, "PNG", dpi=(dpi, dpi))
    return content.getvalue()


@contextmanager
def _drawn(sheet: Print) -> Iterator[Figure]:
    with _DRAWING, mpl.rc_context(_RULES):
        forget_lost()
        pen = Pen(Layout.of(sheet.paper))
        draw_maps(pen, sheet)
        draw_panel(pen, sheet)
        yield pen.figure
