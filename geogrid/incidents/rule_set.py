"""Loading of every configurable rule set of the district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from geogrid.incidents.category_deadlines import DueTimes
from geogrid.incidents.duplicates import DuplicateRules, load_duplicate_rules
from geogrid.incidents.location_assessment import TriageRules, load_triage
from geogrid.rules.card_rules import CardRules, load_cards
from geogrid.rules.categories import load_categories
from geogrid.rules.incident_workflow import Workflow, load_workflow
from geogrid.rules.routing import RoutingRules, check_routing, load_routing
from geogrid.rules.time_limits import load_limits
from geogrid.rules.working_calendar import load_calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model import Category


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of the district.

    Attributes
    ----------
    categories
        Categories by code.
    due_times
        Time limits and working calendar.
    cards
        Texts of prompt and supervision cards.
    triage
        Parameters of the location assessment.
    """

    categories: Mapping[str, Category]
    workflow: Workflow
    due_times: DueTimes
    cards: CardRules
    duplicates: DuplicateRules
    routing: RoutingRules
    triage: TriageRules

    @property
    def departments(self) -> frozenset[str]:
        """Names of the departments of all categories."""
        return frozenset(category.department for category in self.categories.values())


@lru_cache(maxsize=1)
def load_rules() -> RuleSet:
    """Load the rules included in geogrid.

    Raises
    ------
    FileError
        If a file breaks its schema, or if a category has no limits.

    Examples
    --------
    >>> len(load_rules().categories)
    11
    """
    categories, limits = load_categories(), load_limits()
    limits.check(categories)
    routing = load_routing()
    check_routing(routing, categories)
    due_times = DueTimes(limits, load_calendar())
    return RuleSet(categories, load_workflow(), due_times, load_cards(), load_duplicate_rules(), routing, load_triage())
