"""Time limits of incidents by category, condition and level: schema and loading of their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator

from geogrid.model import Limit, LimitUnit
from geogrid.reference_files import CategoryCode, Name, Row, RuleFile, index_by_code
from geogrid.rules.routing import RoutingCondition
from geogrid.rules.vocabulary import VocabularyCode

if TYPE_CHECKING:
    from geogrid.category_tree import CategoryTree
    from geogrid.rules.routing import RoutingCase


@dataclass(frozen=True, slots=True)
class CategoryLimits:
    """Time limits of a category, and those that apply under conditions.

    Attributes
    ----------
    handle
        Limit from dispatch to handling, by level.
    close
        Limit from handling to closing.
    code
        The category whose row in ``limits.json`` gives them: the category itself, or one above it.
    title
        Title of the condition that they apply under; empty for the limits of all other cases.
    conditions
        Limits under conditions, in order: the first condition that matches decides.
    """

    handle: Mapping[str, Limit]
    close: Limit
    code: str = ""
    title: str = ""
    conditions: tuple[ConditionalLimits, ...] = ()

    def handle_limit(self, level: str) -> Limit:
        """Return the limit of handling; for a level without one that of the first level in the rules."""
        # The level of a stored incident may be missing in newer rules.
        return self.handle[level] if level in self.handle else next(iter(self.handle.values()))


@dataclass(frozen=True, slots=True)
class ConditionalLimits:
    """A condition, and the time limits that apply under it."""

    when: RoutingCondition
    limits: CategoryLimits


@dataclass(frozen=True, slots=True)
class WarningRule:
    """Rule that decides from when an incident is nearly due.

    Attributes
    ----------
    share
        Last part of the limit, 0 to 1.
    at_least
        Minimum of this part, in the unit of the limit.
    """

    share: float
    at_least: timedelta


def _check_sixtieths(amount: float) -> float:
    if not (amount * 60).is_integer():
        raise ValueError("The amount of a limit is not a multiple of 1/60; 15 minutes are 0.25 hours")
    return amount


class LimitRow(Row):
    """A limit in a rule file."""

    model_config = ConfigDict(strict=True)

    amount: Annotated[float, Field(gt=0, le=24 * 365), AfterValidator(_check_sixtieths)]
    unit: Annotated[LimitUnit, Field(strict=False)]

    def limit(self) -> Limit:
        """Return the limit."""
        return Limit(self.amount, self.unit)


def _read_limit(content: object) -> Limit:
    return LimitRow.model_validate(content).limit()


_Limit = Annotated[Limit, PlainValidator(_read_limit)]


_HandleLimits = Annotated[dict[VocabularyCode, _Limit], Field(min_length=1)]


class _ConditionRow(Row):
    title: Name
    when: RoutingCondition
    handle: _HandleLimits
    close: _Limit | None = None


class _LimitRow(Row):
    code: CategoryCode
    handle: _HandleLimits
    close: _Limit
    conditions: tuple[_ConditionRow, ...] = ()

    def limits(self) -> CategoryLimits:
        conditions = (
            ConditionalLimits(row.when, CategoryLimits(row.handle, row.close or self.close, self.code, row.title))
            for row in self.conditions
        )
        return CategoryLimits(self.handle, self.close, self.code, conditions=tuple(conditions))


class _WarningRow(Row):
    share: Annotated[float, Field(ge=0, le=1)]
    at_least_minutes: Annotated[int, Field(ge=0, le=24 * 60, strict=True)]


def _read_warning(content: object) -> WarningRule:
    row = _WarningRow.model_validate(content)
    return WarningRule(row.share, timedelta(minutes=row.at_least_minutes))


def _category_limits(rows: dict[str, _LimitRow]) -> dict[str, CategoryLimits]:
    return {code: row.limits() for code, row in rows.items()}


class Limits(RuleFile):
    """The time limits of a district.

    Attributes
    ----------
    verify, dispatch
        Limits of the verification of a report, and of its filing and dispatch.
    report_in
        Limit for a department called by a whistle (吹哨) to report in (报到).
    report_in_by_department
        Limits of departments that have their own, by name.
    escalate_after
        Share of the limit after which an unhandled incident escalates to the next level, by level; other levels do not
        escalate.
    categories
        Limits by category. A category without limits of its own has those of the nearest category above it.

    Examples
    --------
    >>> limits = load_limits().categories["Z06"]
    >>> limits.handle["grid"]
    Limit(amount=4.0, unit=<LimitUnit.WORKING_HOURS: 'working_hours'>)
    """

    file = "limits.json"
    error_code = "limits"

    verify: _Limit
    dispatch: _Limit
    report_in: _Limit
    report_in_by_department: dict[str, _Limit] = Field(default_factory=dict)
    warning: Annotated[WarningRule, PlainValidator(_read_warning)]
    escalate_after: dict[VocabularyCode, Annotated[float, Field(gt=0, le=1)]]
    categories: Annotated[Mapping[str, CategoryLimits], index_by_code(_LimitRow), AfterValidator(_category_limits)]

    def find(self, code: str, categories: CategoryTree) -> CategoryLimits:
        """Return the limits of a category, with those under conditions; its own or those of a category above it.

        Raises
        ------
        KeyError
            If neither has any.
        """
        found = categories.find_nearest(self.categories, code)
        if found is None:
            raise KeyError(code)
        return found

    def choose(self, case: RoutingCase, categories: CategoryTree) -> CategoryLimits:
        """Return the limits of a case: those of the first condition that matches, or else those without condition."""
        limits = self.find(case.category, categories)
        for one in limits.conditions:
            if one.when.matches(case, categories):
                return one.limits
        return limits


load_limits = Limits.load
