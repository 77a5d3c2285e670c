"""Categories to choose from, in groups by their 大类, for the select fields of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geogrid_maps.formatting import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.category_tree import CategoryTree
    from geogrid.constants import Language


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Values of a field under a common label, with their names; an empty label stands for no group."""

    label: str
    values: dict[str, str] = field(default_factory=dict)


def group_categories(values: Mapping[str, str], tree: CategoryTree, language: Language) -> list[ChoiceGroup]:
    """Return values of a field, some of which are categories, in groups by their 大类.

    Examples
    --------
    >>> from geogrid.constants import Language
    >>> from geogrid.rules.categories import load_categories
    >>> tree = load_categories(scheme="national")
    >>> names = {"SJ0201": "非法小广告", "SJ0301": "施工扰民", "SJ0302": "工地扬尘"}
    >>> [(group.label, list(group.values)) for group in group_categories(names, tree, Language.ZH)]
    [('宣传广告', ['SJ0201']), ('施工管理', ['SJ0301', 'SJ0302'])]
    """
    groups: dict[str, ChoiceGroup] = {}
    for code, name in values.items():
        root = tree.root(code)
        grouped = root in tree.nodes and root not in tree
        key = root if grouped else ""
        label = name_of(tree.nodes[root], language) if grouped else ""
        groups.setdefault(key, ChoiceGroup(label)).values[code] = name
    return list(groups.values())


def name_with_path(tree: CategoryTree, code: str, language: Language) -> str:
    """Return the name of a category after the names of those above it; empty for an unknown code.

    Examples
    --------
    >>> from geogrid.constants import Language
    >>> from geogrid.rules.categories import load_categories
    >>> name_with_path(load_categories(scheme="national"), "SJ0302", Language.ZH)
    '施工管理 / 工地扬尘'
    """
    nodes = (tree.nodes[one] for one in reversed(tree.path(code)) if one in tree.nodes)
    return " / ".join(name_of(node, language) for node in nodes)
