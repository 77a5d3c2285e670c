"""Loading of every configurable rule set of the district."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from geogrid.errors import FileError
from geogrid.incidents.category_deadlines import DueTimes
from geogrid.incidents.category_faults import find_category_faults
from geogrid.incidents.duplicates import DuplicateRules
from geogrid.incidents.location_assessment import TriageRules
from geogrid.incidents.rule_references import find_reference_faults
from geogrid.reference_files import RuleFile
from geogrid.rules.card_rules import CardRules
from geogrid.rules.categories import CategoryFile
from geogrid.rules.formulas import Formulas
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.ledger import LedgerRules
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingCase, RoutingRules, check_routing, route
from geogrid.rules.rule_texts import read_included
from geogrid.rules.time_limits import Limits
from geogrid.rules.working_calendar import WorkingCalendar

if TYPE_CHECKING:
    from geogrid.category_tree import CategoryTree
    from geogrid.model import Placement, Report
    from geogrid.rules.routing import Route
    from geogrid.rules.rule_faults import RuleFault
    from geogrid.rules.rule_texts import RuleTexts
    from geogrid.rules.time_limits import CategoryLimits

R = TypeVar("R", bound=RuleFile)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of all rules of the district.

    Attributes
    ----------
    profile
        Names, time zone, layers, sources, levels, duties and departments.
    categories
        The tree of categories; as a mapping its leaves by code.
    due_times
        Time limits and working calendar.
    cards
        Texts of prompt and supervision cards.
    triage
        Parameters of the location assessment.
    formulas
        Formulas of the figures.
    """

    profile: Profile
    categories: CategoryTree
    workflow: Workflow
    due_times: DueTimes
    cards: CardRules
    duplicates: DuplicateRules
    routing: RoutingRules
    triage: TriageRules
    ledger: LedgerRules
    formulas: Formulas

    @property
    def departments(self) -> frozenset[str]:
        """Names of the departments of the district."""
        return frozenset(self.profile.departments)

    def route(self, case: RoutingCase) -> Route:
        """Return the route of a case by the first matching routing rule."""
        return route(self.routing, case, self.categories, self.profile.lowest_level)

    def choose_limits(self, report: Report, placement: Placement) -> CategoryLimits:
        """Return the time limits of a report: by its category and the first condition that it meets."""
        return self.due_times.limits.choose(RoutingCase.of(report, placement), self.categories)


def parse_rules(texts: RuleTexts) -> RuleSet:
    """Return the rules in the texts of all rule files.

    Raises
    ------
    FileError
        If a file breaks its schema, or if files contradict each other.
    """
    if faults := find_category_faults(texts):
        raise _first_fault(faults)
    rules = build_rules(texts)
    check_routing(rules.routing, rules.categories, rules.departments)
    if faults := find_reference_faults(rules):
        raise _first_fault(faults)
    return rules


def build_rules(texts: RuleTexts) -> RuleSet:
    """Return the rules in the texts of all rule files, without the check of their references to each other.

    Raises
    ------
    FileError
        If a file breaks its schema.
    """
    profile, categories = Profile.parse(texts[Profile.file]), _parse(CategoryFile, texts).tree()
    limits = _parse(Limits, texts)
    return RuleSet(
        profile=profile,
        categories=categories,
        workflow=_parse(Workflow, texts),
        due_times=DueTimes(limits, _parse(WorkingCalendar, texts)),
        cards=_parse(CardRules, texts),
        duplicates=_parse(DuplicateRules, texts),
        routing=_parse(RoutingRules, texts),
        triage=_parse(TriageRules, texts),
        ledger=_parse(LedgerRules, texts),
        formulas=_parse(Formulas, texts),
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


def _first_fault(faults: list[RuleFault]) -> FileError:
    first = faults[0]
    return FileError(f"{first.file}: {first.message}", code="rules", field=first.place, remedy=first.remedy)


def _parse(schema: type[R], texts: RuleTexts) -> R:
    return schema.parse_text(texts[schema.file], name=schema.file)
