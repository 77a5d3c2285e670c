"""References of the rule files to the profile: the levels and sources that they name.

`geogrid.incidents.category_faults` finds the faults of categories and departments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from geogrid.rules.formulas import Formulas, selected_source
from geogrid.rules.incident_workflow import Workflow
from geogrid.rules.profile import Profile
from geogrid.rules.routing import RoutingRules
from geogrid.rules.rule_faults import RuleFault
from geogrid.rules.time_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from geogrid.incidents.category_deadlines import DueTimes
    from geogrid.rules.time_limits import CategoryLimits


class ReferringRules(Protocol):
    """The rules that refer to the profile, such as `geogrid.incidents.rule_set.RuleSet`."""

    @property
    def profile(self) -> Profile: ...  # noqa: D102
    @property
    def workflow(self) -> Workflow: ...  # noqa: D102
    @property
    def due_times(self) -> DueTimes: ...  # noqa: D102
    @property
    def routing(self) -> RoutingRules: ...  # noqa: D102
    @property
    def formulas(self) -> Formulas: ...  # noqa: D102


def find_reference_faults(rules: ReferringRules) -> list[RuleFault]:
    """Return all references of the rule files to levels and sources that the profile does not have.

    Examples
    --------
    >>> from geogrid.incidents.rule_set import load_rules
    >>> find_reference_faults(load_rules())
    []
    """
    return [
        *_check_limits(rules),
        *_check_workflow(rules),
        *_check_routing(rules),
        *_check_figures(rules),
    ]


def _check_limits(rules: ReferringRules) -> Iterator[RuleFault]:
    limits, levels = rules.due_times.limits, rules.profile.levels
    yield from _levels(Limits.file, "escalate_after", limits.escalate_after, rules)
    if (highest := tuple(levels)[-1]) in limits.escalate_after:
        yield RuleFault(Limits.file, None, "escalate_after", f"There is no level above {highest}.")
    for index, limit in enumerate(limits.categories.values()):
        yield from _check_handle_limits(f"categories.{index}", limit, rules)
        for position, one in enumerate(limit.conditions):
            place = f"categories.{index}.conditions.{position}"
            yield from _check_handle_limits(place, one.limits, rules)
            yield from _sources(Limits.file, f"{place}.when.sources", sorted(one.when.sources or ()), rules)


def _check_handle_limits(place: str, limits: CategoryLimits, rules: ReferringRules) -> Iterator[RuleFault]:
    yield from _levels(Limits.file, f"{place}.handle", limits.handle, rules)
    for level in rules.profile.levels:
        if level not in limits.handle:
            yield RuleFault(Limits.file, None, f"{place}.handle", f"The limit of the level {level} is missing.")


def _check_workflow(rules: ReferringRules) -> Iterator[RuleFault]:
    workflow = rules.workflow
    for action, transition in workflow.transitions.items():
        for code, outcome in transition.outcomes.items():
            place = f"transitions.{action}.outcomes.{code}"
            yield from _levels(Workflow.file, f"{place}.raises_to", filter(None, [outcome.raises_to]), rules)
    for kind, users_by_level in workflow.level_users.items():
        yield from _levels(Workflow.file, f"level_users.{kind}", users_by_level, rules)


def _check_routing(rules: ReferringRules) -> Iterator[RuleFault]:
    for index, rule in enumerate(rules.routing.rules):
        place = f"rules.{index}"
        yield from _sources(RoutingRules.file, f"{place}.when.sources", sorted(rule.when.sources or ()), rules)
        yield from _levels(RoutingRules.file, f"{place}.then.level", filter(None, [rule.then.level]), rules)


def _check_figures(rules: ReferringRules) -> Iterator[RuleFault]:
    formulas = rules.formulas
    yield from _sources(Formulas.file, "finder_sources", formulas.finder_sources, rules)
    for code, count in formulas.counts.items():
        sources = filter(None, map(selected_source, count.where))
        yield from _sources(Formulas.file, f"counts.{code}.where", sources, rules)


def _levels(file: str, place: str, codes: Iterable[str], rules: ReferringRules) -> Iterator[RuleFault]:
    return _find_missing(file, place, codes, rules.profile.levels, "level")


def _sources(file: str, place: str, codes: Iterable[str], rules: ReferringRules) -> Iterator[RuleFault]:
    return _find_missing(file, place, codes, rules.profile.sources, "source")


def _find_missing(
    file: str, place: str, names: Iterable[str], known: Collection[str], word: str
) -> Iterator[RuleFault]:
    for name in names:
        if name not in known:
            remedy = f"Add it to {Profile.file}, or use one of these: {', '.join(known)}."
            yield RuleFault(file, None, place, f"The profile has no {word} {name}.", remedy)
