"""Figures, the three lists (三个清单), sites and rounds of the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID, Language
from geogrid.ledger.export import LedgerFormat
from geogrid.ledger.three_lists import Cell, ListName
from geogrid.services import ledger_lists as service
from geogrid.services import sites
from geogrid.services.pagination import MAX_PAGE
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import LedgerReaderDep
from geogrid_api.dependencies import CODE
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.ledger import AfterId, LedgerFilterDep, SiteResponse, make_site_response
from geogrid_api.schemas.synthetic_share import SyntheticShareResponse, make_share_response

router = APIRouter(prefix="/v1", tags=["ledger 台账"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_OBJECT = {"schema": {"type": "object"}}
_CONTENT: dict[str, Any] = {
    form.media_type: _OBJECT if form is LedgerFormat.GEOJSON else _BINARY for form in LedgerFormat
}


class LedgerCount(BaseModel):
    """Figures of ledger entries."""

    found: Annotated[int, Field(examples=[4253])]
    rectified: Annotated[int, Field(description="Rectified entries, whether struck off or not.", examples=[3853])]
    rectified_rate: Annotated[
        float | None, Field(description="rectified / found; null if found is 0.", examples=[0.9059])
    ]
    struck_off: int
    past_due: Annotated[int, Field(description="Entries past their due time and not rectified (逾期未整改).")]
    synthetic: Annotated[int, Field(description="Synthetic entries (合成示意).")]


class LedgerFiguresResponse(LedgerCount):
    """Figures of the selected entries, in total and by street, department and category."""

    synthetic_share: SyntheticShareResponse
    by_street: dict[str, LedgerCount] = Field(
        description="Figures by street code; an empty code is outside the district."
    )
    by_department: dict[str, LedgerCount]
    by_category: dict[str, LedgerCount]


class LedgerListResponse(BaseModel):
    """One of the three lists."""

    title: str
    notes: list[str] = Field(description="Period, area and source of the list.")
    fields: list[str]
    header: list[str]
    rows: list[list[Cell]]


class SitePageResponse(BaseModel):
    """A page of sites, by id."""

    items: list[SiteResponse]
    next: int | None = Field(description="`after` of the next page; null on the last page.")


class RoundResponse(BaseModel):
    """An inspection round."""

    id: int
    name: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    sites: int
    synthetic: bool


@router.get("/ledger/figures", responses=problem_responses(*AUTH_ERRORS))
def read_ledger_figures(
    state: StateDep, actor: LedgerReaderDep, ledger_filter: LedgerFilterDep
) -> LedgerFiguresResponse:
    """Count found and rectified problems by area, period and round."""
    figures = service.count_ledger(state.store, actor, ledger_filter)
    total = _make_count(figures.total)
    street, department, category = (
        {key or "": _make_count(row) for key, row in part.items()}
        for part in (figures.by_street, figures.by_department, figures.by_category)
    )
    return LedgerFiguresResponse(
        **total.model_dump(),
        synthetic_share=make_share_response(figures.total.share),
        by_street=street,
        by_department=department,
        by_category=category,
    )


def _make_count(figures: service.LedgerFigures) -> LedgerCount:
    return LedgerCount(
        found=figures.found,
        rectified=figures.rectified.numerator,
        rectified_rate=figures.rectified.value,
        struck_off=figures.struck_off,
        past_due=figures.past_due,
        synthetic=figures.synthetic,
    )


@router.get("/ledger/lists/{name}", responses=problem_responses(*AUTH_ERRORS))
def read_list(
    name: ListName,
    state: StateDep,
    actor: LedgerReaderDep,
    ledger_filter: LedgerFilterDep,
    lang: Language = Language.ZH,
) -> LedgerListResponse:
    """Return the list of problems, of responsibilities, or of rectifications; the last has only rectified problems."""
    (table,) = service.build_lists(state.store, actor, state.rules, ledger_filter, [name], lang)
    return LedgerListResponse(
        title=table.title,
        notes=list(table.notes),
        fields=list(table.fields),
        header=list(table.header),
        rows=[list(row) for row in table.rows],
    )


@router.get(
    "/ledger/export",
    response_class=Response,
    responses={200: {"content": _CONTENT}, **problem_responses(*AUTH_ERRORS)},
)
def export_lists(
    state: StateDep,
    actor: LedgerReaderDep,
    ledger_filter: LedgerFilterDep,
    format: LedgerFormat,  # noqa: A002 - name of the query parameter
    list_name: Annotated[
        ListName | None,
        Query(
            alias="list",
            description="List to export. By default all three lists; in CSV and GeoJSON the list of problems.",
        ),
    ] = None,
    lang: Language = Language.ZH,
) -> Response:
    """Export the lists as CSV, XLSX (one worksheet per list), GeoJSON or GeoPackage."""
    content = service.export_lists(state.store, actor, state.rules, ledger_filter, list_name, format, lang)
    name = f"ledger-{list_name or 'lists'}{format.suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=format.media_type, headers=headers)


@router.get("/sites", responses=problem_responses(*AUTH_ERRORS))
def list_sites(
    state: StateDep,
    actor: LedgerReaderDep,
    area: Annotated[str | None, Query(pattern=CODE)] = None,
    round_id: Annotated[int | None, Query(alias="round", ge=1, le=MAX_ID)] = None,
    after: AfterId = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> SitePageResponse:
    """List inspected sites by area and round."""
    page = sites.list_sites(state.store, actor, area=area, round_id=round_id, after=after, limit=limit)
    return SitePageResponse(items=[make_site_response(site) for site in page.items], next=page.next)


@router.get("/rounds", responses=problem_responses(*AUTH_ERRORS))
def list_rounds(state: StateDep, _actor: LedgerReaderDep) -> list[RoundResponse]:
    """List inspection rounds, newest first."""
    return [
        RoundResponse(id=row.id, name=row.name, first=row.first, last=row.last, sites=count, synthetic=row.synthetic)
        for row, count in sites.list_rounds(state.store)
    ]
