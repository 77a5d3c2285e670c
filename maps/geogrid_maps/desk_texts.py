"""Texts of the dispatch desk by key. Texts that other pages share are in `geogrid_maps.ui_texts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geogrid_maps.text_catalogue import read_texts

if TYPE_CHECKING:
    from geogrid.constants import Language

DESK: Final = read_texts("desk")


def desk_text(key: str, language: Language) -> str:
    """Return a text of the desk.

    Examples
    --------
    >>> from geogrid.constants import Language
    >>> desk_text("desk", Language.EN)
    'Dispatch desk'
    """
    return DESK[key][language]
