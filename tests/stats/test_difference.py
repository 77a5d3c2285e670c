"""Classes of differences between two periods."""

import numpy as np
import pytest

from geogrid.stats.difference import MIDDLE, Difference, _limits


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
    found = Difference({str(value): value for value in range(-100, 101)}, (10, 20, 40))
    counts = found.counts()
    assert sum(counts) == 201
    assert counts == counts[::-1]
    assert counts[MIDDLE] == 19
