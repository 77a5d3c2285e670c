"""Render prints to PDF and PNG."""

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
from PIL.PngImagePlugin import PngInfo

from geogrid_maps.prints.drawing import Pen
from geogrid_maps.prints.fonts import one_line, reload_missing_fonts
from geogrid_maps.prints.layout import Layout
from geogrid_maps.prints.sidebar import draw_sidebar
from geogrid_maps.prints.small_multiples import draw_maps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from geogrid_maps.prints.model import Print

#: Resolution of a PNG.
DPI: Final = 200
#: Settings of matplotlib: text stays text in a PDF (42: TrueType), whatever the user's matplotlibrc says.
_SETTINGS: Final[dict[Any, Any]] = {
    "pdf.fonttype": 42,
    "pdf.compression": 9,
    "pdf.use14corefonts": False,
    "hatch.linewidth": 0.5,
    # Without hinting, text is as wide as measured.
    "text.hinting": "none",
}
#: matplotlib's settings and fonts are global to the process, so one print is drawn at a time.
_DRAWING: Final = threading.Lock()


def render_pdf(content: Print) -> bytes:
    """Return a print as PDF, with text as text and the used part of the font embedded.

    Raises
    ------
    SetupError
        If the Chinese font is not installed.
    """
    output = io.BytesIO()
    metadata: dict[str, Any] = {"Title": one_line(content.title), "Creator": "geogrid", "CreationDate": content.printed}
    if content.provenance:
        metadata |= {"Subject": content.provenance.sentence(), "Keywords": content.provenance.json_text()}
    with _draw(content) as figure:
        FigureCanvasPdf(figure).print_pdf(output, metadata=metadata)
    return output.getvalue()


def render_png(content: Print, dpi: int = DPI) -> bytes:
    """Return a print as PNG of `dpi` dots per inch.

    Raises
    ------
    SetupError
        If the Chinese font is not installed.
    """
    with _draw(content) as figure:
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    output = io.BytesIO()
    picture.save(output, "PNG", dpi=(dpi, dpi), pnginfo=_png_texts(content))
    return output.getvalue()


def _png_texts(content: Print) -> PngInfo:
    """Return the text chunks of a picture: title, and the parts of the provenance."""
    texts = {"Title": one_line(content.title), "Software": "geogrid"}
    if content.provenance:
        texts |= {"Description": content.provenance.sentence(), **content.provenance.texts()}
    chunks = PngInfo()
    for key, value in texts.items():
        chunks.add_itxt(key, value)
    return chunks


@contextmanager
def _draw(content: Print) -> Iterator[Figure]:
    with _DRAWING, mpl.rc_context(_SETTINGS):
        reload_missing_fonts()
        pen = Pen(Layout.of(content.paper))
        draw_maps(pen, content)
        draw_sidebar(pen, content)
        yield pen.figure
