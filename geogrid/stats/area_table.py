"""Figures of areas: what is asked, and the table that it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.stats.class_breaks import MIN_CLASSES, Classes, ClassMethod
from geogrid.stats.measures import Measure

if TYPE_CHECKING:
    from datetime import date

    from geogrid.model import Generation, Layer
    from geogrid.stats.area_sets import AreaLevel


@dataclass(frozen=True, slots=True)
class AreaQuery:
    """What is asked of areas.

    Attributes
    ----------
    by
        Which areas.
    measure
        What is measured.
    method, k, bounds
        As `geogrid.stats.class_breaks.classify` takes them.
    smoothed
        Whether the classes are those of the smoothed values; only of a measure in `SMOOTHED`.
    """

    by: AreaLevel
    measure: Measure = Measure.PER_KM2
    method: ClassMethod = ClassMethod.QUANTILES
    k: int = MIN_CLASSES
    bounds: tuple[float, ...] = ()
    smoothed: bool = False


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area with its figures.

    Attributes
    ----------
    code, name, layer, parent
        As in its layer.
    km2
        On the ellipsoid.
    people
        How many live there; None where nobody has said.
    n
        How many incidents the value is made of; None where that is not told.
    part
        The numerator of a share, else None.
    value
        The measure; None where there is none, or where it is not told.
    smoothed
        The value drawn towards that of all areas, see `geogrid.stats.smoothing`; None where a measure is not smoothed.
    small
        Whether n is below `AreaTable.small_below`.
    in_class
        Its class, from 0; None for no value.
    hot_spot
        1, 2 and 3: hot beyond chance at 90, 95 and 99 %; -1 to -3: cold; 0: not beyond chance; None: not asked.
    z, p
        The standard score behind it, and the chance of one as far from 0, before the correction for many areas.
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
    smoothed: float | None
    small: bool
    in_class: int | None
    hot_spot: int | None
    z: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class AreaTable:
    """Figures by areas.

    Attributes
    ----------
    asked
        What was asked.
    rows
        In the order of the areas.
    classes
        The bounds of the classes.
    n
        How many incidents the filter chooses, or of another base than the received, how many of these.
    elsewhere
        How many of them lie in none of these areas: outside of the district, or in areas that these layers lack.
    small_below
        An area with fewer incidents is small.
    first, last
        The period.
    generation
        The layers that the areas are of.
    by_generation
        The generation that all incidents were counted by; None: each by the layers of its own day.
    formulas
        The version of the formulas.
    synthetic
        Whether any of the incidents, layers or people are made up.
    people_sources
        Where the numbers of people come from.
    hidden
        How many areas are not told of, because they have 1 or 2 incidents and everybody may read this.
    ranking
        The codes of the areas beyond chance, the farthest first.
    """

    asked: AreaQuery
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
    synthetic: bool
    people_sources: tuple[str, ...]
    hidden: int
    ranking: tuple[str, ...]
