"""The time limits: data, with a version and a schema, that a deployment replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from geogrid.errors import FileError
from geogrid.model import CategoryLimits, Level, Limit, LimitUnit
from geogrid.resources import data_path, read_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_Text = Annotated[str, Field(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class WarningRule:
    """When an incident is nearly due.

    Attributes
    ----------
    share
        The last part of the limit, 0..1.
    at_least
        But no less than this, on the clock of the limit; a shorter limit is nearly due from its beginning.
    """

    share: float
    at_least: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The time limits of a district.

    Attributes
    ----------
    version, source
        Of the data.
    verify, dispatch
        How long a report may wait to be verified, and then to be filed and dispatched.
    report_in
        How long a department that a street calls by a whistle may take to report in.
    warning
        When an incident is nearly due.
    escalate_after
        After which share of the limit an incident that is not handled is raised from a level to the next; levels that
        are not named keep it.
    categories
        The limits of each category, by its code.
    """

    version: str
    source: str
    verify: Limit
    dispatch: Limit
    report_in: Limit
    warning: WarningRule
    escalate_after: Mapping[Level, float]
    categories: Mapping[str, CategoryLimits]

    def check(self, categories: Iterable[str]) -> None:
        """Raise unless each of the categories has its limits.

        Raises
        ------
        FileError
            With the codes of those that have none.
        """
        missing = [code for code in categories if code not in self.categories]
        if missing:
            raise FileError(
                f"The limits of {', '.join(missing)} are missing.",
                code="limits_missing",
                field="categories",
                remedy="Add them to the file of limits, or take the categories out of theirs.",
            )


def _check_minutes(hours: float) -> float:
    if not (hours * 60).is_integer():
        raise ValueError("The amount is not in whole minutes")
    return hours


class LimitRow(BaseModel):
    """A limit as files write it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    amount: Annotated[float, Field(gt=0, le=24 * 365), AfterValidator(_check_minutes)]
    unit: Annotated[LimitUnit, Field(strict=False)]

    def limit(self) -> Limit:
        """Return the limit."""
        return Limit(self.amount, self.unit)


class _HandleRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grid: LimitRow
    leader: LimitRow
    street: LimitRow
    district: LimitRow

    def limits(self) -> dict[Level, Limit]:
        rows: dict[Level, LimitRow] = {level: getattr(self, level) for level in Level}
        return {level: row.limit() for level, row in rows.items()}


class _LimitRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    handle: _HandleRow
    close: LimitRow


class _WarningRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    share: Annotated[float, Field(ge=0, le=1)]
    at_least_minutes: Annotated[int, Field(ge=0, le=24 * 60, strict=True)]


class _LimitsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: _Text
    title: _Text
    source: str
    verify: LimitRow
    dispatch: LimitRow
    report_in: LimitRow
    warning: _WarningRow
    escalate_after: dict[Level, Annotated[float, Field(gt=0, le=1)]]
    categories: Annotated[list[_LimitRow], Field(min_length=1)]


@lru_cache(maxsize=8)
def load_limits(path: Path | None = None) -> Limits:
    """Read the time limits.

    Parameters
    ----------
    path
        The file; by default the limits that geogrid ships, which are its own choice.

    Raises
    ------
    FileError
        With the file and the place in it that breaks the schema.

    Examples
    --------
    >>> limits = load_limits().categories["Z06"]
    >>> limits.handle[Level.GRID]
    Limit(amount=4.0, unit=<LimitUnit.WORKING_HOURS: 'working_hours'>)
    """
    path = path or data_path("reference", "limits.json")
    content = read_reference(path, _LimitsFile, code="limits")
    categories = {row.code: CategoryLimits(row.handle.limits(), row.close.limit()) for row in content.categories}
    if len(categories) < len(content.categories):
        raise FileError(f"{path.name}: a code stands twice.", code="limits", field="categories")
    return Limits(
        version=content.version,
        source=content.source,
        verify=content.verify.limit(),
        dispatch=content.dispatch.limit(),
        report_in=content.report_in.limit(),
        warning=WarningRule(content.warning.share, timedelta(minutes=content.warning.at_least_minutes)),
        escalate_after=content.escalate_after,
        categories=categories,
    )
