"""Pages with tables: figures and incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from geogrid.model import Permission
from geogrid.permissions import has_permission
from geogrid.services.counting_basis import require_restated
from geogrid.services.figure_tables import AREA_GROUPINGS, build_figure_table, list_counted_incidents
from geogrid.services.incidents import list_incidents
from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.page_dependencies import DeskActorDep, html_response
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.figures_page import figures_csv, figures_page
from geogrid_maps.incident_list_page import CountedBy, IncidentListData, incidents_page
from geogrid_maps.page_context import FIGURES, INCIDENTS

if TYPE_CHECKING:
    from geogrid.incidents.query import IncidentQuery

router = APIRouter(tags=["figures 统计"])

#: Number of incidents on a page.
_PAGE_SIZE = 50
_ERRORS = problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)


@router.get(FIGURES, response_class=HTMLResponse, responses=_ERRORS, openapi_extra=OPTIONAL_AUTH)
def show_figures(request: MapDep) -> HTMLResponse:
    """Show the figures as a table, with the preceding period and links for each row."""
    return html_response(figures_page(request.figures(), request.context()))


@router.get(
    f"{FIGURES}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}, **_ERRORS},
    openapi_extra=OPTIONAL_AUTH,
)
def export_figures(request: MapDep) -> Response:
    """Export the table of figures as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"}
    selection = request.select(request.view)
    require_restated(selection.shapes.gap, selection.query, by_area=request.view.rows in AREA_GROUPINGS)
    return Response(figures_csv(request.figures()), media_type="text/csv", headers=headers)


@router.get(INCIDENTS, include_in_schema=False)
def show_incidents(
    request: MapDep,
    actor: DeskActorDep,
    cursor: Annotated[str | None, Query(max_length=100, description="Cursor of the page.")] = None,
) -> HTMLResponse:
    """Show the filtered incidents within the bounds of the user, newest first; with `figure` only those it counts."""
    state, selection = request.state, request.select(request.view)
    query = replace(selection.query, within=actor.bounds)
    kpi, _ = state.incident_cache.count_by_grid(query)
    code, part = request.view.figure, request.view.part
    if code:
        page = list_counted_incidents(state.store, state.formulas, query, code, part, cursor=cursor, limit=_PAGE_SIZE)
    else:
        page = list_incidents(state.store, query, cursor=cursor, limit=_PAGE_SIZE)
    data = IncidentListData(
        selection.shapes,
        request.view,
        request.rules,
        page=page,
        kpi=kpi,
        owner_of=state.owner_of,
        counted=_counted_by(request, query) if code else None,
        may_export=has_permission(actor, Permission.INCIDENTS_EXPORT),
    )
    return html_response(incidents_page(data, request.context(), now=datetime.now(UTC), cursor=cursor))


def _counted_by(request: MapRequest, query: IncidentQuery) -> CountedBy:
    """Return the number of incidents of the requested figure counted now, as the list shows them, and its name."""
    state, view = request.state, request.view
    counts = state.formulas.counts_of(view.figure, view.part)
    total = build_figure_table(state.store, state.formulas, query, (view.first, view.last)).total.counted_now
    named = state.formulas.rates.get(view.figure) or state.formulas.counts[view.figure]
    return CountedBy(sum(total.counts[count.code] for count in counts), named.name, named.name_en)
