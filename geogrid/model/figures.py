"""Key figures: each with its numerator and denominator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class DateField(StrEnum):
    """The moment of an incident that lies in a period."""

    REPORTED = "reported_at"
    DUE = "due_at"
    CLOSE_DUE = "close_due_at"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share.

    Attributes
    ----------
    numerator, denominator
        The counts behind it.

    Examples
    --------
    The first half of 2022, as the local press reported it:

    >>> Rate(58_621, 59_369).value
    0.9874
    >>> Rate(0, 0).value is None
    True
    """

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The share to four decimals, half rounded up as people do; None where there is nothing to share."""
        if self.denominator == 0:
            return None
        return (2 * 10_000 * self.numerator + self.denominator) // (2 * self.denominator) / 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate with what it leaves out.

    Attributes
    ----------
    code
        Of the formula.
    rate
        The share, and the counts behind it.
    excluded
        How many incidents the denominator leaves out, by the reason.
    """

    code: str
    rate: Rate
    excluded: Mapping[str, int]


def percentage_point_change(now: Rate, then: Rate) -> float | None:
    """Return by how many percentage points a rate has risen, as the printed rates differ; None where one is missing.

    Examples
    --------
    >>> percentage_point_change(Rate(911, 972), Rate(9, 10))
    3.72
    """
    if now.value is None or then.value is None:
        return None
    return round((now.value - then.value) * 100, 2)
