"""References of the rule files to the profile: the levels, sources and departments that they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from geogrid.errors import FileError
from geogrid.rules.formulas import Formulas, selected_source
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingRules
from geogrid.rules.time_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from geogrid.incidents.category_deadlines import DueTimes
    from geogrid.model import Category

_CATEGORY_FILE: Final = "categories.json"


class ReferringRules(Protocol):
    """The rules that refer to the profile, such as `geogrid.incidents.rule_set.RuleSet`."""

    @property
    def profile(self) -> Profile: ...  # noqa: D102
    @property
    def categories(self) -> Mapping[str, Category]: ...  # noqa: D102
    @property
    def workflow(self) -> Workflow: ...  # noqa: D102
    @property
    def due_times(self) -> DueTimes: ...  # noqa: D102
    @property
    def routing(self) -> RoutingRules: ...  # noqa: D102
    @property
    def formulas(self) -> Formulas: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ReferenceFault:
    """A reference to something that the rules do not define.

    Attributes
    ----------
    file, place
        The rule file, and the place in it, such as ``categories.Z06.handle``.
    message
        What is missing.
    """

    file: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.message}"


def find_reference_faults(rules: ReferringRules) -> list[ReferenceFault]:
    """Return all references of the rule files to levels, sources and departments that the profile does not have.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> find_reference_faults(load_rules())
    []
    """
    return [
        *_check_categories(rules),
        *_check_limits(rules),
        *_check_workflow(rules),
        *_check_routing(rules),
        *_check_figures(rules),
    ]


def check_references(rules: ReferringRules) -> None:
    """Raise if the rule files refer to something that the profile does not have.

    Raises
    ------
    FileError
        With the first fault, and the number of all; see `find_reference_faults`.
    """
    faults = find_reference_faults(rules)
    if faults:
        first, count = faults[0], len(faults)
        raise FileError(
            f"{first.file}: {first.message}." + (f" This is the first of {count} faults." if count > 1 else ""),
            code="rules_reference",
            field=first.place,
            remedy=f"Add it to {Profile.file}, or change {first.file}.",
        )


def _check_categories(rules: ReferringRules) -> Iterator[ReferenceFault]:
    for code, category in rules.categories.items():
        yield from _departments(_CATEGORY_FILE, f"categories.{code}.department", [category.department], rules)


def _check_limits(rules: ReferringRules) -> Iterator[ReferenceFault]:
    limits, levels = rules.due_times.limits, rules.profile.levels
    yield from _levels(Limits.file, "escalate_after", limits.escalate_after, rules)
    yield from _departments(Limits.file, "report_in_by_department", limits.report_in_by_department, rules)
    if (highest := tuple(levels)[-1]) in limits.escalate_after:
        yield ReferenceFault(Limits.file, "escalate_after", f"there is no level above {highest}")
    for code, limit in limits.categories.items():
        place = f"categories.{code}.handle"
        yield from _levels(Limits.file, place, limit.handle, rules)
        for level in levels:
            if level not in limit.handle:
                yield ReferenceFault(Limits.file, place, f"the limit of the level {level} is missing")


def _check_workflow(rules: ReferringRules) -> Iterator[ReferenceFault]:
    workflow = rules.workflow
    for action, transition in workflow.transitions.items():
        for code, outcome in transition.outcomes.items():
            place = f"transitions.{action}.outcomes.{code}"
            yield from _levels(Workflow.file, f"{place}.raises_to", filter(None, [outcome.raises_to]), rules)
            yield from _departments(Workflow.file, f"{place}.calls", filter(None, [outcome.calls]), rules)
    for kind, users_by_level in workflow.level_users.items():
        yield from _levels(Workflow.file, f"level_users.{kind}", users_by_level, rules)
        for level, users in users_by_level.items():
            place = f"level_users.{kind}.{level}.departments"
            yield from _departments(Workflow.file, place, sorted(users.departments), rules)


def _check_routing(rules: ReferringRules) -> Iterator[ReferenceFault]:
    for index, rule in enumerate(rules.routing.rules):
        place = f"rules.{index}"
        yield from _sources(RoutingRules.file, f"{place}.when.sources", sorted(rule.when.sources or ()), rules)
        yield from _levels(RoutingRules.file, f"{place}.then.level", filter(None, [rule.then.level]), rules)
        departments = filter(None, [rule.then.department])
        yield from _departments(RoutingRules.file, f"{place}.then.department", departments, rules)


def _check_figures(rules: ReferringRules) -> Iterator[ReferenceFault]:
    formulas = rules.formulas
    yield from _sources(Formulas.file, "finder_sources", formulas.finder_sources, rules)
    for code, count in formulas.counts.items():
        sources = filter(None, map(selected_source, count.where))
        yield from _sources(Formulas.file, f"counts.{code}.where", sources, rules)


def _levels(file: str, place: str, codes: Iterable[str], rules: ReferringRules) -> Iterator[ReferenceFault]:
    return _find_missing(file, place, codes, rules.profile.levels, "level")


def _sources(file: str, place: str, codes: Iterable[str], rules: ReferringRules) -> Iterator[ReferenceFault]:
    return _find_missing(file, place, codes, rules.profile.sources, "source")


def _departments(file: str, place: str, names: Iterable[str], rules: ReferringRules) -> Iterator[ReferenceFault]:
    return _find_missing(file, place, names, rules.profile.departments, "department")


def _find_missing(
    file: str, place: str, names: Iterable[str], known: Container[str], word: str
) -> Iterator[ReferenceFault]:
    for name in names:
        if name not in known:
            yield ReferenceFault(file, place, f"the profile has no {word} {name}")
