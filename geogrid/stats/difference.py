"""Differences of area figures between two periods, in diverging classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.stats.area_table import AreaTable

#: Index of the middle class of seven; it contains 0.
MIDDLE: Final = 3
_TAIL: Final = 95


@dataclass(frozen=True, slots=True)
class Difference:
    """Differences by area.

    Attributes
    ----------
    values
        Later minus earlier value by code; areas without both values are left out.
    limits
        Absolute limits of the classes on each side, ascending, round numbers.
    """

    values: Mapping[str, float]
    limits: tuple[float, float, float]

    def class_of(self, value: float) -> int:
        """Return the class of a difference, from 0 (largest decrease) to 6 (largest increase).

        Examples
        --------
        >>> differences = Difference({}, (10, 20, 40))
        >>> [differences.class_of(value) for value in (-50, -40, -10, -9, 0, 9.9, 10, 39, 40)]
        [0, 0, 2, 3, 3, 3, 4, 5, 6]
        """
        size = sum(abs(value) >= limit for limit in self.limits)
        return MIDDLE + (size if value > 0 else -size)

    def counts(self) -> Sequence[int]:
        """Return the number of areas in each class."""
        classes = [self.class_of(value) for value in self.values.values()]
        return np.bincount(classes, minlength=2 * MIDDLE + 1).tolist()  # type: ignore[no-any-return]


def compare_periods(earlier: AreaTable, later: AreaTable) -> Difference:
    """Return the differences between two tables.

    Parameters
    ----------
    earlier, later
        Tables of the same query for two periods.
    """
    before = {row.code: row.value for row in earlier.rows}
    values = {}
    for row in later.rows:
        earlier_value = before.get(row.code)
        if row.value is not None and earlier_value is not None:
            values[row.code] = row.value - earlier_value
    return Difference(values, _limits(np.abs(np.fromiter(values.values(), float, len(values)))))


def _limits(sizes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Return a round number, its double and its quadruple; the last is near the 95th percentile of the sizes."""
    tail = float(np.percentile(sizes, _TAIL)) if len(sizes) else 0.0
    if tail <= 0:
        return 1.0, 2.0, 4.0
    step = tail / 4
    magnitude = 10.0 ** np.floor(np.log10(step))
    rounded = next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= step * (1 - 1e-9)) * magnitude
    return float(rounded), float(2 * rounded), float(4 * rounded)
