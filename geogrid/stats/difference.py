"""How figures of areas differ between two periods, in classes that diverge around none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.stats.area_table import AreaTable

#: Seven classes: three below, the middle one around zero, three above.
MIDDLE: Final = 3
_TAIL: Final = 95


@dataclass(frozen=True, slots=True)
class Difference:
    """What has changed, area by area.

    Attributes
    ----------
    values
        Later less earlier, by code; areas that lack either are left out.
    limits
        The sizes of change that classes end with: small, more, large; ascending, as round as people count.
    """

    values: Mapping[str, float]
    limits: tuple[float, float, float]

    def class_of(self, value: float) -> int:
        """Return the class of a change, 0 for the largest decrease to 6 for the largest increase.

        Examples
        --------
        >>> found = Difference({}, (10, 20, 40))
        >>> [found.class_of(value) for value in (-50, -40, -10, -9, 0, 9.9, 10, 39, 40)]
        [0, 0, 2, 3, 3, 3, 4, 5, 6]
        """
        size = sum(abs(value) >= limit for limit in self.limits)
        return MIDDLE + (size if value > 0 else -size)

    def counts(self) -> Sequence[int]:
        """How many areas each class has."""
        places = [self.class_of(value) for value in self.values.values()]
        return np.bincount(places, minlength=2 * MIDDLE + 1).tolist()  # type: ignore[no-any-return]


def compare_periods(earlier: AreaTable, later: AreaTable) -> Difference:
    """Return how the values of a later table differ from those of an earlier one.

    Parameters
    ----------
    earlier, later
        Answers to the same question about two periods.
    """
    before = {row.code: row.value for row in earlier.rows}
    values = {}
    for row in later.rows:
        was = before.get(row.code)
        if row.value is not None and was is not None:
            values[row.code] = row.value - was
    return Difference(values, _limits(np.abs(np.fromiter(values.values(), float, len(values)))))


def _limits(sizes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Return a round step, twice and four times it, so that the last reaches up to the largest few changes."""
    tail = float(np.percentile(sizes, _TAIL)) if len(sizes) else 0.0
    if tail <= 0:
        return 1.0, 2.0, 4.0
    step = tail / 4
    magnitude = 10.0 ** np.floor(np.log10(step))
    rounded = next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= step * (1 - 1e-9)) * magnitude
    return float(rounded), float(2 * rounded), float(4 * rounded)
