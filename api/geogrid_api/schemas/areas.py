"""Figures of areas as the service tells them, and what may be asked of them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from geogrid.model import Layer
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.area_table import AreaQuery
from geogrid.stats.class_breaks import MAX_CLASSES, MIN_CLASSES, ClassMethod
from geogrid.stats.measures import Measure

if TYPE_CHECKING:
    from geogrid.stats.area_table import AreaRow, AreaTable


class AreaAnswer(BaseModel):
    """An area with its figures."""

    code: str
    name: str
    layer: Layer
    parent: str | None
    km2: float
    people: int | None = Field(description="null where nobody has said, which is not 0.")
    n: int | None = Field(description="How many incidents the value is made of; null where that is not told.")
    part: int | None = Field(description="The numerator of a share.")
    value: float | None
    smoothed: float | None = Field(description="Drawn towards the mean of all by as much as chance may have moved it.")
    small: bool = Field(description="n is below `small_below`.")
    in_class: int | None = Field(serialization_alias="class", description="From 0; null for no value.")
    hot_spot: int | None = Field(
        description="1, 2, 3: hot beyond chance at 90, 95, 99 %; -1 to -3: cold; 0: neither; null: not a base grid."
    )
    z: float | None = Field(description="The standard score of Gi*.")
    p: float | None = Field(description="The chance of a score as far from 0, before the correction for many areas.")


class ClassAnswer(BaseModel):
    """A class of values."""

    upper: float = Field(description="The highest value that belongs to it.")
    areas: int


class AreasAnswer(BaseModel):
    """Figures by areas."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    by: AreaLevel
    measure: Measure
    classes: list[ClassAnswer]
    lowest: float | None = Field(description="The lowest value of all.")
    n: int = Field(description="How many incidents the values are made of, wherever they lie.")
    elsewhere: int = Field(description="Of these, in none of the areas of these layers.")
    hidden: int = Field(description="So many areas have fewer than three incidents, which strangers are not told.")
    small_below: int
    generation: int = Field(description="The layers that the areas are of.")
    counted_by: int | None = Field(description="The layers that all were counted by; null: those of each day.")
    formulas: str = Field(description="The version of the formulas.")
    people_sources: list[str]
    synthetic: bool
    ranking: list[str] = Field(description="The codes of the areas beyond chance, the farthest first.")
    rows: list[AreaAnswer]


def areas_answer(table: AreaTable) -> AreasAnswer:
    """Return a table."""
    classes = zip(table.classes.bounds, table.classes.counts, strict=True)
    return AreasAnswer(
        first=table.first,
        last=table.last,
        by=table.query.by,
        measure=table.query.measure,
        classes=[ClassAnswer(upper=upper, areas=areas) for upper, areas in classes],
        lowest=table.classes.lowest if table.classes.bounds else None,
        n=table.n,
        elsewhere=table.elsewhere,
        hidden=table.hidden,
        small_below=table.small_below,
        generation=table.generation.id,
        counted_by=table.by_generation,
        formulas=table.formulas,
        people_sources=list(table.people_sources),
        synthetic=table.synthetic,
        ranking=list(table.ranking),
        rows=[_area_answer(row) for row in table.rows],
    )


def _area_answer(row: AreaRow) -> AreaAnswer:
    return AreaAnswer(**{name: getattr(row, name) for name in AreaAnswer.model_fields})


def chosen_classes(
    by: Annotated[AreaLevel, Query(description="Dedicated grids lie on base grids, and are a level of their own.")] = (
        AreaLevel.GRID
    ),
    classes: Annotated[ClassMethod, Query(description="How the bounds of classes are chosen.")] = ClassMethod.QUANTILES,
    k: Annotated[
        int, Query(ge=MIN_CLASSES, le=MAX_CLASSES, description="How many classes, if no bounds are given.")
    ] = MIN_CLASSES,
    bounds: Annotated[
        str | None,
        Query(
            pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,9})?(,-?[0-9]{1,9}(\.[0-9]{1,9})?){0,5}$",
            description="The upper bounds of all classes but the last, ascending: classes=fixed.",
            examples=["10,20,50,100"],
        ),
    ] = None,
) -> AreaQuery:
    """Read which areas are asked for, and how their values are put in classes."""
    given = tuple(float(bound) for bound in bounds.split(",")) if bounds else ()
    return AreaQuery(by=by, method=ClassMethod.FIXED if given else classes, k=k, bounds=given)


QuestionDep = Annotated[AreaQuery, Depends(chosen_classes)]
