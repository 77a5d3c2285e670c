"""Pages with tables: the figures, and the list of incidents."""

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
from geogrid_maps.incidents_page import incidents_page
from geogrid_maps.page_context import FIGURES, INCIDENTS

router = APIRouter(tags=["figures 统计"])

#: So many incidents stand on a page.
_LISTED = 50
_REFUSE = problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS)


@router.get(FIGURES, response_class=HTMLResponse, responses=_REFUSE, openapi_extra=OPTIONAL_AUTH)
def show_figures(asked: MapDep) -> HTMLResponse:
    """Show the figures as a table, with the period before beside them; each row leads further."""
    return html_response(figures_page(*asked.figures(), asked.offer()))


@router.get(
    f"{FIGURES}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}, **_REFUSE},
    openapi_extra=OPTIONAL_AUTH,
)
def export_figures(asked: MapDep) -> Response:
    """Give the same table as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"}
    return Response(figures_csv(*asked.figures()), media_type="text/csv", headers=headers)


@router.get(INCIDENTS, include_in_schema=False)
def show_incidents(
    asked: MapDep,
    actor: DeskActorDep,
    cursor: Annotated[str | None, Query(max_length=100, description="Of the page before.")] = None,
) -> HTMLResponse:
    """List the incidents of the filters that lie within your bounds, newest first."""
    state, sight = asked.state, asked.sight()
    chosen = replace(sight.chosen, within=actor.bounds)
    found = list_incidents(state.store, chosen, cursor=cursor, limit=_LISTED)
    kpi, _ = state.incident_cache.count_by_grid(chosen)
    html = incidents_page(
        sight.backdrop,
        found,
        kpi,
        state.rules,
        state.owner_of,
        sight.view,
        asked.offer(),
        now=datetime.now(UTC),
        cursor=cursor,
    )
    return html_response(html)
