"""Measure the queue, lists and figures of a database with many incidents, on SQLite and optionally on PostgreSQL.

The incidents are the half-year of the demo, repeated backwards in time every 26 weeks up to the requested number, with
one step each. All are synthetic. Service functions are measured, including statements, rows and dataclasses: medians of
runs with different streets and months, after a warm-up run. The statements of the last run are explained.

    python benchmarks/bench_loop.py [INCIDENTS] [FILE]

FILE is kept and reused. GEOGRID_BENCH_POSTGIS_URL is the URL of an empty PostgreSQL database.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from half_years import fill, size
from machine import describe
from sqlalchemy import event, func, select

from geogrid.incidents.query import BoundingBox, IncidentQuery, QueueQuery, Standing
from geogrid.local_time import day_span
from geogrid.model import SYSTEM, Layer, Urgency
from geogrid.rules.formulas import load_formulas
from geogrid.services.figure_tables import TableGrouping, build_figure_table
from geogrid.services.incidents import list_incidents
from geogrid.services.queue import read_queue
from geogrid.stats.periods import period_before
from geogrid.store.database import Store
from geogrid.store.tables import incidents, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INCIDENTS = 100_000
RUNS = 20
_STREETS = [f"1402130{number}" for number in range(50, 68)]


@dataclass(frozen=True)
class RunParameters:
    """Parameters of a run: street, month and category."""

    street: str
    first: date
    last: date
    category: str

    @property
    def box(self) -> BoundingBox:
        """A bounding box in the town."""
        west = 113.27 + int(self.category[1:]) / 200
        return BoundingBox(west, 40.08, west + 0.006, 40.0845)

    def filter(self, **more: Any) -> IncidentQuery:  # noqa: ANN401 - fields of the filter
        """Return the query for incidents reported in the month."""
        since, until = day_span(self.first, self.last)
        return IncidentQuery(since=since, until=until, **more)


def main() -> None:
    """Fill and measure the databases."""
    wanted = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else INCIDENTS
    print(describe())
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / "geogrid.db"  # noqa: PLR2004
        measure(f"sqlite:///{path}", wanted)
    if url := os.environ.get("GEOGRID_BENCH_POSTGIS_URL"):
        measure(url, wanted)


def measure(url: str, wanted: int) -> None:
    """Fill a database and print medians and query plans."""
    store = Store(url)
    store.upgrade()
    took = fill(store, wanted)
    with store.read() as connection:
        number = connection.execute(select(func.count()).select_from(incidents)).scalar_one()
        taken = connection.execute(select(func.count()).select_from(steps)).scalar_one()
        print(f"\n## {connection.dialect.name}: {number:,} incidents, {taken:,} steps\n")
    whole, of_steps = size(store) or 0, size(store, "steps") or 0
    print(f"filled in {took:.0f} s; {whole / number:,.0f} bytes an incident with its step, ", end="")
    print(f"{(whole - of_steps) / number:,.0f} without; {of_steps / taken:,.0f} a step\n")
    plans = {}
    for name, call in measured_calls(store).items():
        median, worst, plans[name] = run(store, call)
        print(f"{name:34} median {median * 1000:8.1f} ms   worst {worst * 1000:8.1f} ms")
    for name, plan in plans.items():
        print(f"\n### {name}\n\n" + "\n".join(plan))
    store.close()


def measured_calls(store: Store) -> dict[str, Callable[[RunParameters], object]]:
    """Return the measured calls by name."""
    formulas = load_formulas()
    return {
        "queue of a street, first page": lambda parameters: read_queue(
            store, SYSTEM, QueueQuery(street_code=parameters.street)
        ),
        "queue of all, first page": lambda _: read_queue(store, SYSTEM, QueueQuery()),
        "queue: category, overdue": lambda parameters: read_queue(
            store, SYSTEM, QueueQuery(category=parameters.category, urgency=Urgency.OVERDUE)
        ),
        "list: street, month, category": lambda parameters: list_incidents(
            store, parameters.filter(street=parameters.street, category=parameters.category)
        ),
        "list: status, newest": lambda _: list_incidents(store, IncidentQuery(status=Standing.HANDLING)),
        "list: street, status": lambda parameters: list_incidents(
            store, IncidentQuery(street=parameters.street, status=Standing.HANDLING)
        ),
        "list: street, open": lambda parameters: list_incidents(
            store, IncidentQuery(street=parameters.street, status=Standing.OPEN)
        ),
        "list: grid": lambda parameters: list_incidents(store, IncidentQuery(grid=f"{parameters.street}0010005")),
        "list: dedicated grids, month": lambda parameters: list_incidents(
            store, parameters.filter(layer=Layer.DEDICATED)
        ),
        "list: source, category": lambda parameters: list_incidents(
            store, IncidentQuery(source="inspection", category=parameters.category)
        ),
        "list: department, street": lambda parameters: list_incidents(
            store, IncidentQuery(department="住房和城乡建设", street=parameters.street)
        ),
        "list: worker": lambda parameters: list_incidents(
            store, IncidentQuery(worker=f"synthetic:{parameters.street}0010005")
        ),
        "list: department of few": lambda _: list_incidents(store, IncidentQuery(department="司法行政")),
        "list: source of none": lambda _: list_incidents(store, IncidentQuery(source="system")),
        "list: box of 500 m": lambda parameters: list_incidents(store, IncidentQuery(box=parameters.box)),
        "list: no such category": lambda _: list_incidents(store, IncidentQuery(category="J01")),
        "KPI of a street and month": lambda parameters: build_figure_table(
            store, formulas, IncidentQuery(street=parameters.street), (parameters.first, parameters.last)
        ),
        "KPI of a month": lambda parameters: build_figure_table(
            store, formulas, IncidentQuery(), (parameters.first, parameters.last)
        ),
        "KPI of a month by street": lambda parameters: build_figure_table(
            store, formulas, IncidentQuery(), (parameters.first, parameters.last), by=TableGrouping.STREET
        ),
    }


def run(store: Store, call: Callable[[RunParameters], object]) -> tuple[float, float, list[str]]:
    """Return median and maximum seconds, and the query plans of the last run."""
    runs = list(run_parameters())
    call(runs[0])
    times = []
    for parameters in runs[1:]:
        begin = time.perf_counter()
        call(parameters)
        times.append(time.perf_counter() - begin)
    with statements(store) as seen:
        call(runs[-1])
    return statistics.median(times), max(times), [line for one in seen for line in explain(store, *one)]


def run_parameters() -> Iterator[RunParameters]:
    """Yield the parameters of the runs, ever further back in time."""
    first, last = date(2022, 6, 1), date(2022, 6, 30)
    for number in range(RUNS + 1):
        yield RunParameters(_STREETS[number % len(_STREETS)], first, last, f"Z{number % 10 + 1:02}")
        first, last = period_before(first, last)


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Yield the list of statements sent in the block."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    with store.read() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def explain(store: Store, statement: str, parameters: Any) -> Iterator[str]:  # noqa: ANN401 - as the driver has them
    """Yield the lines of the query plan of a statement."""
    word = "EXPLAIN QUERY PLAN" if store_is_sqlite(store) else "EXPLAIN"
    with store.read() as connection:
        for row in connection.exec_driver_sql(f"{word} {statement}", parameters):
            yield f"- {row[-1]}"


def store_is_sqlite(store: Store) -> bool:
    """Return whether a database is SQLite."""
    with store.read() as connection:
        return connection.dialect.name == "sqlite"


if __name__ == "__main__":
    main()
