"""What the figures of areas are made from, counted by the database or by columns in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.measures import MEASURE_RULES, weighted_medians
from geogrid.store.durations import closing_hours
from geogrid.store.figures import Grouping, any_synthetic, tally
from geogrid.store.populations import read_populations

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Population
    from geogrid.rules.formulas import Formulas
    from geogrid.services.incident_cache import Overview
    from geogrid.stats.area_sets import AreaSet
    from geogrid.stats.area_table import AreaQuery

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_GROUPING: Final = {
    AreaLevel.GRID: Grouping.BASE_GRID,
    AreaLevel.DEDICATED: Grouping.DEDICATED_GRID,
    AreaLevel.COMMUNITY: Grouping.COMMUNITY,
    AreaLevel.STREET: Grouping.STREET,
}


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What the database has told of all areas of a level.

    Attributes
    ----------
    base, part
        The counts of the measure's rule.
    medians
        Hours, NaN for none.
    people
        NaN where nobody has told.
    n, elsewhere, synthetic, sources
        As in `AreaTable`.
    """

    base: Whole
    part: Whole | None
    medians: Floats
    people: Floats
    n: int
    elsewhere: int
    synthetic: bool
    sources: tuple[str, ...]


def count_areas(
    connection: Connection,
    formulas: Formulas,
    level: AreaSet,
    chosen: IncidentQuery,
    asked: AreaQuery,
    overview: Overview | None,
    now: datetime,
) -> Counted:
    """Count what a measure is made of, by areas; see `geogrid.services.area_figures.areal_table`."""
    rule, by = MEASURE_RULES[asked.measure], _GROUPING[asked.by]
    places: dict[str | None, int] = {code: place for place, code in enumerate(level.codes)}
    medians, part = np.full(len(places), np.nan), None
    if rule.base is None:
        taken = overview.closing_hours(chosen, by, places) if overview else None
        area, hours, number = taken or closing_hours(connection, chosen, by, places)
        known, n = area >= 0, int(number.sum())
        base = np.bincount(area[known], weights=number[known], minlength=len(places)).astype(np.int64)
        medians = weighted_medians(area[known], hours[known], number[known], len(places))
    else:
        wanted = {code: formulas.counts[code] for code in (rule.base, rule.part) if code}
        found = overview.tally(chosen, wanted, by, now) if overview else None
        if found is None:
            found = tally(connection, chosen, formulas.model_copy(update={"counts": wanted, "rates": {}}), now, by)
        n = sum(counts[rule.base] for counts in found.values())
        columns = [np.array([found[code][name] if code in found else 0 for code in level.codes]) for name in wanted]
        base, part = columns[0].astype(np.int64), columns[1].astype(np.int64) if rule.part else None
    synthetic = overview.any_synthetic(chosen) if overview else None
    if synthetic is None:
        synthetic = any_synthetic(connection, chosen)
    told = read_populations(connection)
    people = [told.get(code) for code in level.codes]
    return Counted(
        base=base,
        part=part,
        medians=medians,
        people=np.array([np.nan if one is None else one.people for one in people]),
        n=n,
        elsewhere=n - int(base.sum()),
        synthetic=synthetic or any(one.synthetic for one in people if one),
        sources=_sources(people),
    )


def _sources(people: list[Population | None]) -> tuple[str, ...]:
    return tuple(sorted({one.source for one in people if one}))
