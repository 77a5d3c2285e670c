"""The Chinese font in a form that matplotlib reads, and how text is set in it.

The npm package has the font packed (WOFF), which matplotlib does not read. It is unpacked once into the folder that
matplotlib caches its own fonts in; several processes may do so at once.
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
#: A name longer than this ends in "…".
_LONGEST: Final = 200
#: The mark for what the font has no sign for, as printers have it.
_GETA: Final = "〓"
_NOT_FIRST: Final = "，。、；：？！）》」』”’‰°…"
_NOT_LAST: Final = "（《「『“‘"
#: What stays on one line: a word with the blank before it, or a sign of Chinese; with the marks that may not part.
_PIECE: Final = re.compile(rf"\s?[{_NOT_LAST}]*(?:[!-~]+|.)[{_NOT_FIRST}]*")


@dataclass(frozen=True, slots=True)
class Face:
    """A weight of the font.

    Attributes
    ----------
    properties
        What matplotlib finds it by.
    advances
        How wide each sign is, in ems, by its code point.
    """

    properties: FontProperties
    advances: Mapping[int, float]

    def width_mm(self, text: str, points: float) -> float:
        """Return how wide a text is in a size, in millimetres."""
        return sum(self.advances[ord(sign)] for sign in text) * points * MM_PER_POINT

    def clean(self, text: str) -> str:
        """Return a text on one line, as far as the font has signs for it; 〓 stands for others."""
        return "".join(sign if ord(sign) in self.advances else _GETA for sign in one_line(text))

    def wrap(self, text: str, points: float, width_mm: float) -> list[str]:
        """Break a text into lines that are no wider than asked: between words, and anywhere in Chinese."""
        lines = [""]
        for piece in _PIECE.findall(self.clean(text)):
            if self.width_mm(lines[-1] + piece, points) <= width_mm:
                lines[-1] += piece
                continue
            lines.append("")
            # Even a word of its own may be wider than a line.
            for sign in piece.strip():
                if self.width_mm(lines[-1] + sign, points) > width_mm:
                    lines.append("")
                lines[-1] += sign
        return [line.strip() for line in lines if line.strip()]


def one_line(text: str) -> str:
    r"""Return a text with neither control characters nor runs of blanks, and not endlessly long.

    Examples
    --------
    >>> one_line("古城\n街道\x07 \u202e x")
    '古城 街道 x'
    """
    kept = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * _LONGEST])
    kept = " ".join(kept.split())
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"


@cache
def face(weight: int) -> Face:
    """Return the font in a weight, `REGULAR` or `BOLD`.

    Raises
    ------
    SetupError
        If it could not be fetched when geogrid was set up.
    """
    packed = font_file(weight)
    if packed is None:
        raise SetupError(
            "The Chinese font for sheets is missing.",
            code="font_missing",
            remedy="Run make run again where npm can be reached, or print the page from the browser.",
        )
    path = unpack(packed, Path(mpl.get_cachedir()))
    with TTFont(path, lazy=True) as font:
        em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
        advances = {point: metrics[name][0] / em for point, name in font.getBestCmap().items()}
    return Face(FontProperties(fname=path), advances)


def forget_lost() -> None:
    """Have fonts unpacked again whose files somebody has cleared away, as a service may outlive a cache."""
    if not all(Path(str(face(weight).properties.get_file())).is_file() for weight in (REGULAR, BOLD)):
        face.cache_clear()


def unpack(packed: Path, folder: Path) -> Path:
    """Return a font as TrueType, unpacked now if it has not been.

    Parameters
    ----------
    packed
        A WOFF file.
    folder
        Where the result is kept, by what is in the file.
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
        # At once for all: another process sees the whole file or none.
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path
