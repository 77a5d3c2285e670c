"""Texts of pages and maps in which areas have the names of the district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid.incidents.query import FIELDS
from geogrid.incidents.query_description import field_label
from geogrid.services.figure_tables import TableGrouping
from geogrid.stats.generation_areas import LEVEL_LAYERS, AreaLevel
from geogrid_maps.ui_texts import ROWS, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from geogrid.model import Layer
    from geogrid.rules.district_words import DistrictWords

_ROW_LEVELS: Final = {TableGrouping.STREET: AreaLevel.STREET, TableGrouping.COMMUNITY: AreaLevel.COMMUNITY}


def page_text(words: DistrictWords) -> Callable[[str], str]:
    """Return the function that templates get texts from by their keys; labels of areas are the names of the layers."""

    def find(key: str) -> str:
        field = FIELDS.get(key)
        return field_label(field, words) if field else text(key, words.language)

    return find


def level_names(words: DistrictWords, present: Collection[Layer]) -> dict[AreaLevel, str]:
    """Return the names of the levels of areas with at least one of the layers that are present."""
    names = {
        level: words.name_layers(layer for layer in layers if layer in present)
        for level, layers in LEVEL_LAYERS.items()
    }
    return {level: name for level, name in names.items() if name}


def row_names(words: DistrictWords, present: Collection[Layer]) -> dict[TableGrouping, str]:
    """Return the names of the rows of a table of figures; areas have the names of the layers that are present."""
    names, levels = {by: names[words.language] for by, names in ROWS.items()}, level_names(words, present)
    return names | {by: levels[level] for by, level in _ROW_LEVELS.items() if level in levels}
