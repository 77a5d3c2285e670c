"""Check of all rule files at once: each against its schema, then all references between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geogrid.errors import FileError
from geogrid.incidents.category_faults import find_category_faults
from geogrid.incidents.duplicates import DuplicateRules
from geogrid.incidents.location_assessment import TriageRules
from geogrid.incidents.rule_file_parsing import find_place_line, parse_rule_file
from geogrid.incidents.rule_references import find_reference_faults
from geogrid.incidents.rule_set import build_rules
from geogrid.rules.card_rules import CardRules
from geogrid.rules.categories import CategoryFile
from geogrid.rules.formulas import Formulas
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.ledger import LedgerRules
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingRules, check_routing
from geogrid.rules.rule_faults import RuleFault
from geogrid.rules.rule_texts import RULE_FILES
from geogrid.rules.time_limits import Limits
from geogrid.rules.unreachable_rules import find_unreachable
from geogrid.rules.working_calendar import WorkingCalendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.reference_files import RuleFile
    from geogrid.rules.rule_texts import RuleTexts

_SCHEMAS: Final[Mapping[str, type[RuleFile | Profile]]] = {
    schema.file: schema
    for schema in (
        Profile,
        CategoryFile,
        Workflow,
        Limits,
        WorkingCalendar,
        RoutingRules,
        TriageRules,
        DuplicateRules,
        CardRules,
        LedgerRules,
        Formulas,
    )
}


def find_rule_faults(texts: RuleTexts) -> list[RuleFault]:
    """Return the faults in the texts of all rule files: those of schemas or, if there are none, those of references.

    Examples
    --------
    >>> from geogrid.rules.rule_texts import read_included
    >>> find_rule_faults(read_included())
    []
    >>> texts = read_included()
    >>> texts["limits.json"] = texts["limits.json"].replace('"code": "Z06"', '"code": "Z66"')
    >>> print(*find_rule_faults(texts), sep=chr(10))  # doctest: +ELLIPSIS
    limits.json:...: categories.5.code: There is no category Z66. ...
    """
    faults = [fault for file in RULE_FILES for fault in _find_file_faults(file, texts[file])]
    return faults or _find_reference_faults(texts)


def _find_file_faults(file: str, text: str) -> list[RuleFault]:
    rules, faults = parse_rule_file(_SCHEMAS[file], text)
    if rules is not None and (fault := rules.find_fault()):
        place, message = fault
        return [RuleFault(file, None, place, f"{message}.")]
    return faults


def _find_reference_faults(texts: RuleTexts) -> list[RuleFault]:
    faults = find_category_faults(texts)
    try:
        rules = build_rules(texts)
        faults += find_reference_faults(rules)
        if not faults:
            check_routing(rules.routing, rules.categories, rules.departments)
            faults += _find_unreachable_rules(rules)
    except FileError as error:
        faults.append(RuleFault(RoutingRules.file, None, error.field or "", error.message, error.remedy or ""))
    return [_add_line(fault, texts) for fault in faults]


def _add_line(fault: RuleFault, texts: RuleTexts) -> RuleFault:
    path = tuple(int(step) if step.isdigit() else step for step in fault.place.split("."))
    return replace(fault, line=find_place_line(fault.file, texts[fault.file], path))


def _find_unreachable_rules(rules: RuleSet) -> Iterable[RuleFault]:
    for name in find_unreachable(rules.routing, rules.categories, rules.profile.sources):
        yield RuleFault(
            RoutingRules.file,
            None,
            name,
            "This rule is unreachable: earlier rules match all of its reports.",
            "Move it up, or remove it.",
        )
