"""Response models of counts and rates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from geogrid.model.figures import percentage_point_change
from geogrid.services.figure_tables import ComparisonPeriod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model.figures import Figure, Rate
    from geogrid.services.figure_tables import FigureRow

    Periods = Mapping[ComparisonPeriod, tuple[date, date]]


class FigureResponse(BaseModel):
    """A rate with its numerator and denominator."""

    code: str = Field(examples=["in_time_rate"])
    numerator: int
    denominator: int
    rate: float | None = Field(description="numerator / denominator, to four decimals; null if the denominator is 0.")
    low: float | None = Field(description="Lower limit of the 95 % interval (Wilson 1927).")
    high: float | None = Field(description="Upper limit of the 95 % interval.")
    excluded: dict[str, int] = Field(description="Number of incidents excluded from the denominator, by reason.")


class EarlierFigureResponse(FigureResponse):
    """A rate in an earlier period, and its change up to the present period."""

    points: float | None = Field(description="Present rate minus earlier rate, in percentage points.")


class EarlierPeriodResponse(BaseModel):
    """Counts and rates of an earlier period."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    counts: dict[str, int]
    figures: list[EarlierFigureResponse]


class FigureRowResponse(BaseModel):
    """Counts and rates of one group of incidents, such as a street."""

    key: str | None = Field(description="Value of the grouping; null for incidents without one.")
    counts: dict[str, int] = Field(description="Counts by code, see GET /v1/figures/formulas.")
    figures: list[FigureResponse]
    compared: dict[ComparisonPeriod, EarlierPeriodResponse]
    found: int | None = Field(description="By worker: incidents that the worker reported on patrol; otherwise null.")


def make_row_response(row: FigureRow, periods: Periods) -> FigureRowResponse:
    """Return the response for a row of counts and rates."""
    return FigureRowResponse(
        key=row.key,
        counts=dict(row.counts),
        figures=make_figure_responses(row),
        compared=make_earlier_responses(row, periods),
        found=row.found,
    )


def make_figure_responses(row: FigureRow) -> list[FigureResponse]:
    """Return the responses for the rates of a row."""
    return [make_figure_response(figure) for figure in row.figures]


def make_earlier_responses(row: FigureRow, periods: Periods) -> dict[ComparisonPeriod, EarlierPeriodResponse]:
    """Return the responses for the earlier periods of a row."""
    present = {figure.code: figure.rate for figure in row.figures}
    return {
        earlier: EarlierPeriodResponse(
            first=periods[earlier][0],
            last=periods[earlier][1],
            counts=dict(then.counts),
            figures=[_make_earlier_response(figure, present[figure.code]) for figure in then.figures],
        )
        for earlier, then in row.compared.items()
    }


def make_figure_response(figure: Figure) -> FigureResponse:
    """Return the response for a rate."""
    rate = figure.rate
    low, high = rate.interval or (None, None)
    return FigureResponse(
        code=figure.code,
        numerator=rate.numerator,
        denominator=rate.denominator,
        rate=rate.value,
        low=low,
        high=high,
        excluded=dict(figure.excluded),
    )


def _make_earlier_response(figure: Figure, present: Rate) -> EarlierFigureResponse:
    points = percentage_point_change(present, figure.rate)
    return EarlierFigureResponse(**make_figure_response(figure).model_dump(), points=points)
