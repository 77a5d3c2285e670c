"""Loading of every configurable rule set of the district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from geogrid.incidents.category_deadlines import DueTimes
from geogrid.incidents.duplicates import DuplicateRules
from geogrid.incidents.location_assessment import TriageRules
from geogrid.incidents.rule_references import check_references
from geogrid.permissions import RoleFile
from geogrid.reference_files import RuleFile
from geogrid.rules.card_rules import CardRules
from geogrid.rules.categories import CategoryFile
from geogrid.rules.formulas import Formulas
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.ledger import LedgerRules
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingRules, check_routing, route
from geogrid.rules.rule_texts import read_included
from geogrid.rules.time_limits import Limits
from geogrid.rules.working_calendar import WorkingCalendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model import Category, Role
    from geogrid.permissions import RoleRule
    from geogrid.rules.routing import Route, RoutingCase
    from geogrid.rules.rule_texts import RuleTexts

R = TypeVar("R", bound=RuleFile)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of all rules of the district.

    Attributes
    ----------
    profile
        Names, time zone, layers, sources, levels, duties and departments.
    categories
        Categories by code.
    due_times
        Time limits and working calendar.
    cards
        Texts of prompt and supervision cards.
    triage
        Parameters of the location assessment.
    formulas
        Formulas of the figures.
    roles
        Permissions by role.
    """

    profile: Profile
    categories: Mapping[str, Category]
    workflow: Workflow
    due_times: DueTimes
    cards: CardRules
    duplicates: DuplicateRules
    routing: RoutingRules
    triage: TriageRules
    ledger: LedgerRules
    formulas: Formulas
    roles: Mapping[Role, RoleRule]

    @property
    def departments(self) -> frozenset[str]:
        """Names of the departments of the profile."""
        return frozenset(self.profile.departments)

    def route(self, case: RoutingCase) -> Route:
        """Return the route of a case by the first matching routing rule."""
        return route(self.routing, case, self.categories, self.profile.lowest_level)


def parse_rules(texts: RuleTexts) -> RuleSet:
    """Return the rules in the texts of all rule files.

    Raises
    ------
    FileError
        If a file breaks its schema, or if files contradict each other.
    """
    rules = build_rules(texts)
    check_routing(rules.routing, rules.categories)
    check_references(rules)
    return rules


def build_rules(texts: RuleTexts) -> RuleSet:
    """Return the rules in the texts of all rule files, without the check of their references to the profile.

    `geogrid.incidents.rule_references.find_reference_faults` lists the faults of the references.

    Raises
    ------
    FileError
        If a file breaks its schema, or if a category has no limits.
    """
    categories = _parse(CategoryFile, texts).by_code()
    limits = _parse(Limits, texts)
    limits.check(categories)
    return RuleSet(
        profile=Profile.parse(texts[Profile.file]),
        categories=categories,
        workflow=_parse(Workflow, texts),
        due_times=DueTimes(limits, _parse(WorkingCalendar, texts)),
        cards=_parse(CardRules, texts),
        duplicates=_parse(DuplicateRules, texts),
        routing=_parse(RoutingRules, texts),
        triage=_parse(TriageRules, texts),
        ledger=_parse(LedgerRules, texts),
        formulas=_parse(Formulas, texts),
        roles=_parse(RoleFile, texts).roles,
    )


@lru_cache(maxsize=1)
def load_rules() -> RuleSet:
    """Return the rules of the demo, which are included in geogrid.

    Raises
    ------
    FileError
        If a file breaks its schema, or if a category has no limits.

    Examples
    --------
    >>> rules = load_rules()
    >>> rules.profile.district.name, len(rules.categories)
    ('大同市平城区', 11)
    """
    return parse_rules(read_included())


def _parse(schema: type[R], texts: RuleTexts) -> R:
    return schema.parse_text(texts[schema.file], name=schema.file)
