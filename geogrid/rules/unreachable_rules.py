"""Detection of routing rules that never match, because earlier rules match every case that they would match.

Rules test six properties. For each property, values that no rule distinguishes form one class. The product of the
classes is the table of all distinguishable cases. Each rule claims its cells that no earlier rule has claimed; a rule
without such a cell is unreachable, even if only several earlier rules together cover it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from geogrid.category_tree import CategoryTree
    from geogrid.rules.routing import RoutingCondition, RoutingRules

#: Maximum number of cells of the table; one byte each.
_MAX_CASES: Final = 50_000_000
#: The properties with all their values; None if the values are unlimited or can be missing.
_PROPERTIES: Final[dict[str, frozenset[Hashable] | None]] = {
    "categories": None,
    "layers": None,
    "streets": None,
    "weekdays": frozenset(range(1, 8)),
    "hours": frozenset(range(24 * 60)),
}


def find_unreachable(rules: RoutingRules, categories: CategoryTree, sources: Iterable[str]) -> list[str]:
    """Return the names of the rules that decide no case, because earlier rules match all their cases.

    Parameters
    ----------
    rules, categories
        The routing rules, and the categories of the district.
    sources
        Codes of all sources of the profile.

    Raises
    ------
    FileError
        If the conditions of the rules have too many combinations to check.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> from geogrid.rules.routing import load_routing, parse_routing
    >>> find_unreachable(load_routing(), load_categories(), ["patrol", "hotline"])
    []
    >>> weekdays = [{"weekdays": [1, 2, 3]}, {"weekdays": [4, 5, 6, 7]}]
    >>> contents = [{"name": f"r{index}", "title": "t", "when": when} for index, when in enumerate([*weekdays, {}])]
    >>> rules = parse_routing({"scheme": "s", "version": "1", "title": "t", "source": "", "rules": contents})
    >>> find_unreachable(rules, load_categories(), ["patrol"])
    ['r2']
    """
    masks = [
        _class_masks([_condition_values(rule.when, name, categories) for rule in rules.rules], all_values)
        for name, all_values in (_PROPERTIES | {"sources": frozenset(sources)}).items()
    ]
    shape = tuple(mask.shape[1] for mask in masks)
    if np.prod(shape, dtype=np.float64) > _MAX_CASES:
        raise FileError(
            "The conditions of the routing rules have too many combinations to check for unreachable rules.",
            code="routing",
            field="rules",
            remedy="Use fewer different hours, streets, layers and categories in the conditions.",
        )
    free = np.ones(shape, dtype=bool)
    unreachable = []
    for index, rule in enumerate(rules.rules):
        matched = np.ix_(*(np.flatnonzero(mask[index]) for mask in masks))
        if not free[matched].any():
            unreachable.append(rule.name)
        free[matched] = False
    return unreachable


def _condition_values(when: RoutingCondition, name: str, tree: CategoryTree) -> Collection[Hashable] | None:
    if name == "hours":
        return when.hours.minutes if when.hours else None
    if name == "categories":
        return None if when.categories is None else tree.expand(when.categories)
    values: Collection[Hashable] | None = getattr(when, name)
    return values


def _class_masks(
    conditions: Sequence[Collection[Hashable] | None], all_values: frozenset[Hashable] | None
) -> NDArray[np.bool_]:
    """Return which rule matches which class of values of a property, shape (rules, classes)."""
    known_values = frozenset(value for condition in conditions if condition is not None for value in condition)
    classes = {tuple(condition is None or value in condition for condition in conditions) for value in known_values}
    if known_values != all_values:
        classes.add(tuple(condition is None for condition in conditions))
    return np.array(sorted(classes), dtype=bool).T
