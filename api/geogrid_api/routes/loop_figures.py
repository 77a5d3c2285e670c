"""Figures of the incident workflow: whistles by department, mediations by kind and outcome."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from geogrid.model.figures import Figure, Rate
from geogrid.services.loop_figures import build_mediation_table, build_whistle_table
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import FiguresReaderDep
from geogrid_api.dependencies import FilterDep, FilterValuesDep
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.schemas.figures import FigureResponse, make_figure_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.model.figures import WhistleCounts
from geogrid_api.schemas.synthetic_share import SyntheticShareResponse, make_share_response

router = APIRouter(prefix="/v1", tags=["figures 统计"])

_ERRORS = problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)


class WhistleCountsResponse(BaseModel):
    """Numbers of whistles (吹哨) to a department, or to all."""

    called: int = Field(description="All whistles: in_time + late + unanswered + waiting + ended.")
    reported_in: int = Field(description="Whistles to which the department has reported in: in_time + late.")
    in_time: int
    late: int
    unanswered: int = Field(description="Whistles past their due time to which the department has not reported in.")
    waiting: int = Field(description="Whistles that are neither answered nor due.")
    ended: int = Field(description="Whistles whose incident ended before the due time, without an answer.")
    ratings: int = Field(description="Number of ratings by the street.")
    rating_sum: int = Field(description="Sum of the ratings.")
    average_rating: float | None = Field(description="rating_sum / ratings; null if ratings is 0.")
    figures: list[FigureResponse]


class WhistleRowResponse(WhistleCountsResponse):
    """Numbers of whistles to a department."""

    department: str


class WhistleFiguresResponse(BaseModel):
    """Numbers of whistles in a period by department, and in total."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    synthetic_share: SyntheticShareResponse
    total: WhistleCountsResponse
    rows: list[WhistleRowResponse] = Field(description="Rows, sorted by department.")


class MediationCountsResponse(BaseModel):
    """Numbers of mediations of a kind, or of all."""

    mediated: int = Field(description="Steps `mediate`, with any outcome.")
    outcomes: dict[str, int] = Field(description="Number by outcome, see GET /v1/workflow.")
    figures: list[FigureResponse] = Field(description="Share of each outcome; its code is that of the outcome.")


class MediationRowResponse(MediationCountsResponse):
    """Numbers of mediations of a kind."""

    mediation: str | None = Field(description="Kind, see GET /v1/workflow; null for steps without one.")


class MediationFiguresResponse(BaseModel):
    """Numbers of mediations in a period by kind, and in total."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    synthetic_share: SyntheticShareResponse
    total: MediationCountsResponse
    rows: list[MediationRowResponse] = Field(description="Rows, in the order of the workflow.")


@router.get("/whistles/figures", responses=_ERRORS)
def read_whistle_figures(
    state: StateDep, values: FilterValuesDep, query: FilterDep, _: FiguresReaderDep
) -> WhistleFiguresResponse:
    """Return how departments answer whistles: reported in, in time, late, unanswered, and their average rating.

    The period applies to the time of the call, the other filters to the incident.
    """
    table = build_whistle_table(state.store, query)
    rows = [WhistleRowResponse(department=name, **_count_values(counts)) for name, counts in table.rows.items()]
    total = WhistleCountsResponse(**_count_values(table.total))
    share = make_share_response(table.share)
    return WhistleFiguresResponse(first=values.first, last=values.last, synthetic_share=share, total=total, rows=rows)


@router.get("/mediations/figures", responses=_ERRORS)
def read_mediation_figures(
    state: StateDep, values: FilterValuesDep, query: FilterDep, _: FiguresReaderDep
) -> MediationFiguresResponse:
    """Return the numbers of mediations by kind (人民调解, 行政调解, 司法调解) and outcome.

    The period applies to the time of the mediation, the other filters to the incident. A dispute that two levels have
    mediated counts twice.
    """
    table = build_mediation_table(state.store, state.rules, query)
    rows = [MediationRowResponse(mediation=kind, **_outcome_values(counts)) for kind, counts in table.rows.items()]
    total = MediationCountsResponse(**_outcome_values(table.total))
    share = make_share_response(table.share)
    return MediationFiguresResponse(first=values.first, last=values.last, synthetic_share=share, total=total, rows=rows)


def _outcome_values(counts: Mapping[str, int]) -> dict[str, Any]:
    mediated = sum(counts.values())
    rates = [Figure(code, Rate(count, mediated), {}) for code, count in counts.items()]
    figures = [make_figure_response(figure) for figure in rates]
    return {"mediated": mediated, "outcomes": dict(counts), "figures": figures}


def _count_values(counts: WhistleCounts) -> dict[str, Any]:
    values = {name: getattr(counts, name) for name in WhistleCountsResponse.model_fields if name != "figures"}
    return values | {"figures": [make_figure_response(figure) for figure in counts.figures]}
