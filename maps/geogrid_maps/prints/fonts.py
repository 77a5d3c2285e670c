"""The Chinese font for matplotlib, and measuring and wrapping of text.

matplotlib does not read the WOFF files of the npm package. They are unpacked once into matplotlib's cache folder;
several processes may do so at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
from fontTools.ttLib import TTFont
from matplotlib.font_manager import FontProperties

from geogrid.errors import SetupError
from geogrid_maps.vendor import font_file

if TYPE_CHECKING:
    from collections.abc import Mapping

REGULAR: Final = 400
BOLD: Final = 700
MM_PER_POINT: Final = 25.4 / 72
#: Characters of a name; longer names end in "…".
_MAX_LENGTH: Final = 200
#: Printed instead of a character that the font lacks.
_GETA: Final = "〓"
_NOT_FIRST: Final = "，。、；：？！）》」』”’‰°…"
_NOT_LAST: Final = "（《「『“‘"
#: Text that is not broken: a word with the space before it or a Chinese character, with punctuation.
_PIECE: Final = re.compile(rf"\s?[{_NOT_LAST}]*(?:[!-~]+|.)[{_NOT_FIRST}]*")


@dataclass(frozen=True, slots=True)
class Face:
    """The font in one weight.

    Attributes
    ----------
    properties
        Properties for matplotlib.
    advances
        Width of each character in em, by code point.
    """

    properties: FontProperties
    advances: Mapping[int, float]

    def width_mm(self, text: str, points: float) -> float:
        """Return the width of a text in millimetres."""
        return sum(self.advances[ord(sign)] for sign in text) * points * MM_PER_POINT

    def clean(self, text: str) -> str:
        """Return a text on one line, with 〓 for characters that the font lacks."""
        return "".join(sign if ord(sign) in self.advances else _GETA for sign in one_line(text))

    def wrap(self, text: str, points: float, width_mm: float) -> list[str]:
        """Return a text in lines of at most `width_mm`, broken between words or Chinese characters."""
        lines = [""]
        for piece in _PIECE.findall(self.clean(text)):
            if self.width_mm(lines[-1] + piece, points) <= width_mm:
                lines[-1] += piece
                continue
            lines.append("")
            # A single word may be wider than a line.
            for sign in piece.strip():
                if self.width_mm(lines[-1] + sign, points) > width_mm:
                    lines.append("")
                lines[-1] += sign
        return [line.strip() for line in lines if line.strip()]


def one_line(text: str) -> str:
    r"""Return a text without control characters and repeated spaces, cut to `_MAX_LENGTH` characters.

    Examples
    --------
    >>> one_line("古城\n街道\x07 \u202e x")
    '古城 街道 x'
    """
    kept = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * _MAX_LENGTH])
    kept = " ".join(kept.split())
    return kept if len(kept) <= _MAX_LENGTH else kept[: _MAX_LENGTH - 1] + "…"


@cache
def face(weight: int) -> Face:
    """Return the font in a weight, `REGULAR` or `BOLD`.

    Raises
    ------
    SetupError
        If the font is not installed.
    """
    packed = font_file(weight)
    if packed is None:
        raise SetupError(
            "The Chinese font for prints is missing.",
            code="font_missing",
            remedy="Run make run again where npm can be reached, or print the page from the browser.",
        )
    path = unpack(packed, Path(mpl.get_cachedir()))
    with TTFont(path, lazy=True) as font:
        em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        advances = {point: metrics[name][0] / em for point, name in font.getBestCmap().items()}
    return Face(FontProperties(fname=path), advances)


def reload_missing_fonts() -> None:
    """Unpack the fonts again if their files were deleted from the cache while the service runs."""
    if not all(Path(str(face(weight).properties.get_file())).is_file() for weight in (REGULAR, BOLD)):
        face.cache_clear()


def unpack(packed: Path, folder: Path) -> Path:
    """Return the path of a font as TrueType, and unpack it if needed.

    Parameters
    ----------
    packed
        A WOFF file.
    folder
        Cache folder; the file name has the hash of the font.
    """
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()[:16]
    path = folder / f"geogrid-{digest}.ttf"
    if path.is_file():
        return path
    handle, name = tempfile.mkstemp(dir=folder, prefix=path.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as part, TTFont(packed) as font:
            font.flavor = None
            font.save(part)
        # Atomic: other processes see the complete file or none.
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
