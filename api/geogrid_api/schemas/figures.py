"""Figures as the service tells them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from geogrid.model.figures import percentage_point_change
from geogrid.services.figure_tables import Earlier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model.figures import Figure, Rate
    from geogrid.services.figure_tables import FigureRow

    Periods = Mapping[Earlier, tuple[date, date]]


class FigureAnswer(BaseModel):
    """A rate with all that it was made from."""

    code: str = Field(examples=["in_time_rate"])
    numerator: int
    denominator: int
    rate: float | None = Field(description="numerator / denominator to four decimals; null for none.")
    excluded: dict[str, int] = Field(description="How many incidents the denominator leaves out, by the reason.")


class EarlierFigureAnswer(FigureAnswer):
    """A rate of an earlier period."""

    points: float | None = Field(description="By how many percentage points the present rate is higher.")


class EarlierAnswer(BaseModel):
    """The same figures of an earlier period."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    counts: dict[str, int]
    figures: list[EarlierFigureAnswer]


class FigureRowAnswer(BaseModel):
    """The figures of some incidents."""

    key: str | None = Field(description="What they have in common; null where they lack it.")
    counts: dict[str, int] = Field(description="By the codes of GET /v1/figures/formulas.")
    figures: list[FigureAnswer]
    compared: dict[Earlier, EarlierAnswer]


def row_answer(row: FigureRow, periods: Periods) -> FigureRowAnswer:
    """Return a row of a table of figures."""
    return FigureRowAnswer(
        key=row.key, counts=dict(row.counts), figures=figure_answers(row), compared=compared_answers(row, periods)
    )


def figure_answers(row: FigureRow) -> list[FigureAnswer]:
    """Return the rates of a row."""
    return [_figure_answer(figure) for figure in row.figures]


def compared_answers(row: FigureRow, periods: Periods) -> dict[Earlier, EarlierAnswer]:
    """Return the figures of a row in earlier periods."""
    present = {figure.code: figure.rate for figure in row.figures}
    return {
        earlier: EarlierAnswer(
            first=periods[earlier][0],
            last=periods[earlier][1],
            counts=dict(then.counts),
            figures=[_earlier_answer(figure, present[figure.code]) for figure in then.figures],
        )
        for earlier, then in row.compared.items()
    }


def _figure_answer(figure: Figure) -> FigureAnswer:
    rate = figure.rate
    return FigureAnswer(
        code=figure.code,
        numerator=rate.numerator,
        denominator=rate.denominator,
        rate=rate.value,
        excluded=dict(figure.excluded),
    )


def _earlier_answer(figure: Figure, present: Rate) -> EarlierFigureAnswer:
    points = percentage_point_change(present, figure.rate)
    return EarlierFigureAnswer(**_figure_answer(figure).model_dump(), points=points)
