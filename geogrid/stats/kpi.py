"""Key figures: each with its numerator and denominator."""

from __future__ import annotations

from dataclasses import dataclass


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
