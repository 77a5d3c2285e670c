"""Thematic layers: polygons and lines besides the grids, such as roads or idle land.

Thematic features may overlap. A point belongs to every feature that contains it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geogrid.errors import LayerError
from geogrid.model import Layer, ShapeKind, Theme
from geogrid.reference_files import included_path

if TYPE_CHECKING:
    import geopandas as gpd

#: Maximum length of the code of a thematic feature; for grids see `geogrid.layers.codes`.
MAX_CODE: Final = 40
#: Maximum length of a title.
MAX_TITLE: Final = 100
#: Pattern of the name of a thematic layer.
LAYER_NAME: Final = "[a-z][a-z0-9_]{0,39}"


@dataclass(frozen=True, slots=True)
class ThematicLayer:
    """A thematic layer and its features.

    Attributes
    ----------
    theme
        Name, titles and shape kind.
    frame
        Columns code, name, parent (None), kind, synthetic, attributes (a dict a feature) and geometry (EPSG:4326).
    """

    theme: Theme
    frame: gpd.GeoDataFrame


def make_theme(name: str, shape: ShapeKind, title: str | None = None) -> Theme:
    """Return a theme; the default title is the one in ``themes.json``, or else the name.

    Raises
    ------
    LayerError
        If the name is invalid or reserved, or if the title is too long or not printable.

    Examples
    --------
    >>> make_theme("idle_land", ShapeKind.POLYGON)
    Theme(name='idle_land', title='消极空间', title_en='Idle land', shape=<ShapeKind.POLYGON: 'Polygon'>)
    >>> make_theme("bins", ShapeKind.LINE, "垃圾箱").title_en
    'bins'
    >>> make_theme("Idle land", ShapeKind.POLYGON)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.LayerError: layer: A layer name must begin with a letter and contain only a-z, 0-9 and _. ...
    """
    check_theme_name(name)
    if title is not None and (not title.isprintable() or len(title) > MAX_TITLE):
        raise LayerError(f"A title must be one line of at most {MAX_TITLE} characters.", code="title", field="title")
    titles = _known_titles().get(name, (name, name))
    return Theme(name, title or titles[0], titles[1], shape)


def check_theme_name(name: str) -> None:
    """Raise if a name is not valid for a thematic layer.

    Raises
    ------
    LayerError
        If the name does not match `LAYER_NAME` or is one of `Layer`.
    """
    if not re.fullmatch(LAYER_NAME, name) or name in set(Layer):
        raise LayerError(
            "A layer name must begin with a letter and contain only a-z, 0-9 and _.",
            code="layer_name",
            field="layer",
            remedy="Choose a name such as idle_land, other than the standard layers.",
        )


@lru_cache(maxsize=1)
def _known_titles() -> dict[str, tuple[str, str]]:
    content = json.loads(included_path("themes.json").read_text(encoding="utf-8"))
    return {row["name"]: (row["title"], row["title_en"]) for row in content["themes"]}
