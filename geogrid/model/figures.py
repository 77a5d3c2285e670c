"""Rates with their numerators and denominators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class DateField(StrEnum):
    """Date field of an incident that decides whether the incident falls in a period."""

    REPORTED = "reported_at"
    DUE = "due_at"
    CLOSE_DUE = "close_due_at"


@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio of two counts of incidents.

    Examples
    --------
    The first half of 2022, as published in the local press:

    >>> Rate(58_621, 59_369).value
    0.9874
    >>> Rate(0, 0).value is None
    True
    """

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The ratio, rounded half up to four decimals; None if the denominator is 0."""
        if self.denominator == 0:
            return None
        return (2 * 10_000 * self.numerator + self.denominator) // (2 * self.denominator) / 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate by a formula, with the number of excluded incidents.

    Attributes
    ----------
    code
        Code of the formula.
    excluded
        Number of incidents not in the denominator, by the code of the reason.
    """

    code: str
    rate: Rate
    excluded: Mapping[str, int]


def percentage_point_change(current: Rate, earlier: Rate) -> float | None:
    """Return the difference of two rounded rates in percentage points; None if one has no value.

    Examples
    --------
    >>> percentage_point_change(Rate(911, 972), Rate(9, 10))
    3.72
    """
    if current.value is None or earlier.value is None:
        return None
    return round((current.value - earlier.value) * 100, 2)
