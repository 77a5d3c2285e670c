"""Use cases around the routing rules: which are in force, what others would change, and putting these in force."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from geogrid.errors import InputError, NotFoundError, QueryError
from geogrid.local_time import LOCAL_ZONE, day_span
from geogrid.model import Layer, Level, Permission
from geogrid.permissions import check_permission
from geogrid.rules.routing import Route, check_routing, find_matching_rule, parse_routing, route_by_rule
from geogrid.rules.unreachable_rules import find_unreachable
from geogrid.store import routing_rules as table
from geogrid.store.generations import generation_at
from geogrid.store.layers import area_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geogrid.incidents.rule_set import RuleSet
    from geogrid.model import Actor
    from geogrid.rules.routing import RoutingRules
    from geogrid.store.database import Store
    from geogrid.store.routing_rules import RoutingVersion

MAX_EXAMPLES: Final = 100
#: The places of the rules in force and of the other rules that decide a report, and its category.
_Decided = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a report goes, whichever rule says so."""

    department: str | None
    level: Level
    dispatch: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """How many incidents would go from one destination to another."""

    before: Destination
    after: Destination
    incidents: int


@dataclass(frozen=True, slots=True)
class Rerouted:
    """An incident that would go elsewhere."""

    id: int
    reported_at: datetime
    category: str
    street: str | None
    before: Route
    after: Route


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a period's incidents under other rules.

    Attributes
    ----------
    first, last
        The days of the period.
    incidents
        How many were reported in it.
    elsewhere
        How many of them would go to another department or level, or be dispatched at once where they were not.
    flows
        From where to where, the largest first; those that stay are left out.
    by_rule
        How many each of the other rules would decide, in their order.
    hidden
        The rules that no case can reach.
    examples
        The newest of those that would go elsewhere, `MAX_EXAMPLES` at most.
    """

    first: date
    last: date
    incidents: int
    elsewhere: int
    flows: list[Flow]
    by_rule: dict[str, int]
    hidden: list[str]
    examples: list[Rerouted]


def number_in_force(store: Store, moment: datetime | None = None) -> int | None:
    """Return the number of the decision in force, or None while the rules hold that geogrid ships."""
    with store.read() as connection:
        return table.number_at(connection, table.ROUTING, moment or datetime.now(UTC))


def rules_in_force(store: Store, rules: RuleSet, number: int | None = None) -> RuleSet:
    """Return the rules with the routing that is in force.

    Parameters
    ----------
    store
        Where the decisions are.
    rules
        Those that geogrid ships.
    number
        Of the decision; by default that in force now.
    """
    with store.read() as connection:
        number = number or table.number_at(connection, table.ROUTING, datetime.now(UTC))
        if number is None:
            return rules
        decided = table.get_rule_set(connection, number)
    return replace(rules, routing=parse_routing(json.loads(decided.content)))


def list_decisions(store: Store) -> list[RoutingVersion]:
    """Return all decisions about routing rules, in the order in which they were taken."""
    with store.read() as connection:
        return table.list_rule_sets(connection, table.ROUTING)


def check_candidate(store: Store, rules: RuleSet, candidate: RoutingRules) -> list[str]:
    """Return which rules no case can reach, once it is clear that the others can be used here.

    Raises
    ------
    FileError
        If they do not fit the categories.
    InputError
        If a street is not in the layers in force.
    """
    check_routing(candidate, rules.categories)
    with store.read() as connection:
        _check_streets(connection, candidate)
    return find_unreachable(candidate)


def activate(
    store: Store, rules: RuleSet, actor: Actor, candidate: RoutingRules, active_from: datetime | None = None
) -> RoutingVersion:
    """Put routing rules in force, from a moment on; by default from now.

    Raises
    ------
    ForbiddenError
        If that is not for the actor.
    FileError, InputError
        As `check_candidate`; and if a rule can never be reached.
    QueryError
        If the moment has passed: what was in force is never changed afterwards.
    """
    check_permission(actor, Permission.RULES_WRITE)
    hidden = check_candidate(store, rules, candidate)
    if hidden:
        raise InputError(
            f"No report can reach the rule {hidden[0]}: earlier ones take all that it matches.",
            code="rule_hidden",
            field="rules",
            remedy="Move it up, or take it out.",
        )
    with store.write() as connection:
        # Not before: another writer may have had the database until now, and reports were routed meanwhile.
        now = datetime.now(UTC)
        if active_from and active_from < now:
            raise QueryError(
                "The moment has passed, and what was in force then stays as it is.",
                code="activation_in_past",
                field="from",
                remedy="Give a moment to come, or none for now.",
            )
        decided = table.RoutingVersion(
            kind=table.ROUTING,
            version=candidate.version,
            content=candidate.text,
            sha256=candidate.sha256,
            active_from=active_from or now,
            decided_at=now,
            actor_id=actor.id,
            actor=actor.name,
        )
        table.add_rule_set(connection, decided)
    return decided


def replay(
    store: Store, rules: RuleSet, candidate: RoutingRules, first: date | None = None, last: date | None = None
) -> Replay:
    """Tell what would have become of a period's incidents under other rules than those in force.

    Both are asked about what was reported, where and when, not what people did with it afterwards.

    Parameters
    ----------
    store
        Where the incidents are.
    rules
        Those in force; see `rules_in_force`.
    candidate
        The other rules.
    first, last
        The days of the period, both of which count; by default last month on the clock of the district.

    Raises
    ------
    FileError, InputError, QueryError
        As `check_candidate`; and if the period makes no sense.
    """
    hidden = check_candidate(store, rules, candidate)
    first, last = _period(first, last)
    since, until = day_span(first, last)
    assert since is not None  # noqa: S101 - both ends of the period are given
    assert until is not None  # noqa: S101
    counted: Counter[_Decided] = Counter()
    examples: list[Rerouted] = []

    @cache  # a few hundred at most: rules in force × other rules × categories
    def ends(decided: _Decided) -> tuple[Route, Route]:
        before, after, category = decided
        old, new = rules.routing.rules[before], candidate.rules[after]
        return route_by_rule(old, category, rules.categories), route_by_rule(new, category, rules.categories)

    with store.read() as connection:
        for number, moment, case in table.cases_between(connection, since, until):
            decided = find_matching_rule(rules.routing, case), find_matching_rule(candidate, case), case.category
            counted[decided] += 1
            if len(examples) < MAX_EXAMPLES and _differ(*ends(decided)):
                examples.append(
                    Rerouted(number, moment.astimezone(LOCAL_ZONE), case.category, case.street, *ends(decided))
                )
    flows: Counter[tuple[Destination, Destination]] = Counter()
    by_rule = dict.fromkeys((rule.name for rule in candidate.rules), 0)
    for decided, count in counted.items():
        before, after = ends(decided)
        by_rule[after.rule] += count
        if _differ(before, after):
            flows[_destination(before), _destination(after)] += count
    moved = [Flow(*destinations, count) for destinations, count in flows.most_common()]
    return Replay(first, last, counted.total(), flows.total(), moved, by_rule, hidden, examples)


def _destination(found: Route) -> Destination:
    return Destination(found.department, found.level, found.dispatch)


def _differ(before: Route, after: Route) -> bool:
    return _destination(before) != _destination(after)


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    if first and last:
        return first, last
    if first or last:
        raise QueryError("The period needs both of its days.", code="period", field="from" if last else "to")
    end = datetime.now(LOCAL_ZONE).date().replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


def _check_streets(connection: Connection, candidate: RoutingRules) -> None:
    named = {code for rule in candidate.rules for code in rule.when.streets or ()}
    if not named:
        return
    try:
        known = area_codes(connection, generation_at(connection)).get(Layer.STREET, ())
    except NotFoundError:
        return
    if named - set(known):
        raise InputError("A street is not in the layers in force.", code="street_unknown", field="streets")
