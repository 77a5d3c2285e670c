"""Routes of counts and rates: key figures, tables, formulas, and the incidents behind a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from geogrid.errors import AccessError, ForbiddenError
from geogrid.incidents.query import Finder
from geogrid.model import Permission
from geogrid.model.figures import Rate
from geogrid.permissions import check_permission
from geogrid.rules.formulas import Count, FigureSide, RateFormula
from geogrid.services.figure_tables import ComparisonPeriod, TableGrouping, build_figure_table, list_counted_incidents
from geogrid.services.layer_generations import get_shown_generation
from geogrid.services.pagination import MAX_PAGE
from geogrid.services.period_snapshots import list_month_snapshots
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, OptionalActorDep, ReaderDep
from geogrid_api.dependencies import BasisDep, FilterDep, FilterValuesDep
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.routes.incidents import IncidentPage
from geogrid_api.schemas.figures import (
    ClosingResponse,
    EarlierPeriodResponse,
    FigureResponse,
    FigureRowResponse,
    FrozenResponse,
    RestatementGapResponse,
    SnapshotResponse,
    make_closing_response,
    make_earlier_responses,
    make_figure_responses,
    make_gap_response,
    make_restated_response,
    make_row_response,
    make_snapshot_response,
)
from geogrid_api.schemas.incidents import make_incident_response
from geogrid_api.schemas.synthetic_share import SyntheticShareResponse, make_share_response

router = APIRouter(prefix="/v1", tags=["figures 统计"])


class KpiResponse(FrozenResponse):
    """Key figures of the selected incidents."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    received: Annotated[int, Field(description="Incidents reported in the period.", examples=[59369])]
    handled: Annotated[int, Field(description="Received incidents that have been handled.", examples=[58621])]
    handled_rate: Annotated[
        float | None, Field(description="handled / received; null if received is 0.", examples=[0.9874])
    ]
    open: Annotated[
        int, Field(description="Received incidents that are neither handled nor void nor merged.", examples=[608])
    ]
    synthetic: Annotated[int, Field(description="Received synthetic incidents (合成示意).", examples=[59369])]
    synthetic_share: SyntheticShareResponse
    generation: Annotated[
        int | None,
        Field(
            description="Id of the generation that assigned the incidents; null: generation of their day. After new "
            "grids have become active it is the active one, once all incidents are restated."
        ),
    ]
    formulas: str = Field(description="Version of the formulas, see GET /v1/figures/formulas.")
    counts: dict[str, int]
    figures: list[FigureResponse]
    compared: dict[ComparisonPeriod, EarlierPeriodResponse]
    closing: ClosingResponse | None = Field(description="Closed months of the period; null if there are none.")
    restatement: RestatementGapResponse | None = Field(
        description="Restatement to complete before figures by area fit the present shapes; null if nothing is missing."
    )


class FiguresResponse(BaseModel):
    """Counts and rates of incidents in a period: one row for each group, and the total."""

    first: date | None = Field(serialization_alias="from")
    last: date | None = Field(serialization_alias="to")
    by: TableGrouping
    generation: int | None = Field(description="Generation as in GET /v1/kpi.")
    formulas: str = Field(description="Version of the formulas.")
    synthetic_share: SyntheticShareResponse
    total: FigureRowResponse
    rows: list[FigureRowResponse] = Field(description="Rows, sorted by key.")
    closing: ClosingResponse | None = Field(description="Closed months of the period; null if there are none.")
    restatement: RestatementGapResponse | None = Field(
        description="Restatement to complete before figures by area fit the present shapes; null if nothing is missing."
    )


class MonthSnapshotsResponse(BaseModel):
    """The snapshots of a month, newest first."""

    month: str
    snapshots: list[SnapshotResponse]


class FormulasResponse(BaseModel):
    """The formulas of the figures."""

    version: str
    source: str
    counts: list[Count]
    rates: list[RateFormula]


async def read_compared_periods(
    compare: Annotated[
        str | None,
        Query(
            pattern="^(before|year)(,(before|year))?$",
            description="Periods to compare with: before (preceding period), year (one year earlier), or before,year.",
        ),
    ] = None,
) -> list[ComparisonPeriod]:
    """Return the earlier periods to compare with."""
    return [ComparisonPeriod(word) for word in dict.fromkeys(compare.split(","))] if compare else []


CompareDep = Annotated[list[ComparisonPeriod], Depends(read_compared_periods)]
_Worker = Annotated[
    str | None, Query(max_length=100, description="Last handler of the incident, as a key of by=worker.")
]
_Finder = Annotated[
    str | None, Query(max_length=100, description="User who reported the incident on patrol, as a key of by=finder.")
]


