"""Small load test of `geogrid serve` with `benchmarks/load_loop.py`, on both databases."""

import pytest
from load_loop import Load, run

pytestmark = pytest.mark.both_databases


def test_concurrent_load_loses_and_duplicates_nothing(store, backend):
    load = Load(reports=300, reporters=8, dispatchers=2, patience_s=300)
    outcome = run(store, 1 if backend == "sqlite" else 2, load)
    assert outcome.faults == []
    happened = {what for tally in outcome.tallies for what in tally.counts}
    assert {"dropped", "repeated"} <= happened
