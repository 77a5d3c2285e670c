"""Texts of the pages, prints and forms, read from the catalogues ``locales/zh.json`` and ``locales/en.json``.

A catalogue has sections; a section maps keys to texts. Both catalogues have the same keys and placeholders.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar, cast

from geogrid.constants import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

K = TypeVar("K")


@cache
def catalogue(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Return all texts of a language: section, key, text."""
    content = (files("geogrid_maps") / "locales" / f"{language}.json").read_text(encoding="utf-8")
    return cast("Mapping[str, Mapping[str, str]]", json.loads(content))


def read_texts(section: str) -> dict[str, dict[Language, str]]:
    """Return a section in all languages: key, language, text."""
    return {key: {language: catalogue(language)[section][key] for language in Language} for key in _keys(section)}


def read_names(section: str, to_value: Callable[[str], K]) -> dict[K, dict[Language, str]]:
    """Return a section whose keys are values, such as members of an enum.

    Examples
    --------
    >>> from geogrid_maps.map_query import Show
    >>> read_names("show", Show)[Show.DIFFERENCE][Language.EN]
    'difference'
    """
    return {to_value(key): texts for key, texts in read_texts(section).items()}


def _keys(section: str) -> list[str]:
    return list(catalogue(Language.ZH)[section])
