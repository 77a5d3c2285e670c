"""Response models and query parameters of figures by area."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from geogrid.model import Layer
from geogrid.stats.area_table_model import AreaQuery
from geogrid.stats.class_breaks import MAX_CLASSES, MIN_CLASSES, ClassMethod
from geogrid.stats.generation_areas import AreaLevel
from geogrid.stats.measures import Measure
from geogrid_api.schemas.figures import RestatementGapResponse, make_gap_response
from geogrid_api.schemas.synthetic_share import SyntheticShareResponse, make_share_response

if TYPE_CHECKING:
    from geogrid.services.counting_basis import RestatementGap
    from geogrid.stats.area_table_model import AreaRow, AreaTable


class AreaResponse(BaseModel):
    """Figures of an area."""

    code: str
    name: str
    layer: Layer
    parent: str | None
    km2: float
    people: int | None = Field(description="Population; null if unknown.")
    n: int | None = Field(description="Number of incidents that the value is based on; null if hidden, see `hidden`.")
    part: int | None = Field(description="Numerator of a share; of a time to closing the closed incidents.")
    value: float | None = Field(description="The requested measure; null if undefined or hidden.")
    low: float | None = Field(description="Lower limit of its 95 % interval; null without a value or a limit.")
    high: float | None = Field(description="Upper limit of its 95 % interval; null without a value or a limit.")
    smoothed: float | None = Field(description="Rate smoothed towards the mean of all areas; the less data, the more.")
    smoothed_low: float | None = Field(description="Lower limit of the 95 % interval of the smoothed rate.")
    smoothed_high: float | None = Field(description="Upper limit of the 95 % interval of the smoothed rate.")
    small: bool = Field(description="Whether n is below `small_below`.")
    in_class: int | None = Field(serialization_alias="class", description="Class index from 0; null without a value.")
    hot_spot: int | None = Field(
        description="1, 2, 3: hot spot with a false discovery rate of 10, 5, 1 %; -1 to -3: cold spot; 0: neither; "
        "null: not a base grid."
    )
    z: float | None = Field(description="z score of Gi*.")
    p: float | None = Field(description="Two-sided p value of Gi*, before the correction for multiple tests.")
    q: float | None = Field(description="Smallest false discovery rate at which the grid is called.")


class HotAreaResponse(BaseModel):
    """Contiguous grids with significantly bad values."""

    codes: list[str] = Field(description="Codes of the grids, the most significant first.")
    n: int | None = Field(description="Number of incidents of the measure's base; null if hidden.")
    observed: int | None = Field(description="Number of incidents that the measure counts; null if hidden.")
    expected: float | None = Field(description="Expected number of these if the district's rate held everywhere.")
    excess: float | None = Field(description="`observed` minus `expected`.")


class ClassResponse(BaseModel):
    """A class of values."""

    upper: float = Field(description="Highest value of the class.")
    areas: int


class AreaTableResponse(BaseModel):
    """Table of figures by area."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    by: AreaLevel
    measure: Measure
    classes: list[ClassResponse]
    lowest: float | None = Field(description="Lowest value of all areas.")
    n: int = Field(description="Number of all incidents, also outside these areas.")
    elsewhere: int = Field(description="Number of incidents outside all areas of these layers.")
    hidden: int = Field(description="Number of areas with fewer than three incidents, hidden from anonymous users.")
    small_below: int
    generation: int = Field(description="Id of the generation that the areas come from.")
    counted_by: int | None = Field(
        description="Id of the generation that assigned the incidents; null: generation of their day."
    )
    restatement: RestatementGapResponse | None = Field(
        description="Restatement to complete before figures by area fit the present shapes; null if nothing is missing."
    )
    formulas: str = Field(description="Version of the formulas.")
    people_sources: list[str]
    synthetic: bool
    synthetic_share: SyntheticShareResponse
    ranking: list[str] = Field(description="Codes of the significant areas, highest absolute z score first.")
    hot_areas: list[HotAreaResponse] = Field(description="Contiguous bad hot spots, greatest excess first.")
    too_few: bool | None = Field(description="Whether there are too few incidents to call any grid.")
    rows: list[AreaResponse]


def make_areas_response(table: AreaTable, gap: RestatementGap | None) -> AreaTableResponse:
    """Return the response for a table of figures by area."""
    classes = zip(table.classes.bounds, table.classes.counts, strict=True)
    return AreaTableResponse(
        first=table.first,
        last=table.last,
        by=table.query.by,
        measure=table.query.measure,
        classes=[ClassResponse(upper=upper, areas=areas) for upper, areas in classes],
        lowest=table.classes.lowest if table.classes.bounds else None,
        n=table.n,
        elsewhere=table.elsewhere,
        hidden=table.hidden,
        small_below=table.small_below,
        generation=table.generation.id,
        counted_by=table.by_generation,
        restatement=make_gap_response(gap),
        formulas=table.formulas,
        people_sources=list(table.people_sources),
        synthetic=bool(table.synthetic),
        synthetic_share=make_share_response(table.synthetic),
        ranking=list(table.ranking),
        hot_areas=[HotAreaResponse(**asdict(area)) for area in table.hot_areas],
        too_few=table.too_few,
        rows=[_make_area_response(row) for row in table.rows],
    )


def _make_area_response(row: AreaRow) -> AreaResponse:
    return AreaResponse(**{name: getattr(row, name) for name in AreaResponse.model_fields})


async def read_area_query(
    by: Annotated[
        AreaLevel, Query(description="Level of the areas. Dedicated grids overlap base grids and form their own level.")
    ] = (AreaLevel.GRID),
    classes: Annotated[ClassMethod, Query(description="Method that sets the class bounds.")] = ClassMethod.QUANTILES,
    k: Annotated[
        int, Query(ge=MIN_CLASSES, le=MAX_CLASSES, description="Number of classes, without `bounds`.")
    ] = MIN_CLASSES,
    bounds: Annotated[
        str | None,
        Query(
            pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,9})?(,-?[0-9]{1,9}(\.[0-9]{1,9})?){0,5}$",
            description="Ascending upper bounds of all classes except the last; implies classes=fixed.",
            examples=["10,20,50,100"],
        ),
    ] = None,
) -> AreaQuery:
    """Return the level of the areas and the classification from the query parameters."""
    fixed = tuple(float(bound) for bound in bounds.split(",")) if bounds else ()
    return AreaQuery(by=by, method=ClassMethod.FIXED if fixed else classes, k=k, bounds=fixed)


AreaQueryDep = Annotated[AreaQuery, Depends(read_area_query)]
