"""Figures by grid, community or street, with class breaks, hot spots and smoothed rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import QueryError
from geogrid.local_time import day_span
from geogrid.model import BASE_LAYERS
from geogrid.permissions import area_within_bounds
from geogrid.services.area_counts import compute_values, count_areas
from geogrid.services.area_hot_spots import find_area_hot_spots, of_whole_district
from geogrid.stats.area_table_model import AreaRow, AreaTable
from geogrid.stats.class_breaks import NO_CLASS, classify
from geogrid.stats.disclosure_control import MIN_COUNT
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import MEASURE_RULES, SMOOTHED_MEASURES

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from numpy.typing import NDArray

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Layer
    from geogrid.rules.formulas import Formulas
    from geogrid.services.area_counts import AreaCounts, AreaValues
    from geogrid.services.area_hot_spots import AreaHotSpots
    from geogrid.services.incident_cache import IncidentCache
    from geogrid.stats.area_table_model import AreaQuery
    from geogrid.stats.class_breaks import Classes
    from geogrid.stats.generation_areas import AreaSet, GenerationAreas
    from geogrid.stats.measures import Measure
    from geogrid.store.database import Store

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_DECIMALS: Final = 4


def build_area_table(
    store: Store,
    formulas: Formulas,
    areas: GenerationAreas,
    filters: IncidentQuery,
    days: tuple[date | None, date | None],
    question: AreaQuery,
    *,
    coarse: bool = False,
    cache: IncidentCache | None = None,
    now: datetime | None = None,
) -> AreaTable:
    """Return a measure by area, from one database snapshot.

    Parameters
    ----------
    store
        The database.
    formulas
        The formulas of counts and rates.
    areas
        The areas of the displayed generation.
    filters
        The incidents; `days` replaces its period. The table excludes areas outside its street, community, grid, layer
        and bounds, and areas that lie only partly within the bounds, because their counts would be incomplete.
    days
        The first and the last day of the period.
    question
        The measure, the kind of area, the classification and the smoothing.
    coarse
        Apply disclosure control: suppress the figures of areas with fewer than
        `geogrid.stats.disclosure_control.MIN_COUNT` incidents.
    cache
        The incident cache, which counts in a tenth of the time; by default the database counts.
    now
        The current time, by default.

    Raises
    ------
    QueryError
        If the period or the class bounds are not valid, if the measure cannot be smoothed, or if the formulas lack its
        counts.
    ConflictError
        If the filters name a generation that has not restated all of the incidents.
    """
    if question.smoothed and question.measure not in SMOOTHED_MEASURES:
        raise QueryError("This measure cannot be smoothed.", code="not_smoothed", field="measure")
    areas.check_level(question.by)
    _check_counted(question.measure, formulas)
    since, until = day_span(*days)
    period_filters = replace(filters, since=since, until=until)
    area_set = areas.level(question.by)
    now = now or datetime.now(UTC)
    # Hot spots are found among all grids, whichever of them the filters select.
    district = of_whole_district(period_filters) if question.by is AreaLevel.GRID else period_filters
    with store.read() as connection:
        count = partial(count_areas, connection, formulas, area_set, question=question, cache=cache, now=now)
        counts = count(period_filters)
        in_district = counts if district == period_filters else count(district)
    included = np.array(
        [
            _is_included(period_filters, areas.tree.lineage(code), layer)
            for code, layer in zip(area_set.codes, area_set.layers, strict=True)
        ]
    )
    suppressed = (counts.base < MIN_COUNT) & included if coarse else np.zeros(len(included), dtype=bool)
    values = compute_values(question.measure, area_set, counts, included, suppressed)
    published = np.where(suppressed, np.nan, values.smoothed if question.smoothed else values.values)
    classes = classify(published[included], question.method, question.k, question.bounds)
    spots = None
    if question.by is AreaLevel.GRID:
        spots = find_area_hot_spots(areas, in_district, question.measure, included, coarse=coarse)
    rows = _build_rows(area_set, counts, question, classes, spots, included, suppressed, values)
    return AreaTable(
        query=question,
        rows=rows,
        classes=classes,
        n=counts.n,
        elsewhere=counts.elsewhere,
        small_below=MEASURE_RULES[question.measure].small_below,
        first=days[0],
        last=days[1],
        generation=areas.generation,
        by_generation=filters.by_generation,
        formulas=formulas.version,
        synthetic=replace(counts.synthetic, grids=areas.generation.synthetic),
        people_sources=counts.sources,
        hidden=int(suppressed.sum()),
        ranking=spots.ranking if spots else (),
        hot_areas=spots.hot_areas if spots else (),
        too_few=spots.too_few if spots else None,
    )


def _check_counted(measure: Measure, formulas: Formulas) -> None:
    """Raise if the formulas lack a count of a measure, such as that of a source that the district does not have."""
    if not MEASURE_RULES[measure].counts <= formulas.counts.keys():
        raise QueryError(
            "The formulas of this district do not count this measure.",
            code="measure_not_counted",
            field="measure",
            allowed=[one for one, rule in MEASURE_RULES.items() if rule.counts <= formulas.counts.keys()],
        )


def _is_included(filters: IncidentQuery, lineage: Collection[str], layer: Layer) -> bool:
    single = [{code} for code in (filters.community, filters.grid) if code]
    wanted = [set(filters.street), *single] if filters.street else single
    inside = all(not codes.isdisjoint(lineage) for codes in wanted)
    same_layer = (
        filters.layer is None or layer not in BASE_LAYERS or filters.layer not in BASE_LAYERS or layer == filters.layer
    )
    return inside and same_layer and (filters.within is None or area_within_bounds(filters.within, lineage))


def _build_rows(
    area_set: AreaSet,
    counts: AreaCounts,
    question: AreaQuery,
    classes: Classes,
    spots: AreaHotSpots | None,
    included: NDArray[np.bool_],
    suppressed: NDArray[np.bool_],
    values: AreaValues,
) -> tuple[AreaRow, ...]:
    small = counts.base < MEASURE_RULES[question.measure].small_below
    class_by_row = {int(row): int(in_class) for row, in_class in zip(np.flatnonzero(included), classes.of, strict=True)}
    return tuple(
        AreaRow(
            code=area_set.codes[row],
            name=area_set.names[row],
            layer=area_set.layers[row],
            parent=area_set.parents[row],
            km2=float(area_set.km2[row]),
            people=None if np.isnan(counts.people[row]) else int(counts.people[row]),
            n=None if suppressed[row] else int(counts.base[row]),
            part=None if suppressed[row] or counts.part is None else int(counts.part[row]),
            value=None if suppressed[row] else _float_or_none(values.values[row]),
            low=None if suppressed[row] else _float_or_none(values.low[row]),
            high=None if suppressed[row] else _float_or_none(values.high[row]),
            smoothed=None if suppressed[row] else _float_or_none(values.smoothed[row]),
            smoothed_low=None if suppressed[row] else _float_or_none(values.smoothed_low[row]),
            smoothed_high=None if suppressed[row] else _float_or_none(values.smoothed_high[row]),
            small=bool(small[row]),
            in_class=None if in_class == NO_CLASS else in_class,
            hot_spot=int(spots.strength[row]) if spots else None,
            z=_float_or_none(spots.z[row].round(_DECIMALS)) if spots else None,
            p=_float_or_none(float(f"{spots.p[row]:.3g}")) if spots else None,
            q=_float_or_none(float(f"{spots.q[row]:.3g}")) if spots else None,
        )
        for row, in_class in class_by_row.items()
    )


def _float_or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
