"""Who answers for a report when it arrives: rules in order, of which the first that matches wins.

The rules are data, with a version and a schema. A deployment brings its own and puts them in force on a date; see
``docs/en/how-to/loop.md``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import ConfigDict, Field, StringConstraints

from geogrid.errors import FileError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import IncidentSource, Layer, Level
from geogrid.resources import NamedRuleFile, Row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from geogrid.model import Category, Placement, Report

MAX_RULES: Final = 100
_MINUTES_A_DAY: Final = 24 * 60
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


@dataclass(frozen=True, slots=True)
class RoutingCase:
    """What rules are asked about.

    Attributes
    ----------
    category, source
        Of the report.
    layer
        Of the grid that answers for it: ``urban``, ``rural`` or ``dedicated``; None outside the district.
    street
        The street's code, or None.
    weekday
        1 for Monday to 7 for Sunday, on the clock of the district.
    minute
        Of the day, 0 to 1439, on that clock.
    """

    category: str
    source: str
    layer: str | None
    street: str | None
    weekday: int
    minute: int

    @classmethod
    def of(cls, report: Report, placement: Placement) -> RoutingCase:
        """Return the case of a report that has its place."""
        layer = Layer.DEDICATED if placement.dedicated_code else placement.base_layer
        return cls.at(report.reported_at, report.category, report.source, layer, placement.street_code)

    @classmethod
    def at(cls, moment: datetime, category: str, source: str, layer: str | None, street: str | None) -> RoutingCase:
        """Return the case of something that was reported at a moment."""
        local = moment.astimezone(LOCAL_ZONE)
        return cls(category, source, layer, street, local.isoweekday(), local.hour * 60 + local.minute)


class TimeWindow(Row):
    """A part of the day: from a minute up to another one, over midnight where that is earlier."""

    model_config = ConfigDict(populate_by_name=True)

    since: Annotated[_Clock, Field(alias="from", examples=["22:00"])]
    until: Annotated[_Clock, Field(alias="to", examples=["06:00"])]

    @cached_property
    def minutes(self) -> frozenset[int]:
        """The minutes of the day that belong to it; all of them where both ends are the same."""
        first, last = (_minute(text) for text in (self.since, self.until))
        length = (last - first) % _MINUTES_A_DAY or _MINUTES_A_DAY
        return frozenset((first + step) % _MINUTES_A_DAY for step in range(length))


_Codes = Annotated[frozenset[Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]], Field(min_length=1)]


class RoutingCondition(Row):
    """What a case must be; None leaves a question open."""

    categories: _Codes | None = None
    layers: Annotated[frozenset[Layer], Field(min_length=1)] | None = None
    streets: _Codes | None = None
    sources: Annotated[frozenset[IncidentSource], Field(min_length=1)] | None = None
    weekdays: Annotated[frozenset[Annotated[int, Field(ge=1, le=7, strict=True)]], Field(min_length=1)] | None = None
    hours: TimeWindow | None = None

    def matches(self, case: RoutingCase) -> bool:
        """Return whether a case is all of it."""
        return (
            (self.categories is None or case.category in self.categories)
            and (self.sources is None or case.source in self.sources)
            and (self.layers is None or case.layer in self.layers)
            and (self.streets is None or case.street in self.streets)
            and (self.weekdays is None or case.weekday in self.weekdays)
            and (self.hours is None or case.minute in self.hours.minutes)
        )


class RoutingOutcome(Row):
    """What becomes of a case.

    Attributes
    ----------
    department
        Who is to handle it; None for the department of its category.
    level
        Who is to answer for it.
    dispatch
        True files and dispatches it at once, unless a person has to look at where it lies.
    """

    department: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    level: Level = Level.GRID
    dispatch: Annotated[bool, Field(strict=True)] = False


class RoutingRule(Row):
    """A rule: its name for programs, its title for people, a condition and an outcome."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: _Text
    when: RoutingCondition = RoutingCondition()
    then: RoutingOutcome = RoutingOutcome()


class RoutingRules(NamedRuleFile):
    """Rules in order; the last one matches everything."""

    file = "routing.json"
    error_code = "routing"

    rules: Annotated[tuple[RoutingRule, ...], Field(min_length=1, max_length=MAX_RULES)]

    @property
    def text(self) -> str:
        """The rules as JSON, the same text for the same rules: sets are put in order."""
        return json.dumps(
            _ordered(self.model_dump(mode="json", by_alias=True, exclude_none=True)), ensure_ascii=False, sort_keys=True
        )

    @property
    def sha256(self) -> str:
        """The hash of `text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a report goes.

    Attributes
    ----------
    rule
        The name of the rule that says so.
    department, level, dispatch
        As in `RoutingOutcome`; no department where the category is not in the list.
    """

    rule: str
    department: str | None
    level: Level
    dispatch: bool


def route(rules: RoutingRules, case: RoutingCase, categories: Mapping[str, Category]) -> Route:
    """Return where a case goes: by the first rule that matches.

    Examples
    --------
    >>> from geogrid.rules.categories import load_categories
    >>> case = RoutingCase("Z06", "hotline", "urban", "140213051", weekday=6, minute=23 * 60)
    >>> route(load_routing(), case, load_categories())
    Route(rule='night', department='交通运输', level=<Level.STREET: 'street'>, dispatch=False)
    """
    return route_by_rule(rules.rules[find_matching_rule(rules, case)], case.category, categories)


def find_matching_rule(rules: RoutingRules, case: RoutingCase) -> int:
    """Return the place of the first rule that matches a case."""
    return next(place for place, rule in enumerate(rules.rules) if rule.when.matches(case))


def route_by_rule(rule: RoutingRule, code: str, categories: Mapping[str, Category]) -> Route:
    """Return where a rule sends the reports of a category."""
    category = categories.get(code)
    department = rule.then.department or (category.department if category else None)
    return Route(rule.name, department, rule.then.level, rule.then.dispatch)


def check_routing(rules: RoutingRules, categories: Mapping[str, Category]) -> None:
    """Raise unless rules can be used with a list of categories.

    Raises
    ------
    FileError
        If a name stands twice, the last rule does not match everything, or a category or department is unknown.
    """
    names = [rule.name for rule in rules.rules]
    departments = {category.department for category in categories.values()}
    if len(set(names)) < len(names):
        raise _fault("A name stands twice.", "rules")
    if rules.rules[-1].when != RoutingCondition():
        raise _fault("The last rule has a condition: a report might match none.", f"rules.{len(names) - 1}.when")
    for place, rule in enumerate(rules.rules):
        if (rule.when.categories or frozenset()) - categories.keys():
            raise _fault("A category is not in the list.", f"rules.{place}.when.categories")
        if rule.then.department is not None and rule.then.department not in departments:
            raise _fault("The department is not in the list of categories.", f"rules.{place}.then.department")


def parse_routing(content: object, *, name: str = "routing") -> RoutingRules:
    """Read rules from the content of a JSON file; `check_routing` checks that they fit the categories.

    Raises
    ------
    FileError
        With the place that breaks the schema.
    """
    return RoutingRules.parse(content, name=name)


load_routing = RoutingRules.load
read_routing = RoutingRules.read


def _fault(message: str, field: str) -> FileError:
    return FileError(message, code="routing", field=field, remedy="Run: geogrid routing check FILE.")


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _ordered(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Put the lists that were sets in order; those of rules, which are objects, stay in theirs."""
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_ordered(item) for item in value] if value and isinstance(value[0], dict) else sorted(value)
    return value
