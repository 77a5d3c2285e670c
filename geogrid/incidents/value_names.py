"""The codes of categories and sources in an incident file, by code or by name in either language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.incidents.query_value_types import SOURCE_NAMES
from geogrid.tabular.code_names import CodeNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model import Category


@dataclass(frozen=True, slots=True)
class IncidentNames:
    """The codes that rows of an incident file may use, with their names."""

    categories: CodeNames
    sources: CodeNames


def incident_names(categories: Mapping[str, Category]) -> IncidentNames:
    """Return the names of the categories of a rule set, and of the sources.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> names = incident_names(load_categories())
    >>> names.categories.find("共享单车停放"), names.sources.find("热线")
    ('Z06', 'hotline')
    """
    by_code = {code: (category.name, category.name_en) for code, category in categories.items()}
    return IncidentNames(CodeNames(by_code, "category", "category"), CodeNames(source_names(), "source", "source"))


def source_names() -> dict[str, tuple[str, ...]]:
    """Return the names of each source by its code."""
    return {source.value: tuple(names.values()) for source, names in SOURCE_NAMES.items()}
