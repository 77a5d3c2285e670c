"""Rules that nothing ever reaches, because the ones before them take all that they match.

Rules tell cases apart by six questions alone. The answers to each that no rule tells apart are one class; the product
of the classes is a table of all cases there are, in which each rule claims what no earlier one has claimed. So a rule
is found that several others hide together, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import FileError
from geogrid.model import IncidentSource

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from geogrid.rules.routing import RoutingCondition, RoutingRules

#: More cases than this are not compared: 50 MB of them.
_MOST_CASES: Final = 50_000_000
#: The questions, each with all of its answers; of categories, layers and streets there is always another one, or none.
_QUESTIONS: Final[Mapping[str, frozenset[Hashable] | None]] = {
    "categories": None,
    "layers": None,
    "streets": None,
    "sources": frozenset(IncidentSource),
    "weekdays": frozenset(range(1, 8)),
    "hours": frozenset(range(24 * 60)),
}


def find_unreachable(rules: RoutingRules) -> list[str]:
    """Return the names of the rules that no case can reach.

    Raises
    ------
    FileError
        If the rules tell too many cases apart to be compared.

    Examples
    --------
    >>> from geogrid.rules.routing import load_routing, parse_routing
    >>> find_unreachable(load_routing())
    []
    >>> weekdays = [{"weekdays": [1, 2, 3]}, {"weekdays": [4, 5, 6, 7]}]
    >>> written = [{"name": f"r{place}", "title": "t", "when": when} for place, when in enumerate([*weekdays, {}])]
    >>> find_unreachable(parse_routing({"scheme": "s", "version": "1", "title": "t", "source": "", "rules": written}))
    ['r2']
    """
    masks = [
        _class_masks([_chosen(rule.when, question) for rule in rules.rules], everything)
        for question, everything in _QUESTIONS.items()
    ]
    shape = tuple(found.shape[1] for found in masks)
    if np.prod(shape, dtype=np.float64) > _MOST_CASES:
        raise FileError("The rules tell too many cases apart to be compared.", code="routing", field="rules")
    free = np.ones(shape, dtype=bool)
    hidden = []
    for place, rule in enumerate(rules.rules):
        matched = np.ix_(*(np.flatnonzero(found[place]) for found in masks))
        if not free[matched].any():
            hidden.append(rule.name)
        free[matched] = False
    return hidden


def _chosen(when: RoutingCondition, question: str) -> Collection[Hashable] | None:
    if question == "hours":
        return when.hours.minutes if when.hours else None
    chosen: Collection[Hashable] | None = getattr(when, question)
    return chosen


def _class_masks(
    chosen: Sequence[Collection[Hashable] | None], everything: frozenset[Hashable] | None
) -> NDArray[np.bool_]:
    """Return which rule matches which class of answers to a question, shape (rules, classes)."""
    named = frozenset(value for some in chosen if some is not None for value in some)
    classes = {tuple(some is None or value in some for some in chosen) for value in named}
    if named != everything:
        classes.add(tuple(some is None for some in chosen))
    return np.array(sorted(classes), dtype=bool).T
