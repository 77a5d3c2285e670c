"""Counts and rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from geogrid.errors import AccessError
from geogrid.model import Permission
from geogrid.model.figures import Rate
from geogrid.permissions import check_permission
from geogrid.rules.formulas import Count, FigureSide, RateFormula
from geogrid.services.figure_tables import By, Earlier, figure_table, list_behind
from geogrid.services.incidents import MAX_PAGE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, OptionalActorDep, ReaderDep
from geogrid_api.dependencies import FilterDep, ViewDep
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.routes.incidents import IncidentPage
from geogrid_api.schemas.figures import (
    EarlierPeriodResponse,
    FigureResponse,
    FigureRowResponse,
    make_earlier_responses,
    make_figure_responses,
    make_row_response,
)
from geogrid_api.schemas.incidents import make_incident_response

router = APIRouter(prefix="/v1", tags=["figures 统计"])


class KpiResponse(BaseModel):
    """The key figures of a choice of incidents, each counted from its rows."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    received: Annotated[int, Field(description="Reported in the period.", examples=[59369])]
    handled: Annotated[int, Field(description="Of these, handled by now.", examples=[58621])]
    handled_rate: Annotated[float | None, Field(description="handled / received; null for none.", examples=[0.9874])]
    open: Annotated[int, Field(description="Of these, not handled yet, and neither void nor merged.", examples=[608])]
    synthetic: Annotated[int, Field(description="Of these, made up (合成示意).", examples=[59369])]
    generation: Annotated[
        int | None, Field(description="The layers that all were counted by; null: each by those of its own day.")
    ]
    formulas: str = Field(description="The version of the formulas; GET /v1/figures/formulas tells them.")
    counts: dict[str, int]
    figures: list[FigureResponse]
    compared: dict[Earlier, EarlierPeriodResponse]


class FiguresResponse(BaseModel):
    """A table of figures."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    by: By
    generation: int | None = Field(description="As in GET /v1/kpi.")
    formulas: str = Field(description="The version of the formulas.")
    total: FigureRowResponse
    rows: list[FigureRowResponse] = Field(description="In the order of their keys.")


class FormulasResponse(BaseModel):
    """The formulas in use."""

    version: str
    source: str
    counts: list[Count]
    rates: list[RateFormula]


def read_compared_periods(
    compare: Annotated[
        str | None,
        Query(
            pattern="^(before|year)(,(before|year))?$",
            description="before: the period just before; year: the same a year before; or before,year.",
        ),
    ] = None,
) -> list[Earlier]:
    """Read which earlier periods to compare with."""
    return [Earlier(word) for word in dict.fromkeys(compare.split(","))] if compare else []


CompareDep = Annotated[list[Earlier], Depends(read_compared_periods)]
_Worker = Annotated[str | None, Query(max_length=100, description="Who handled it last, by a key of by=worker.")]


@router.get("/kpi", responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS), openapi_extra=OPTIONAL_AUTH)
def read_kpi(state: StateDep, view: ViewDep, chosen: FilterDep, compare: CompareDep) -> KpiResponse:
    """Count what was received and handled, in a period and by any filter, with all rates.

    Open to everybody; with a key or a login it counts what lies within its bounds.

    With `as_of` all incidents are counted by the layers of that moment; `geogrid reassign` must have restated them.
    """
    table = figure_table(state.store, state.formulas, chosen, (view.first, view.last), compare=compare)
    total = table.total
    received, handled = total.counts["received"], total.counts["handled"]
    return KpiResponse(
        first=view.first,
        last=view.last,
        received=received,
        handled=handled,
        handled_rate=Rate(handled, received).value,
        open=total.counts["open"],
        synthetic=total.counts["synthetic"],
        generation=chosen.by_generation,
        formulas=state.formulas.version,
        counts=dict(total.counts),
        figures=make_figure_responses(total),
        compared=make_earlier_responses(total, table.periods),
    )


@router.get("/figures", responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS), openapi_extra=OPTIONAL_AUTH)
def read_figures(
    state: StateDep,
    view: ViewDep,
    chosen: FilterDep,
    compare: CompareDep,
    actor: OptionalActorDep,
    by: By,
) -> FiguresResponse:
    """Count by areas, categories, departments, workers, sources or periods, with all rates.

    By grid an incident in a dedicated grid counts for that and for its base grid. A day, week or month holds what was
    reported in it, and what was due in it. Figures by worker are for those who may read people.
    """
    if by is By.WORKER:
        if actor is None:
            raise AccessError("Figures by worker need a key or a login.", field="by")
        check_permission(actor, Permission.PEOPLE_READ)
    table = figure_table(state.store, state.formulas, chosen, (view.first, view.last), by=by, compare=compare)
    return FiguresResponse(
        first=view.first,
        last=view.last,
        by=by,
        generation=chosen.by_generation,
        formulas=state.formulas.version,
        total=make_row_response(table.total, table.periods),
        rows=[make_row_response(row, table.periods) for row in table.rows],
    )


@router.get("/figures/formulas", openapi_extra=OPTIONAL_AUTH)
def read_formulas(state: StateDep) -> FormulasResponse:
    """Read the formulas of the figures: what each counts, by which moment, and what it leaves out."""
    formulas = state.formulas
    return FormulasResponse(
        version=formulas.version,
        source=formulas.source,
        counts=list(formulas.counts.values()),
        rates=list(formulas.rates.values()),
    )


@router.get(
    "/figures/{code}/incidents",
    responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
)
def list_figure_incidents(
    state: StateDep,
    actor: ReaderDep,
    chosen: FilterDep,
    code: Annotated[str, Path(max_length=40, description="Of a rate or a count.", examples=["in_time_rate"])],
    part: Annotated[FigureSide, Query(description="Of a rate; a count is its own numerator.")] = FigureSide.NUMERATOR,
    worker: _Worker = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> IncidentPage:
    """List the incidents behind a figure that lie within your bounds, newest first.

    Those of one worker are for those who may read people.
    """
    if worker is not None:
        check_permission(actor, Permission.PEOPLE_READ)
    meant = replace(chosen, worker=worker)
    page = list_behind(state.store, state.formulas, meant, code, part, cursor=cursor, limit=limit)
    return IncidentPage(items=[make_incident_response(incident) for incident in page.items], next=page.next)
