"""Routing rules: the first matching rule sets the department and the level of a report.

A deployment can replace the rules from a given time; see ``docs/en/how-to/loop.md``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import ConfigDict, Field, StringConstraints

from geogrid.constants import AREA_CODE
from geogrid.errors import FileError
from geogrid.local_time import local_zone
from geogrid.model import Layer
from geogrid.reference_files import CategoryCode, NamedRuleFile, Row
from geogrid.rules.vocabulary import VocabularyCode

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from geogrid.category_tree import CategoryTree
    from geogrid.model import Placement, Report

MAX_RULES: Final = 100
_MINUTES_A_DAY: Final = 24 * 60
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """The properties of a report that routing rules test.

    Attributes
    ----------
    layer
        Layer of the responsible grid: ``urban``, ``rural`` or ``dedicated``; None outside the district.
    street
        Code of the street, or None.
    weekday
        1 for Monday to 7 for Sunday, in the time zone of the district.
    minute
        Minute of the day, 0 to 1439, in that time zone.
    """

    category: str
    source: str
    layer: str | None
    street: str | None
    weekday: int
    minute: int

    @classmethod
    def of(cls, report: Report, placement: Placement) -> RoutingCase:
        """Return the case of a report with its grids."""
        layer = Layer.DEDICATED if placement.dedicated_code else placement.base_layer
        return cls.at(report.reported_at, report.category, report.source, layer, placement.street_code)

    @classmethod
    def at(cls, moment: datetime, category: str, source: str, layer: str | None, street: str | None) -> RoutingCase:
        """Return the case of a report at `moment`."""
        local = moment.astimezone(local_zone())
        return cls(category, source, layer, street, local.isoweekday(), local.hour * 60 + local.minute)


class TimeWindow(Row):
    """A part of the day from `since` to before `until`; it contains midnight if `until` is earlier."""

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[_Clock, Field(alias="from", examples=["22:00"])]
    until: Annotated[_Clock, Field(alias="to", examples=["06:00"])]

    @cached_property
    def minutes(self) -> frozenset[int]:
        """Minutes of the day in the window; all if both ends are equal."""
        first, last = (_parse_minute(text) for text in (self.since, self.until))
        length = (last - first) % _MINUTES_A_DAY or _MINUTES_A_DAY
        return frozenset((first + offset) % _MINUTES_A_DAY for offset in range(length))


_Codes = Annotated[frozenset[Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]], Field(min_length=1)]
_AreaCodes = Annotated[frozenset[Annotated[str, Field(pattern=f"^{AREA_CODE}$")]], Field(min_length=1)]


class RoutingCondition(Row):
    """Condition of a rule. ``None`` disables a test; an inner category stands for all categories below it."""

    categories: Annotated[frozenset[CategoryCode], Field(min_length=1)] | None = None
    layers: Annotated[frozenset[Layer], Field(min_length=1)] | None = None
    streets: _AreaCodes | None = None
    sources: Annotated[frozenset[VocabularyCode], Field(min_length=1)] | None = None
    weekdays: Annotated[frozenset[Annotated[int, Field(ge=1, le=7, strict=True)]], Field(min_length=1)] | None = None
    hours: TimeWindow | None = None

    def matches(self, case: RoutingCase, tree: CategoryTree) -> bool:
        """Return whether a case meets every test."""
        return (
            (self.categories is None or not self.categories.isdisjoint(tree.path(case.category)))
            and (self.sources is None or case.source in self.sources)
            and (self.layers is None or case.layer in self.layers)
            and (self.streets is None or case.street in self.streets)
            and (self.weekdays is None or case.weekday in self.weekdays)
            and (self.hours is None or case.minute in self.hours.minutes)
        )


class RoutingOutcome(Row):
    """Result of a rule.

    Attributes
    ----------
    department
        Name of the handling department; None for the department of the category.
    level
        The responsible level; None for the lowest.
    dispatch
        True files and dispatches the incident at once, unless its location needs a review.
    """

    department: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    level: VocabularyCode | None = None
    dispatch: Annotated[bool, Field(strict=True)] = False


class RoutingRule(Row):
    """A routing rule: id, title, condition and outcome."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: _Text
    when: RoutingCondition = RoutingCondition()
    then: RoutingOutcome = RoutingOutcome()


