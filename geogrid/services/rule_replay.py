"""Replay of past incidents with candidate rules: which of them would go to another department or level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from geogrid.errors import QueryError
from geogrid.local_time import day_span, local_zone
from geogrid.rules.routing import Route, find_matching_rule, route_by_rule
from geogrid.rules.unreachable_rules import find_unreachable
from geogrid.store.routing_cases import iterate_cases

if TYPE_CHECKING:
    from geogrid.incidents.rule_set import RuleSet
    from geogrid.store.database import Store

MAX_EXAMPLES: Final = 100


class _Decision(NamedTuple):
    """The category of an incident, and the positions of its rule in the active and in the candidate rule set."""

    active: int
    candidate: int
    category: str


@dataclass(frozen=True, slots=True)
class Destination:
    """The department and level of a report, and whether it is dispatched at once."""

    department: str | None
    level: str
    dispatch: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """The number of incidents that a candidate would move from one destination to another."""

    before: Destination
    after: Destination
    incidents: int


@dataclass(frozen=True, slots=True)
class ReroutedIncident:
    """An incident that a candidate would route to another destination."""

    id: int
    reported_at: datetime
    category: str
    street: str | None
    before: Route
    after: Route


@dataclass(frozen=True, slots=True)
class RuleReplay:
    """The effect of candidate rules on the incidents of a period.

    Attributes
    ----------
    first, last
        The first and the last day of the period.
    incidents
        The number of incidents.
    elsewhere
        The number of incidents with another destination.
    flows
        The changes of destination, largest first.
    by_rule
        The number of incidents decided by each candidate rule, in rule order.
    hidden
        The unreachable candidate rules.
    examples
        The newest incidents with another destination, at most `MAX_EXAMPLES`.
    """

    first: date
    last: date
    incidents: int
    elsewhere: int
    flows: list[Flow]
    by_rule: dict[str, int]
    hidden: list[str]
    examples: list[ReroutedIncident]


def replay_rules(
    store: Store, rules: RuleSet, candidate: RuleSet, first: date | None = None, last: date | None = None
) -> RuleReplay:
    """Return the effect of candidate rules on the incidents of a period.

    Both rule sets decide on the report alone, not on later steps.

    Parameters
    ----------
    store
        The database.
    rules
        The active rules.
    candidate
        The candidate rules.
    first, last
        The first and the last day of the period, by default last month in local time.

    Raises
    ------
    QueryError
        If the period is not valid.
    """
    first, last = _complete_period(first, last)
    since, until = day_span(first, last)
    assert since is not None  # noqa: S101 - both ends of the period are given
    assert until is not None  # noqa: S101
    counts: Counter[_Decision] = Counter()
    examples: list[ReroutedIncident] = []

    @cache  # at most a few hundred: active rules × candidate rules × categories
    def routes_of(decision: _Decision) -> tuple[Route, Route]:
        old, new = rules.routing.rules[decision.active], candidate.routing.rules[decision.candidate]
        return (
            route_by_rule(old, decision.category, rules.categories, rules.profile.lowest_level),
            route_by_rule(new, decision.category, candidate.categories, candidate.profile.lowest_level),
        )

    with store.read() as connection:
        for incident in iterate_cases(connection, since, until):
            case = incident.case
            decision = _Decision(
                find_matching_rule(rules.routing, case, rules.categories),
                find_matching_rule(candidate.routing, case, candidate.categories),
                case.category,
            )
            counts[decision] += 1
            if len(examples) < MAX_EXAMPLES and _differ(*routes_of(decision)):
                moment, routes = incident.reported_at.astimezone(local_zone()), routes_of(decision)
                examples.append(ReroutedIncident(incident.id, moment, case.category, case.street, *routes))
    flows: Counter[tuple[Destination, Destination]] = Counter()
    by_rule = dict.fromkeys((rule.name for rule in candidate.routing.rules), 0)
    for decision, count in counts.items():
        before, after = routes_of(decision)
        by_rule[after.rule] += count
        if _differ(before, after):
            flows[_destination(before), _destination(after)] += count
    moved = [Flow(*destinations, count) for destinations, count in flows.most_common()]
    hidden = find_unreachable(candidate.routing, candidate.categories, candidate.profile.sources)
    return RuleReplay(first, last, counts.total(), flows.total(), moved, by_rule, hidden, examples)


def _destination(route: Route) -> Destination:
    return Destination(route.department, route.level, route.dispatch)


def _differ(before: Route, after: Route) -> bool:
    return _destination(before) != _destination(after)


def _complete_period(first: date | None, last: date | None) -> tuple[date, date]:
    if first and last:
        return first, last
    if first or last:
        raise QueryError("The period needs a first and a last day.", code="period", field="from" if last else "to")
    end = datetime.now(local_zone()).date().replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end
