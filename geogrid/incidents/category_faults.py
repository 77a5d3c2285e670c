"""All faults of the categories and of the rules that name them, found at once, with file and place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.errors import FileError
from geogrid.incidents.duplicates import DuplicateRules
from geogrid.incidents.rule_file_parsing import parse_rule_file
from geogrid.model import CategoryKind
from geogrid.rules.categories import CategoryFile
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.ledger import LedgerRules
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingCondition, RoutingRules
from geogrid.rules.rule_faults import RuleFault
from geogrid.rules.time_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from geogrid.category_tree import CategoryTree
    from geogrid.reference_files import RuleFile
    from geogrid.rules.rule_texts import RuleTexts


#: A code or name in a rule file, and its place there.
_Place = tuple[str, str]


def find_category_faults(texts: RuleTexts) -> list[RuleFault]:
    """Return all faults of the categories and limits, and of the references of other rules to categories.

    Rules: `categories.json` is a tree, each of its leaves has a department of the profile and time limits, and limits,
    routing, duplicates, ledger terms and the workflow name existing categories and departments. A file that breaks its
    schema has only the faults of the schema.

    Parameters
    ----------
    texts
        Texts of all rule files by name.

    Examples
    --------
    >>> from geogrid.rules.rule_texts import read_included
    >>> texts = read_included()
    >>> find_category_faults(texts)
    []
    >>> texts["duplicates.json"] = texts["duplicates.json"].replace('"Z04"', '"Z99"')
    >>> [(fault.file, fault.place, fault.message) for fault in find_category_faults(texts)]
    [('duplicates.json', 'categories.Z99', 'There is no category Z99.')]
    """
    faults: list[RuleFault] = []
    files: dict[type[RuleFile], RuleFile] = {}
    for schema in (CategoryFile, Limits, RoutingRules, DuplicateRules, LedgerRules, Workflow):
        rules, broken = parse_rule_file(schema, texts[schema.file])
        faults += broken
        if rules is not None:
            files[schema] = rules
    found = files.get(CategoryFile)
    if not isinstance(found, CategoryFile):
        return faults
    unsound = [
        RuleFault(found.file, None, field, f"{message[:1].upper()}{message[1:]}.")
        for field, message in found.find_faults()
    ]
    # Nothing can be said about references to a tree that is none.
    return faults + (unsound or list(_find_references(found, files, texts)))


def _find_references(
    categories: CategoryFile, files: dict[type[RuleFile], RuleFile], texts: RuleTexts
) -> Iterator[RuleFault]:
    """Yield the references to categories and departments that do not exist, and the leaves without limits."""
    tree = categories.tree()
    for rules in files.values():
        known: Collection[str] = tree.nodes
        if isinstance(rules, Workflow):
            known = {*tree.nodes, *CategoryKind}
        for code, field in _named_categories(rules):
            if code not in known:
                yield RuleFault(
                    rules.file,
                    None,
                    field,
                    f"There is no category {code}.",
                    "Use a code of categories.json, or add it there.",
                )
    limits = files.get(Limits)
    if isinstance(limits, Limits):
        yield from _find_limit_faults(limits, tree)
    try:
        departments = Profile.parse(texts[Profile.file]).departments
    except FileError:
        # `Profile.parse` names its faults.
        return
    remedy = f"Add it to [[departments]] of profile.toml, or use one of these: {', '.join(departments)}."
    for rules in files.values():
        for name, field in _named_departments(rules):
            if name not in departments:
                yield RuleFault(rules.file, None, field, f"The profile has no department {name}.", remedy)


def _named_categories(rules: RuleFile) -> Iterator[_Place]:
    match rules:
        case Limits():
            yield from ((code, f"categories.{number}.code") for number, code in enumerate(rules.categories))
            for field, when in _conditions(rules):
                yield from ((code, f"{field}.when.categories") for code in sorted(when.categories or ()))
        case RoutingRules():
            for number, rule in enumerate(rules.rules):
                yield from ((code, f"rules.{number}.when.categories") for code in sorted(rule.when.categories or ()))
        case DuplicateRules():
            yield from ((code, f"categories.{code}") for code in rules.categories)
        case LedgerRules():
            yield from ((code, f"terms.{code}") for code in rules.terms)
        case Workflow():
            yield from ((code, f"level_users.{code}") for code in rules.level_users)
            listed = rules.on_spot.categories if rules.on_spot else None
            yield from ((code, "on_spot.categories") for code in sorted(listed or ()))


def _conditions(limits: Limits) -> Iterator[tuple[str, RoutingCondition]]:
    for number, row in enumerate(limits.categories.values()):
        for position, one in enumerate(row.conditions):
            yield f"categories.{number}.conditions.{position}", one.when


def _find_limit_faults(limits: Limits, tree: CategoryTree) -> Iterator[RuleFault]:
    for field, when in _conditions(limits):
        if when == RoutingCondition():
            message = "This condition matches every case, so it hides those after it."
            yield RuleFault(limits.file, None, field, message, "Write its limits in the row of the category itself.")
    remedy = "Add limits for it or for a category above it, or remove it from categories.json."
    for code in tree:
        if tree.find_nearest(limits.categories, code) is None:
            yield RuleFault(limits.file, None, "categories", f"The category {code} has no time limits.", remedy)


def _named_departments(rules: RuleFile) -> Iterator[_Place]:
    match rules:
        case CategoryFile():
            for number, row in enumerate(rules.categories.values()):
                if row.department:
                    yield row.department, f"categories.{number}.department"
        case Limits():
            yield from ((name, f"report_in_by_department.{name}") for name in rules.report_in_by_department)
        case RoutingRules():
            for number, rule in enumerate(rules.rules):
                if rule.then.department:
                    yield rule.then.department, f"rules.{number}.then.department"
        case Workflow():
            yield from _workflow_departments(rules)


def _workflow_departments(workflow: Workflow) -> Iterator[_Place]:
    for code, by_level in workflow.level_users.items():
        for level, users in by_level.items():
            for name in sorted(users.departments):
                yield name, f"level_users.{code}.{level}.departments"
    for action, transition in workflow.transitions.items():
        for code, outcome in transition.outcomes.items():
            if outcome.calls:
                yield outcome.calls, f"transitions.{action}.outcomes.{code}.calls"
