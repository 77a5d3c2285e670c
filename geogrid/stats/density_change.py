"""Change of the incidents per km² of areas between two periods, in diverging classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.stats.area_table_model import AreaTable
    from geogrid.stats.rate_change import ComparedDays

#: Index of the middle class of seven; it contains 0.
MIDDLE: Final = 3
#: False discovery rate of the differences that are beyond chance.
_DISCOVERY_RATE: Final = 0.05
_TAIL: Final = 95


@dataclass(frozen=True, slots=True)
class Difference:
    """Change of the incidents per km² by area.

    Attributes
    ----------
    values
        By area code: value of the later period minus value of the earlier period, scaled to the days of the later
        period. Areas without both values are left out.
    beyond_chance
        Codes of the areas whose numbers of incidents per day differ, with a false discovery rate of 5 %.
    limits
        Absolute limits of the classes on each side, ascending, round numbers.
    """

    values: Mapping[str, float]
    beyond_chance: frozenset[str]
    limits: tuple[float, float, float]

    def class_of(self, value: float) -> int:
        """Return the class of a change, from 0 (largest decrease) to 6 (largest increase).

        Examples
        --------
        >>> differences = Difference({}, frozenset(), (10, 20, 40))
        >>> [differences.class_of(value) for value in (-50, -40, -10, -9, 0, 9.9, 10, 39, 40)]
        [0, 0, 2, 3, 3, 3, 4, 5, 6]
        """
        size = sum(abs(value) >= limit for limit in self.limits)
        return MIDDLE + (size if value > 0 else -size)

    def counts(self) -> Sequence[int]:
        """Return the number of areas beyond chance in each class."""
        classes = [self.class_of(value) for code, value in self.values.items() if code in self.beyond_chance]
        return np.bincount(classes, minlength=2 * MIDDLE + 1).tolist()  # type: ignore[no-any-return]


def compare_periods(earlier: AreaTable, later: AreaTable, days: ComparedDays) -> Difference:
    """Return the change of each area from the earlier to the later period.

    Parameters
    ----------
    earlier, later
        Tables of incidents per km² for two periods.
    days
        Days of the periods.
    """
    before = {row.code: row for row in earlier.rows}
    scale = days.later / days.earlier if days.earlier else 1.0
    values, counts = {}, {}
    for row in later.rows:
        other = before.get(row.code)
        if other is not None and row.value is not None and other.value is not None:
            values[row.code] = row.value - other.value * scale
            counts[row.code] = (other.n or 0, row.n or 0)
    limits = _limits(np.abs(np.fromiter(values.values(), float, len(values))))
    return Difference(values, _find_changes(counts, days), limits)


def _find_changes(counts: Mapping[str, tuple[int, int]], days: ComparedDays) -> frozenset[str]:
    """Return the areas whose earlier and later counts differ per day: exact binomial tests, Benjamini and Hochberg."""
    if not counts or not (days.earlier and days.later):
        return frozenset()
    from scipy.special import betainc  # noqa: PLC0415 - slow to import
    from scipy.stats import false_discovery_control  # noqa: PLC0415

    earlier, later = np.array(list(counts.values()), dtype=np.float64).T
    share = days.later / (days.earlier + days.later)
    # The tails of the binomial distribution of the later number, given the sum of both.
    lower = np.where(earlier > 0, betainc(np.maximum(earlier, 1), later + 1, 1 - share), 1.0)
    upper = np.where(later > 0, betainc(np.maximum(later, 1), earlier + 1, share), 1.0)
    q = false_discovery_control(np.minimum(1, 2 * np.minimum(lower, upper)))
    return frozenset(code for code, rate in zip(counts, q.tolist(), strict=True) if rate <= _DISCOVERY_RATE)


def _limits(sizes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Return a round number, its double and its quadruple; the last is near the 95th percentile of the sizes."""
    tail = float(np.percentile(sizes, _TAIL)) if len(sizes) else 0.0
    if tail <= 0:
        return 1.0, 2.0, 4.0
    step = tail / 4
    magnitude = 10.0 ** np.floor(np.log10(step))
    rounded = next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= step * (1 - 1e-9)) * magnitude
    return float(rounded), float(2 * rounded), float(4 * rounded)