class RoutingRules(NamedRuleFile):
    """Routing rules in order. The last one matches every case."""

    file = "routing.json"
    error_code = "routing"

    rules: Annotated[tuple[RoutingRule, ...], Field(min_length=1, max_length=MAX_RULES)]

    @property
    def text(self) -> str:
        """The rules as canonical JSON, with sorted sets."""
        return json.dumps(
            _sort_sets(self.model_dump(mode="json", by_alias=True, exclude_none=True)),
            ensure_ascii=False,
            sort_keys=True,
        )

    @property
    def sha256(self) -> str:
        """SHA-256 of `text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Route:
    """Result of the routing of a report.

    Attributes
    ----------
    rule
        Name of the matching rule.
    department, dispatch
        As in `RoutingOutcome`; the department is None if the category is unknown.
    level
        Code of the responsible level.
    """

    rule: str
    department: str | None
    level: str
    dispatch: bool


def route(rules: RoutingRules, case: RoutingCase, categories: CategoryTree, lowest_level: str) -> Route:
    """Return the route of a case by the first matching rule; `lowest_level` applies if the rule names none.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> case = RoutingCase("Z06", "hotline", "urban", "140213051", weekday=6, minute=23 * 60)
    >>> route(load_routing(), case, load_categories(), "grid")
    Route(rule='night', department='交通运输', level='street', dispatch=False)
    """
    rule = rules.rules[find_matching_rule(rules, case, categories)]
    return route_by_rule(rule, case.category, categories, lowest_level)


def find_matching_rule(rules: RoutingRules, case: RoutingCase, categories: CategoryTree) -> int:
    """Return the index of the first rule that matches a case; the last rule matches every case."""
    return next(index for index, rule in enumerate(rules.rules) if rule.when.matches(case, categories))


def route_by_rule(rule: RoutingRule, code: str, categories: CategoryTree, lowest_level: str) -> Route:
    """Return the route that a rule gives to a category; see `route`."""
    category = categories.get(code)
    department = rule.then.department or (category.department if category else None)
    return Route(rule.name, department, rule.then.level or lowest_level, rule.then.dispatch)


def check_routing(rules: RoutingRules, categories: CategoryTree, departments: Collection[str]) -> None:
    """Raise if rules do not fit the categories and departments of the district.

    Raises
    ------
    FileError
        If a name occurs twice, the last rule has a condition, or a category is unknown.
    """
    names = [rule.name for rule in rules.rules]
    if len(set(names)) < len(names):
        raise _rule_error("A rule name occurs twice.", "rules")
    if rules.rules[-1].when != RoutingCondition():
        raise _rule_error(
            "The last rule has a condition, so a report might match no rule.", f"rules.{len(names) - 1}.when"
        )
    for index, rule in enumerate(rules.rules):
        if (rule.when.categories or frozenset()) - categories.nodes.keys():
            raise _rule_error("A category is unknown.", f"rules.{index}.when.categories")
        if rule.then.department is not None and rule.then.department not in departments:
            raise _rule_error("The district has no such department.", f"rules.{index}.then.department")


def parse_routing(content: object, *, name: str = "routing") -> RoutingRules:
    """Return the rules in the content of a JSON file. `check_routing` checks them against the categories.

    Raises
    ------
    FileError
        If the content does not match the schema; with the place in it.
    """
    return RoutingRules.parse(content, name=name)


load_routing = RoutingRules.load
read_routing = RoutingRules.read


def _rule_error(message: str, field: str) -> FileError:
    return FileError(message, code="routing", field=field, remedy="Run: geogrid rules check FILE.")


def _parse_minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _sort_sets(value: Any) -> Any:  # noqa: ANN401 - parsed JSON
    """Return a JSON value with sorted lists, except lists of objects, whose order matters."""
    if isinstance(value, dict):
        return {key: _sort_sets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sort_sets(item) for item in value] if value and isinstance(value[0], dict) else sorted(value)
    return value
