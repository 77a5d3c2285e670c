"""Thematic layers: the polygons and lines that a planner keeps beside the grids.

The rule
    Thematic features may overlap. Every feature that holds a point answers for it: a road and the ward around it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from geogrid.errors import LayerError
from geogrid.model import Layer, ShapeKind, Theme
from geogrid.resources import data_path

if TYPE_CHECKING:
    import geopandas as gpd

#: What a code of a thematic feature may have at most; those of grids follow `geogrid.layers.codes`.
MAX_CODE: Final = 40
#: What a title may have at most.
MAX_TITLE: Final = 100
#: What the name of a layer looks like.
LAYER_NAME: Final = "[a-z][a-z0-9_]{0,39}"


@dataclass(frozen=True, slots=True)
class ThematicLayer:
    """A thematic layer and its features.

    Attributes
    ----------
    theme
        What it is.
    frame
        Columns code, name, parent (None), kind, synthetic, attributes (a dict a feature) and geometry (EPSG:4326).
    """

    theme: Theme
    frame: gpd.GeoDataFrame


def make_theme(name: str, shape: ShapeKind, title: str | None = None) -> Theme:
    """Return the thematic layer of a name; without a title it has the usual one, or else its name.

    Raises
    ------
    LayerError
        If the name is none, or that of a layer of its own, or if the title is too long or not to be printed.

    Examples
    --------
    >>> make_theme("idle_land", ShapeKind.POLYGON)
    Theme(name='idle_land', title='消极空间', title_en='Idle land', shape=<ShapeKind.POLYGON: 'Polygon'>)
    >>> make_theme("bins", ShapeKind.LINE, "垃圾箱").title_en
    'bins'
    >>> make_theme("Idle land", ShapeKind.POLYGON)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geogrid.errors.LayerError: layer: The name of a layer has lower-case letters, digits and _, from a letter on. ...
    """
    check_theme_name(name)
    if title is not None and (not title.isprintable() or len(title) > MAX_TITLE):
        raise LayerError(f"A title has at most {MAX_TITLE} characters, on one line.", code="title", field="title")
    usual = _known_titles().get(name, (name, name))
    return Theme(name, title or usual[0], usual[1], shape)


def check_theme_name(name: str) -> None:
    """Raise unless a thematic layer can have the name.

    Raises
    ------
    LayerError
        If it is none, or that of a layer of its own.
    """
    if not re.fullmatch(LAYER_NAME, name) or name in set(Layer):
        raise LayerError(
            "The name of a layer has lower-case letters, digits and _, from a letter on.",
            code="layer_name",
            field="layer",
            remedy="For instance idle_land.",
        )


@lru_cache(maxsize=1)
def _known_titles() -> dict[str, tuple[str, str]]:
    content = json.loads(data_path("reference", "themes.json").read_text(encoding="utf-8"))
    return {row["name"]: (row["title"], row["title_en"]) for row in content["themes"]}
