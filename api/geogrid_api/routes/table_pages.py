"""Pages with tables: figures and incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from geogrid.services.incidents import list_incidents
from geogrid_api.authentication import OPTIONAL_AUTH
from geogrid_api.html_pages import DeskActorDep, html_response
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.figures_page import figures_csv, figures_page
from geogrid_maps.incidents_page import IncidentListData, incidents_page
from geogrid_maps.page_context import FIGURES, INCIDENTS

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
    return Response(figures_csv(request.figures()), media_type="text/csv", headers=headers)


@router.get(INCIDENTS, include_in_schema=False)
def show_incidents(
    request: MapDep,
    actor: DeskActorDep,
    cursor: Annotated[str | None, Query(max_length=100, description="Cursor of the page.")] = None,
) -> HTMLResponse:
    """Show the filtered incidents within the bounds of the user, newest first."""
    state, selection = request.state, request.select(request.view)
    query = replace(selection.query, within=actor.bounds)
    kpi, _ = state.incident_cache.count_by_grid(query)
    data = IncidentListData(
        selection.shapes,
        request.view,
        request.categories,
        page=list_incidents(state.store, query, cursor=cursor, limit=_PAGE_SIZE),
        kpi=kpi,
        rules=state.rules,
        owner_of=state.owner_of,
    )
    return html_response(incidents_page(data, request.context(), now=datetime.now(UTC), cursor=cursor))
