"""Routing rules: load the active ones, compare a candidate with them, activate it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from geogrid.errors import InputError, NotFoundError, QueryError
from geogrid.incidents.rule_references import check_references
from geogrid.local_time import day_span, local_zone
from geogrid.model import Layer, Permission
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
class RoutingReplay:
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


def find_active_decision_id(store: Store, moment: datetime | None = None) -> int | None:
    """Return the id of the active version of the routing rules, or None for the rules shipped with geogrid."""
    with store.read() as connection:
        return table.find_decision_id(connection, table.ROUTING, moment or datetime.now(UTC))


def load_active_rules(store: Store, rules: RuleSet, decision_id: int | None = None) -> RuleSet:
    """Return the rules with the active routing rules.

    Parameters
    ----------
    store
        The database.
    rules
        The rules shipped with geogrid.
    decision_id
        The id of a version, by default the active one.
    """
    with store.read() as connection:
        decision_id = decision_id or table.find_decision_id(connection, table.ROUTING, datetime.now(UTC))
        if decision_id is None:
            return rules
        version = table.get_rule_set(connection, decision_id)
    return replace(rules, routing=parse_routing(json.loads(version.content)))


def list_decisions(store: Store) -> list[RoutingVersion]:
    """Return all versions of the routing rules in the order of the decisions."""
    with store.read() as connection:
        return table.list_rule_sets(connection, table.ROUTING)


def check_candidate(store: Store, rules: RuleSet, candidate: RoutingRules) -> list[str]:
    """Check candidate rules, and return the names of unreachable rules.

    Raises
    ------
    FileError
        If the rules do not match the categories and the profile.
    InputError
        If a street is not in the active generation.
    """
    check_routing(candidate, rules.categories)
    check_references(replace(rules, routing=candidate))
    with store.read() as connection:
        _check_streets(connection, candidate)
    return find_unreachable(candidate, rules.profile.sources)


def activate_routing(
    store: Store, rules: RuleSet, actor: Actor, candidate: RoutingRules, active_from: datetime | None = None
) -> RoutingVersion:
    """Activate routing rules from a time on, by default now.

    Raises
    ------
    ForbiddenError
        If the actor may not change rules.
    FileError, InputError
        See `check_candidate`; also if a rule is unreachable.
    QueryError
        If the time has passed, because past active periods never change.
    """
    check_permission(actor, Permission.RULES_WRITE)
    unreachable = check_candidate(store, rules, candidate)
    if unreachable:
        raise InputError(
            f"The rule {unreachable[0]} is unreachable: earlier rules match all of its reports.",
            code="rule_hidden",
            field="rules",
            remedy="Move the rule up, or remove it.",
        )
    with store.write() as connection:
        # Taken inside the transaction, which may have waited for another writer.
        now = datetime.now(UTC)
        if active_from and active_from < now:
            raise QueryError(
                "The time has passed, and past active periods cannot change.",
                code="activation_in_past",
                field="from",
                remedy="Use a future time, or none for now.",
            )
        version = table.RoutingVersion(
            kind=table.ROUTING,
            version=candidate.version,
            content=candidate.text,
            sha256=candidate.sha256,
            active_from=active_from or now,
            decided_at=now,
            actor_id=actor.id,
            actor=actor.name,
        )
        table.add_rule_set(connection, version)
    return version


def replay_routing(
    store: Store, rules: RuleSet, candidate: RoutingRules, first: date | None = None, last: date | None = None
) -> RoutingReplay:
    """Return the effect of candidate routing rules on the incidents of a period.

    Both rule sets decide on the report alone, not on later steps.

    Parameters
    ----------
    store
        The database.
    rules
        The active rules, see `load_active_rules`.
    candidate
        The candidate rules.
    first, last
        The first and the last day of the period, by default last month in local time.

    Raises
    ------
    FileError, InputError, QueryError
        See `check_candidate`; also if the period is not valid.
    """
    unreachable = check_candidate(store, rules, candidate)
    first, last = _complete_period(first, last)
    since, until = day_span(first, last)
    assert since is not None  # noqa: S101 - both ends of the period are given
    assert until is not None  # noqa: S101
    counts: Counter[_Decision] = Counter()
    examples: list[ReroutedIncident] = []

    @cache  # at most a few hundred: active rules × candidate rules × categories
    def routes_of(decision: _Decision) -> tuple[Route, Route]:
        chosen = rules.routing.rules[decision.active], candidate.rules[decision.candidate]
        old, new = (
            route_by_rule(rule, decision.category, rules.categories, rules.profile.lowest_level) for rule in chosen
        )
        return old, new

    with store.read() as connection:
        for incident in table.iterate_cases(connection, since, until):
            case = incident.case
            decision = _Decision(
                find_matching_rule(rules.routing, case), find_matching_rule(candidate, case), case.category
            )
            counts[decision] += 1
            if len(examples) < MAX_EXAMPLES and _differ(*routes_of(decision)):
                moment, routes = incident.reported_at.astimezone(local_zone()), routes_of(decision)
                examples.append(ReroutedIncident(incident.id, moment, case.category, case.street, *routes))
    flows: Counter[tuple[Destination, Destination]] = Counter()
    by_rule = dict.fromkeys((rule.name for rule in candidate.rules), 0)
    for decision, count in counts.items():
        before, after = routes_of(decision)
        by_rule[after.rule] += count
        if _differ(before, after):
            flows[_destination(before), _destination(after)] += count
    moved = [Flow(*destinations, count) for destinations, count in flows.most_common()]
    return RoutingReplay(first, last, counts.total(), flows.total(), moved, by_rule, unreachable, examples)


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


def _check_streets(connection: Connection, candidate: RoutingRules) -> None:
    street_codes = {code for rule in candidate.rules for code in rule.when.streets or ()}
    if not street_codes:
        return
    try:
        known = area_codes(connection, generation_at(connection)).get(Layer.STREET, ())
    except NotFoundError:
        return
    if street_codes - set(known):
        raise InputError("A street is not in the active generation.", code="street_unknown", field="streets")
