"""Dataclasses of the query and the result table of the figures of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.stats.class_breaks import MIN_CLASSES, Classes, ClassMethod
from geogrid.stats.measures import Measure

if TYPE_CHECKING:
    from datetime import date

    from geogrid.model import Generation, Layer
    from geogrid.model.synthetic_share import SyntheticShare
    from geogrid.stats.generation_areas import AreaLevel
    from geogrid.stats.hot_areas import HotArea


@dataclass(frozen=True, slots=True)
class AreaQuery:
    """Query for figures of areas.

    Attributes
    ----------
    by
        Level of the areas.
    measure
        The measure.
    method, k, bounds
        Parameters of `geogrid.stats.class_breaks.classify`.
    smoothed
        Whether to classify the smoothed values; only for a measure in `SMOOTHED_MEASURES`.
    """

    by: AreaLevel
    measure: Measure = Measure.PER_KM2
    method: ClassMethod = ClassMethod.QUANTILES
    k: int = MIN_CLASSES
    bounds: tuple[float, ...] = ()
    smoothed: bool = False


@dataclass(frozen=True, slots=True)
class AreaRow:
    """Figures of one area.

    Attributes
    ----------
    code, name, layer, parent
        Columns of the layer.
    km2
        Area on the ellipsoid.
    people
        Population; None if unknown.
    n
        Number of incidents of the value; None if hidden.
    part
        Numerator of a share, or closed incidents of a time to closing; else None.
    value
        The measure; None if undefined or hidden.
    low, high
        Its 95 % interval, see `geogrid.stats.measures.measure_intervals` and `geogrid.stats.survival`; None without
        a value, or where the data do not limit it.
    smoothed
        Empirical Bayes estimate of the value, see `geogrid.stats.smoothing`; None if the measure is not smoothed.
    smoothed_low, smoothed_high
        The 95 % interval of the estimate, see `geogrid.stats.smoothing.rate_intervals`.
    small
        Whether n is below `AreaTable.small_below`.
    in_class
        Class of the value, from 0; None without a value.
    hot_spot
        1, 2, 3: hot spot with a false discovery rate of 10, 5 and 1 %; -1 to -3: cold spot; 0: not significant;
        None: not computed.
    z, p, q
        Standard score, two-sided probability before the correction for multiple tests, and smallest false discovery
        rate at which the area is called; None if not computed, or if they would reveal a hidden count.
    """

    code: str
    name: str
    layer: Layer
    parent: str | None
    km2: float
    people: int | None
    n: int | None
    part: int | None
    value: float | None
    low: float | None
    high: float | None
    smoothed: float | None
    smoothed_low: float | None
    smoothed_high: float | None
    small: bool
    in_class: int | None
    hot_spot: int | None
    z: float | None
    p: float | None
    q: float | None


@dataclass(frozen=True, slots=True)
class AreaTable:
    """Figures of all areas of a level.

    Attributes
    ----------
    query
        The query.
    rows
        One row for each area, in the order of the areas.
    classes
        The classes of the values.
    n
        Number of incidents of the measure's base that match the filter.
    elsewhere
        Number of these in none of the areas: outside the district, or in areas that the generation lacks.
    small_below
        Number of incidents below which an area is small.
    first, last
        The period.
    generation
        The generation of the areas.
    by_generation
        Id of the generation by which all incidents are counted; None: each by the layers of its own day.
    formulas
        Version of the formulas.
    synthetic
        The synthetic part of the incidents, the layers and the population.
    people_sources
        Sources of the population.
    hidden
        Number of areas with hidden figures: fewer than three incidents, and an anonymous user.
    ranking
        Codes of the significant areas by descending distance from 0.
    hot_areas
        Contiguous grids with significantly bad values by descending excess.
    too_few
        Whether there are too few incidents to call any grid; None if hot spots are not computed.
    """

    query: AreaQuery
    rows: tuple[AreaRow, ...]
    classes: Classes
    n: int
    elsewhere: int
    small_below: int
    first: date | None
    last: date | None
    generation: Generation
    by_generation: int | None
    formulas: str
    synthetic: SyntheticShare
    people_sources: tuple[str, ...]
    hidden: int
    ranking: tuple[str, ...]
    hot_areas: tuple[HotArea, ...]
    too_few: bool | None
