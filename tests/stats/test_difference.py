"""Classes of differences between two periods."""

from dataclasses import dataclass

import numpy as np
import pytest

from geogrid.stats.density_change import MIDDLE, Difference, _limits, compare_periods
from geogrid.stats.rate_change import ComparedDays

AREAS = 300


@dataclass
class Row:
    code: str
    n: int
    value: float


@dataclass
class Table:
    rows: list[Row]


def table(counts):
    return Table([Row(str(number), int(n), float(n)) for number, n in enumerate(counts)])


@pytest.mark.parametrize(
    ("sizes", "limits"),
    [
        ([0.0], (1, 2, 4)),
        ([], (1, 2, 4)),
        ([100.0] * 10, (50, 100, 200)),
        ([7.9] * 10, (2, 4, 8)),
        ([0.04], (0.01, 0.02, 0.04)),
    ],
)
def test_limits_are_round_and_cover_large_differences(sizes, limits):
    assert _limits(np.array(sizes)) == pytest.approx(limits)


def test_classes_are_symmetric():
    codes = {str(value): value for value in range(-100, 101)}
    found = Difference(codes, frozenset(codes), (10, 20, 40))
    counts = found.counts()
    assert sum(counts) == 201
    assert counts == counts[::-1]
    assert counts[MIDDLE] == 19


def test_equal_rates_are_rarely_beyond_chance():
    rng = np.random.default_rng(1)
    rates = rng.lognormal(2, 1, AREAS)
    days = ComparedDays(31, 7)
    maps = [compare_periods(table(rng.poisson(rates)), table(rng.poisson(rates * 7 / 31)), days) for _ in range(200)]
    assert np.mean([bool(found.beyond_chance) for found in maps]) <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 200)


def test_changes_are_per_day():
    earlier, later = [31.0] * AREAS, [7.0] * AREAS
    later[5], later[6] = 60.0, 0.0
    found = compare_periods(table(earlier), table(later), ComparedDays(31, 7))
    assert found.beyond_chance == {"5"}
    assert found.values["0"] == pytest.approx(0)
    assert found.values["5"] == pytest.approx(53)
    assert sum(found.counts()) == 1
    assert compare_periods(table(earlier), table(later), ComparedDays(31, 0)).beyond_chance == frozenset()
