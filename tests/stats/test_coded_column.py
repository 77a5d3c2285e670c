"""Tests of dictionary-encoded columns: counts and masks equal those of the values, for index types of each size."""

from collections import Counter

import numpy as np
import pytest

from geogrid.stats import coded_column
from geogrid.stats.coded_column import Coded, code, index_type


@pytest.mark.parametrize("count", [1, 127, 128, 129, 32_767, 32_768, 32_769])
def test_counts_and_masks_equal_those_of_the_values(count, monkeypatch):
    monkeypatch.setattr(coded_column, "_BLOCK", 1_000)
    draw = np.random.default_rng(count)
    values = [None if index < 0 else f"v{index}" for index in draw.integers(-1, count, 20_000)]
    # Each value occurs, the last one too.
    column = code([*(f"v{index}" for index in range(count)), *values])
    values = [*(f"v{index}" for index in range(count)), *values]
    assert column.index.dtype == index_type(count)
    chosen = draw.random(len(values)) < 0.7
    expected = Counter(value for value, wanted in zip(values, chosen, strict=True) if wanted and value is not None)
    assert column.counts(chosen) == expected
    few = ("v0", f"v{count - 1}", "missing")
    assert column.equals_any(few).tolist() == [value in few for value in values]
    assert column.equals(few[1]).tolist() == [value == few[1] for value in values]
    assert not column.equals("missing").any()


@pytest.mark.parametrize("more", [0, 1, 200, 40_000])
def test_recoded_column_has_the_same_values(more):
    column = code(["b", None, "a", "c", "b"])
    recoded = column.recoded((*(f"x{number}" for number in range(more)), "a"))
    assert recoded.index.dtype == index_type(len(recoded.values))
    assert [recoded.values[index] if index >= 0 else None for index in recoded.index] == ["b", None, "a", "c", "b"]
    assert recoded.values[: more + 1] == (*(f"x{number}" for number in range(more)), "a")


def test_column_without_rows_counts_nothing():
    empty = Coded((), np.empty(0, np.int8))
    assert empty.counts(np.empty(0, bool)) == {}
    assert empty.recoded(("a",)).values == ("a",)
