"""Use cases around areas: figures by grid, community or street, with classes, hot spots and smoothed rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from geogrid.errors import QueryError
from geogrid.local_time import day_span
from geogrid.model import BASE_LAYERS
from geogrid.permissions import area_within_bounds
from geogrid.services.area_counts import count_areas
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.area_table import AreaRow, AreaTable
from geogrid.stats.class_breaks import NO_CLASS, classify
from geogrid.stats.disclosure_control import LEAST
from geogrid.stats.measures import RULES, SMOOTHED, Measure, measure_values
from geogrid.stats.smoothing import smooth_rates, smooth_shares

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Layer
    from geogrid.rules.formulas import Formulas
    from geogrid.services.area_counts import Counted
    from geogrid.services.incident_cache import Overview
    from geogrid.stats.area_sets import Areas, AreaSet
    from geogrid.stats.area_table import AreaQuestion
    from geogrid.stats.class_breaks import Classes
    from geogrid.stats.hotspots import HotSpots
    from geogrid.store.database import Store

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_DECIMALS: Final = 4
_THOUSAND: Final = 1_000


def areal_table(
    store: Store,
    formulas: Formulas,
    areas: Areas,
    chosen: IncidentQuery,
    days: tuple[date | None, date | None],
    asked: AreaQuestion,
    *,
    coarse: bool = False,
    overview: Overview | None = None,
    now: datetime | None = None,
) -> AreaTable:
    """Return figures by areas; all are of one moment, and counted in the database.

    Parameters
    ----------
    store
        Where the incidents are.
    formulas
        The formulas in use, by which a handled rate is what it is everywhere else.
    areas
        Those of the generation that is shown.
    chosen
        Which incidents; its period is replaced by `days`. Areas outside of its street, community, grid, layer and
        bounds are left out, and so is one that lies in the bounds in part only: its count would be one of that part.
    days
        The first and the last day of the period.
    asked
        What is asked of them.
    coarse
        Apply disclosure control: suppress the figures of areas with fewer than
        `geogrid.stats.disclosure_control.LEAST` incidents.
    overview
        Columns in memory, which count what they hold in a tenth of the time; by default the database counts all.
    now
        The present moment, by default.

    Raises
    ------
    QueryError
        If the period, the bounds of classes or the smoothing make no sense.
    ConflictError
        If they are to be counted by a generation that has not restated all of them.
    """
    if asked.smoothed and asked.measure not in SMOOTHED:
        raise QueryError("This measure is not smoothed.", code="not_smoothed", field="measure")
    since, until = day_span(*days)
    meant = replace(chosen, since=since, until=until)
    level = areas.level(asked.by)
    with store.read() as connection:
        counted = count_areas(connection, formulas, level, meant, asked, overview, now or datetime.now(UTC))
    kept = np.array([_is_meant(meant, code, layer) for code, layer in zip(level.codes, level.layers, strict=True)])
    hidden = (counted.base < LEAST) & kept if coarse else np.zeros(len(kept), dtype=bool)
    values, smoothed = _values(asked.measure, level, counted, kept, hidden)
    told = np.where(hidden, np.nan, smoothed if asked.smoothed else values)
    classes = classify(told[kept], asked.method, asked.k, asked.bounds)
    spots = None
    if asked.by is AreaLevel.GRID:
        # Of small areas a rate as it stands is mostly noise.
        spots = areas.hot_spots(smoothed if asked.measure in SMOOTHED else values)
    rows = _rows(level, counted, asked, classes, spots, kept, hidden, values, smoothed)
    return AreaTable(
        asked=asked,
        rows=rows,
        classes=classes,
        n=counted.n,
        elsewhere=counted.elsewhere,
        small_below=RULES[asked.measure].small_below,
        first=days[0],
        last=days[1],
        generation=areas.generation,
        by_generation=chosen.by_generation,
        formulas=formulas.version,
        synthetic=counted.synthetic or areas.generation.synthetic,
        people_sources=counted.sources,
        hidden=int(hidden.sum()),
        ranking=tuple(level.codes[row] for row in spots.ranking().tolist()) if spots else (),
    )


def _is_meant(chosen: IncidentQuery, code: str, layer: Layer) -> bool:
    inside = all(code.startswith(within) for within in (chosen.street, chosen.community, chosen.grid) if within)
    same_layer = (
        chosen.layer is None or layer not in BASE_LAYERS or chosen.layer not in BASE_LAYERS or layer == chosen.layer
    )
    return inside and same_layer and (chosen.within is None or area_within_bounds(chosen.within, code))


def _values(
    measure: Measure, level: AreaSet, counted: Counted, kept: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return the values of areas, and the same smoothed; NaN where there is none. Nothing that is hidden is in them."""
    base = np.where(hidden, 0, counted.base)
    part = None if counted.part is None else np.where(hidden, 0, counted.part)
    medians = np.where(hidden, np.nan, counted.medians)
    values = measure_values(measure, base, part, level.km2, counted.people, medians).round(_DECIMALS)
    values[~kept] = np.nan
    smoothed = np.full(len(values), np.nan)
    if measure is Measure.PER_1000:
        smoothed[kept] = smooth_rates(base[kept].astype(np.float64), counted.people[kept]) * _THOUSAND
    elif part is not None:
        smoothed[kept] = smooth_shares(part[kept].astype(np.float64), base[kept].astype(np.float64))
    return values, smoothed.round(_DECIMALS)


def _rows(
    level: AreaSet,
    counted: Counted,
    asked: AreaQuestion,
    classes: Classes,
    spots: HotSpots | None,
    kept: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    values: Floats,
    smoothed: Floats,
) -> tuple[AreaRow, ...]:
    small = counted.base < RULES[asked.measure].small_below
    told = {int(row): int(in_class) for row, in_class in zip(np.flatnonzero(kept), classes.of, strict=True)}
    return tuple(
        AreaRow(
            code=level.codes[row],
            name=level.names[row],
            layer=level.layers[row],
            parent=level.parents[row],
            km2=float(level.km2[row]),
            people=None if np.isnan(counted.people[row]) else int(counted.people[row]),
            n=None if hidden[row] else int(counted.base[row]),
            part=None if hidden[row] or counted.part is None else int(counted.part[row]),
            value=None if hidden[row] else _number(values[row]),
            smoothed=None if hidden[row] else _number(smoothed[row]),
            small=bool(small[row]),
            in_class=None if in_class == NO_CLASS else in_class,
            hot_spot=int(spots.strength[row]) if spots else None,
            z=_number(spots.z[row].round(_DECIMALS)) if spots else None,
            p=_number(float(f"{spots.p[row]:.3g}")) if spots else None,
        )
        for row, in_class in told.items()
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
