"""Time limits of incidents by category and level: schema and loading of their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator

from geogrid.errors import FileError
from geogrid.model import CategoryLimits, Limit, LimitUnit
from geogrid.reference_files import Row, RuleFile, index_by_code
from geogrid.rules.vocabulary import VocabularyCode

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class _LimitRow(Row):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    handle: Annotated[dict[VocabularyCode, _Limit], Field(min_length=1)]
    close: _Limit

    def limits(self) -> CategoryLimits:
        return CategoryLimits(self.handle, self.close)


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
        Limits by category.

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

    def check(self, categories: Iterable[str]) -> None:
        """Raise if any category has no limits.

        Raises
        ------
        FileError
            With the codes of these categories.
        """
        missing = [code for code in categories if code not in self.categories]
        if missing:
            raise FileError(
                f"The categories {', '.join(missing)} have no time limits.",
                code="limits_missing",
                field="categories",
                remedy="Add them to limits.json, or remove the categories from categories.json.",
            )


load_limits = Limits.load
