"""What the ledger sums up to: figures, the three lists, files of them; and the sites and rounds behind it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from geogrid.constants import MAX_ID, Language
from geogrid.ledger.export import LedgerFormat
from geogrid.ledger.three_lists import Cell, ListName
from geogrid.rules.ledger import load_ledger_rules
from geogrid.services import ledger_lists as service
from geogrid.services import sites
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import LedgerReaderDep
from geogrid_api.dependencies import CODE
from geogrid_api.problems import AUTH_ERRORS, problem_responses
from geogrid_api.schemas.ledger import AfterId, LedgerFilterDep, SiteResponse, make_site_response

router = APIRouter(prefix="/v1", tags=["ledger 台账"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_OBJECT = {"schema": {"type": "object"}}
_CONTENT: dict[str, Any] = {
    form.media_type: _OBJECT if form is LedgerFormat.GEOJSON else _BINARY for form in LedgerFormat
}


class LedgerCount(BaseModel):
    """The figures of some entries, each counted from its rows."""

    found: Annotated[int, Field(examples=[4253])]
    rectified: Annotated[int, Field(description="Of these, put right: struck off or not.", examples=[3853])]
    rectified_rate: Annotated[float | None, Field(description="rectified / found; null for none.", examples=[0.9059])]
    struck_off: int
    overdue: Annotated[int, Field(description="Past the term, and not put right.")]
    synthetic: Annotated[int, Field(description="Of these, made up (合成示意).")]


class LedgerFiguresResponse(LedgerCount):
    """The figures of a choice of entries, and the same by street, department and category."""

    by_street: dict[str, LedgerCount] = Field(description="By code; an empty one is outside the district.")
    by_department: dict[str, LedgerCount]
    by_category: dict[str, LedgerCount]


class LedgerListResponse(BaseModel):
    """One of the three lists."""

    title: str
    notes: list[str] = Field(description="Of what period, place and source it is.")
    fields: list[str]
    header: list[str]
    rows: list[list[Cell]]


class SitePage(BaseModel):
    """A page of sites, in the order in which they were first brought."""

    items: list[SiteResponse]
    next: int | None = Field(description="`after` of the next page, or null.")


class RoundResponse(BaseModel):
    """An inspection round."""

    id: int
    name: str
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    sites: int
    synthetic: bool


@router.get("/ledger/figures", responses=problem_responses(*AUTH_ERRORS))
def read_ledger_figures(state: StateDep, actor: LedgerReaderDep, chosen: LedgerFilterDep) -> LedgerFiguresResponse:
    """Count what was found and put right, in an area, a period and a round."""
    found = service.ledger_figures(state.store, actor, chosen)
    total = _count(found.total)
    street, department, category = (
        {key or "": _count(figures) for key, figures in part.items()}
        for part in (found.by_street, found.by_department, found.by_category)
    )
    return LedgerFiguresResponse(**total.model_dump(), by_street=street, by_department=department, by_category=category)


def _count(found: service.LedgerFigures) -> LedgerCount:
    return LedgerCount(
        found=found.found,
        rectified=found.rectified.numerator,
        rectified_rate=found.rectified.value,
        struck_off=found.struck_off,
        overdue=found.overdue,
        synthetic=found.synthetic,
    )


@router.get("/ledger/lists/{name}", responses=problem_responses(*AUTH_ERRORS))
def read_list(
    name: ListName, state: StateDep, actor: LedgerReaderDep, chosen: LedgerFilterDep, lang: Language = Language.ZH
) -> LedgerListResponse:
    """Read a list of problems, of responsibility, or of rectification."""
    (table,) = service.make_lists(state.store, actor, load_ledger_rules(), state.rules.categories, chosen, [name], lang)
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
    chosen: LedgerFilterDep,
    format: LedgerFormat,  # noqa: A002 - its name in the address
    wanted: Annotated[
        ListName | None, Query(alias="list", description="By default all three, or problems in CSV and GeoJSON.")
    ] = None,
    lang: Language = Language.ZH,
) -> Response:
    """Give the lists as a file: CSV, XLSX (a sheet each), GeoJSON or GeoPackage."""
    content = service.export_lists(
        state.store, actor, load_ledger_rules(), state.rules.categories, chosen, wanted, format, lang
    )
    name = f"ledger-{wanted or 'lists'}{format.suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=format.media_type, headers=headers)


@router.get("/sites", responses=problem_responses(*AUTH_ERRORS))
def list_sites(
    state: StateDep,
    actor: LedgerReaderDep,
    area: Annotated[str | None, Query(pattern=CODE)] = None,
    inspected: Annotated[int | None, Query(alias="round", ge=1, le=MAX_ID)] = None,
    after: AfterId = 0,
    limit: Annotated[int, Query(ge=1, le=sites.MAX_PAGE)] = 100,
) -> SitePage:
    """List inspected sites, of an area or a round."""
    page = sites.list_sites(state.store, actor, area=area, of_round=inspected, after=after, limit=limit)
    return SitePage(items=[make_site_response(site) for site in page.items], next=page.next)


@router.get("/rounds", responses=problem_responses(*AUTH_ERRORS))
def list_rounds(state: StateDep, _actor: LedgerReaderDep) -> list[RoundResponse]:
    """List inspection rounds, the newest first."""
    return [
        RoundResponse(
            id=found.id, name=found.name, first=found.first, last=found.last, sites=count, synthetic=found.synthetic
        )
        for found, count in sites.list_rounds(state.store)
    ]
