"""Table pages: the figures, and the list of incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from geogrid.services.incidents import list_incidents
from geogrid_api.authentication import ANYBODY
from geogrid_api.desk_auth import DeskActorDep, page
from geogrid_api.map_requests import MapDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.figures_page import figures_csv, figures_page
from geogrid_maps.incidents_page import IncidentListData, incidents_page
from geogrid_maps.page_context import FIGURES, INCIDENTS

router = APIRouter(tags=["figures 统计"])

#: Incidents on a page.
_PAGE_SIZE = 50
_REFUSE = responses(*DOORS, *FIGURES_REFUSE)


@router.get(FIGURES, response_class=HTMLResponse, responses=_REFUSE, openapi_extra=ANYBODY)
def figures(request: MapDep) -> HTMLResponse:
    """Show the figures as a table, compared with the preceding period; each row links to its details."""
    return page(figures_page(request.figures(), request.context()))


@router.get(
    f"{FIGURES}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}, **_REFUSE},
    openapi_extra=ANYBODY,
)
def figures_as_csv(request: MapDep) -> Response:
    """Return the table of figures as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"}
    return Response(figures_csv(request.figures()), media_type="text/csv", headers=headers)


@router.get(INCIDENTS, include_in_schema=False)
def incidents(
    request: MapDep,
    actor: DeskActorDep,
    cursor: Annotated[str | None, Query(max_length=100, description="Cursor from the previous page.")] = None,
) -> HTMLResponse:
    """List the incidents within your bounds that match the filters, newest first."""
    house, selection = request.house, request.select(request.view)
    query = replace(selection.query, within=actor.bounds)
    kpi, _ = house.overview.count_by_grid(query)
    data = IncidentListData(
        selection.shapes,
        request.view,
        request.categories,
        page=list_incidents(house.store, query, cursor=cursor, limit=_PAGE_SIZE),
        kpi=kpi,
        rules=house.rules,
        owner_of=house.owner_of,
    )
    return page(incidents_page(data, request.context(), now=datetime.now(UTC), cursor=cursor))
