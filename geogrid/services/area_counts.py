"""Counts by area for figures of areas, from the database or from the incident cache."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.model.synthetic_share import SyntheticShare
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import (
    CLOSED_SHARES,
    MEASURE_RULES,
    SMOOTHED_MEASURES,
    Measure,
    measure_intervals,
    measure_values,
)
from geogrid.stats.smoothing import rate_intervals, share_intervals, smooth_rates, smooth_shares
from geogrid.stats.survival import Quantiles, survival_quantiles
from geogrid.store.durations import count_durations
from geogrid.store.figure_counts import Grouping, count_by_formulas
from geogrid.store.incident_conditions import choose
from geogrid.store.incidents import count_incidents
from geogrid.store.populations import read_populations

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Population
    from geogrid.rules.formulas import Formulas
    from geogrid.services.incident_cache import IncidentCache
    from geogrid.stats.area_table_model import AreaQuery
    from geogrid.stats.generation_areas import AreaSet

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_DECIMALS: Final = 4
_THOUSAND: Final = 1_000
_GROUPING: Final = {
    AreaLevel.GRID: Grouping.BASE_GRID,
    AreaLevel.DEDICATED: Grouping.DEDICATED_GRID,
    AreaLevel.COMMUNITY: Grouping.COMMUNITY,
    AreaLevel.STREET: Grouping.STREET,
}


@dataclass(frozen=True, slots=True, eq=False)
class AreaCounts:
    """The counts of all areas of a level, in the order of the area set.

    Attributes
    ----------
    base, part
        The denominator and numerator counts of the measure; of a time to closing the incidents and the closed ones.
    hours
        The time to closing with its interval, NaN for none; None for other measures.
    people
        The population, NaN if unknown.
    n, elsewhere, synthetic, sources
        As in `AreaTable`.
    """

    base: Whole
    part: Whole | None
    hours: Quantiles | None
    people: Floats
    n: int
    elsewhere: int
    synthetic: SyntheticShare
    sources: tuple[str, ...]


def count_areas(
    connection: Connection,
    formulas: Formulas,
    area_set: AreaSet,
    filters: IncidentQuery,
    question: AreaQuery,
    cache: IncidentCache | None,
    now: datetime,
) -> AreaCounts:
    """Return the counts of a measure by area; see `geogrid.services.area_figures.build_area_table`."""
    rule, by = MEASURE_RULES[question.measure], _GROUPING[question.by]
    positions: dict[str | None, int] = {code: position for position, code in enumerate(area_set.codes)}
    hours, part = None, None
    if rule.base is None:
        found = cache.count_durations(filters, by, positions, now) if cache else None
        if found is None:
            found = count_durations(connection, filters, by, positions, now)
        n, known = int((found.closed + found.still_open).sum()), found.areas >= 0
        area, closed, still_open = found.areas[known], found.closed[known], found.still_open[known]
        base, part = (
            np.bincount(area, weights=number, minlength=len(positions)).astype(np.int64)
            for number in (closed + still_open, closed)
        )
        share = CLOSED_SHARES[question.measure]
        hours = survival_quantiles(area, found.hours[known], closed, still_open, len(positions), share)
    else:
        counts_by_code = {code: formulas.counts[code] for code in (rule.base, rule.part) if code}
        tallies = cache.count_by_formulas(filters, counts_by_code, by, now) if cache else None
        if tallies is None:
            tallies = count_by_formulas(
                connection, filters, formulas.model_copy(update={"counts": counts_by_code, "rates": {}}), now, by
            )
        n = sum(counts[rule.base] for counts in tallies.values())
        columns = [
            np.array([tallies[code][name] if code in tallies else 0 for code in area_set.codes])
            for name in counts_by_code
        ]
        base, part = columns[0].astype(np.int64), columns[1].astype(np.int64) if rule.part else None
    synthetic = cache.count_synthetic(filters) if cache else None
    if synthetic is None:
        counted = count_incidents(connection, choose(connection, filters))
        synthetic = SyntheticShare.of(counted.received, counted.synthetic)
    populations = read_populations(connection)
    people = [populations.get(code) for code in area_set.codes]
    return AreaCounts(
        base=base,
        part=part,
        hours=hours,
        people=np.array([np.nan if population is None else population.people for population in people]),
        n=n,
        elsewhere=n - int(base.sum()),
        synthetic=replace(synthetic, population=any(known.synthetic for known in people if known)),
        sources=_sources(people),
    )


@dataclass(frozen=True, slots=True, eq=False)
class AreaValues:
    """The values of all areas, rounded; NaN for no value.

    Attributes
    ----------
    values, low, high
        The measure and its 95 % interval, shape (n,).
    smoothed, smoothed_low, smoothed_high
        Its empirical Bayes estimate and the 95 % interval of that, shape (n,).
    """

    values: Floats
    low: Floats
    high: Floats
    smoothed: Floats
    smoothed_low: Floats
    smoothed_high: Floats


def compute_values(
    measure: Measure, area_set: AreaSet, counts: AreaCounts, included: NDArray[np.bool_], suppressed: NDArray[np.bool_]
) -> AreaValues:
    """Return the values of areas, their intervals and their smoothed values.

    Parameters
    ----------
    measure, area_set, counts
        The measure, the areas and their counts.
    included
        Areas with values, shape (n,).
    suppressed
        Areas whose counts are treated as 0, shape (n,).
    """
    base = np.where(suppressed, 0, counts.base)
    part = None if counts.part is None else np.where(suppressed, 0, counts.part)
    if counts.hours is None:
        values = measure_values(measure, base, part, area_set.km2, counts.people)
        low, high = measure_intervals(measure, base, part, area_set.km2, counts.people)
    else:
        values, low, high = (np.where(suppressed, np.nan, hours) for hours in counts.hours)
    smoothed = np.full((3, len(values)), np.nan)
    if measure is Measure.PER_1000:
        events, people = base[included].astype(np.float64), counts.people[included]
        smoothed[:, included] = np.vstack([smooth_rates(events, people), *rate_intervals(events, people)]) * _THOUSAND
    elif part is not None and measure in SMOOTHED_MEASURES:
        events, trials = part[included].astype(np.float64), base[included].astype(np.float64)
        smoothed[:, included] = np.vstack([smooth_shares(events, trials), *share_intervals(events, trials)])
    rounded = round_shares if part is not None and counts.hours is None else _round
    return AreaValues(*(rounded(np.where(included, column, np.nan)) for column in (values, low, high, *smoothed)))


def _round(values: Floats) -> Floats:
    return values.round(_DECIMALS)


def round_shares(shares: Floats) -> Floats:
    """Return shares rounded to four decimals; 0 and 1 only for 0 and 1, as `geogrid.model.figures.Rate.value`.

    Examples
    --------
    >>> round_shares(np.array([0.00001, 0.98744, 0.99999, 1.0])).tolist()
    [0.0001, 0.9874, 0.9999, 1.0]
    """
    least = 10.0**-_DECIMALS
    inside = (shares > 0) & (shares < 1)
    return np.where(inside, np.clip(shares, least, 1 - least), shares).round(_DECIMALS)


def _sources(populations: list[Population | None]) -> tuple[str, ...]:
    return tuple(sorted({population.source for population in populations if population}))