@router.get("/kpi", responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS), openapi_extra=OPTIONAL_AUTH)
def read_kpi(
    state: StateDep, values: FilterValuesDep, query: FilterDep, basis: BasisDep, compare: CompareDep
) -> KpiResponse:
    """Return counts and rates of the incidents in a period.

    Anonymous users may call it. Other users get the incidents within their bounds. `as_of` counts by the generation
    active at that time; run `geogrid reassign` first to restate the incidents. Figures of whole closed months are those
    of their snapshots; `restated` has the values that differ when counted now.
    """
    table = build_figure_table(state.store, state.formulas, query, (values.first, values.last), compare=compare)
    total = table.total
    received, handled = total.counts["received"], total.counts["handled"]
    return KpiResponse(
        first=values.first,
        last=values.last,
        received=received,
        handled=handled,
        handled_rate=Rate(handled, received).value,
        open=total.counts["open"],
        synthetic=total.counts["synthetic"],
        synthetic_share=make_share_response(total.share(get_shown_generation(state.store, query.by_generation))),
        generation=query.by_generation,
        formulas=state.formulas.version,
        counts=dict(total.counts),
        figures=make_figure_responses(total),
        compared=make_earlier_responses(total, table.periods),
        snapshot=total.from_snapshot,
        restated=make_restated_response(total),
        closing=make_closing_response(table),
        restatement=make_gap_response(basis.gap),
    )


@router.get("/figures", responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS), openapi_extra=OPTIONAL_AUTH)
def read_figures(
    state: StateDep,
    values: FilterValuesDep,
    query: FilterDep,
    basis: BasisDep,
    compare: CompareDep,
    actor: OptionalActorDep,
    by: TableGrouping,
) -> FiguresResponse:
    """Return counts and rates by area, category, department, worker, finder, source or period.

    By grid, an incident in a dedicated grid counts for the dedicated grid and for the base grid. A day, week or month
    contains the incidents reported and the incidents due in it. A worker is the last handler of an incident, a finder
    the user who reported it on patrol; figures of both require the permission to read people. Figures of whole closed
    months are those of their snapshots, as in `GET /v1/kpi`.
    """
    if by in (TableGrouping.WORKER, TableGrouping.FINDER):
        if actor is None:
            raise AccessError("Figures of workers need an API key or a login.", field="by")
        check_permission(actor, Permission.PEOPLE_READ)
    table = build_figure_table(state.store, state.formulas, query, (values.first, values.last), by=by, compare=compare)
    return FiguresResponse(
        first=values.first,
        last=values.last,
        by=by,
        generation=query.by_generation,
        formulas=state.formulas.version,
        synthetic_share=make_share_response(table.share(get_shown_generation(state.store, query.by_generation))),
        total=make_row_response(table.total, table.periods),
        rows=[make_row_response(row, table.periods) for row in table.rows],
        closing=make_closing_response(table),
        restatement=make_gap_response(basis.gap),
    )


@router.get("/figures/formulas", openapi_extra=OPTIONAL_AUTH)
def read_formulas(state: StateDep) -> FormulasResponse:
    """Return the formulas of the figures: counted incidents, reference time and exclusions."""
    formulas = state.formulas
    return FormulasResponse(
        version=formulas.version,
        source=formulas.source,
        counts=list(formulas.counts.values()),
        rates=list(formulas.rates.values()),
    )


@router.get("/figures/snapshots/{month}", responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS))
def read_snapshots(
    state: StateDep,
    actor: ReaderDep,
    month: Annotated[str, Path(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2022-03"])],
) -> MonthSnapshotsResponse:
    """Return the snapshots that were made when a month was closed, newest first.

    Needs an account or a key without bounds, because a snapshot holds the figures of the whole district.
    """
    if actor.bounds:
        raise ForbiddenError("Snapshots hold figures outside your bounds.", code="bounds")
    notes = list_month_snapshots(state.store, month)
    return MonthSnapshotsResponse(month=month, snapshots=[make_snapshot_response(note) for note in notes])


@router.get(
    "/figures/{code}/incidents",
    responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
)
def list_figure_incidents(
    state: StateDep,
    actor: ReaderDep,
    query: FilterDep,
    code: Annotated[str, Path(max_length=40, description="Code of a rate or a count.", examples=["in_time_rate"])],
    part: Annotated[FigureSide, Query(description="Part of a rate. Use numerator for a count.")] = FigureSide.NUMERATOR,
    worker: _Worker = None,
    finder: _Finder = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> IncidentPage:
    """List the incidents of a figure within your bounds, newest first.

    The filters `worker` and `finder` require the permission to read people.
    """
    if worker is not None or finder is not None:
        check_permission(actor, Permission.PEOPLE_READ)
    found_by = None if finder is None else Finder(finder, state.formulas.finder_sources)
    query = replace(query, worker=worker, finder=found_by)
    page = list_counted_incidents(state.store, state.formulas, query, code, part, cursor=cursor, limit=limit)
    return IncidentPage(items=[make_incident_response(incident) for incident in page.items], next=page.next)
