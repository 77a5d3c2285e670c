"""Details of a grid that a user selects on a map."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, Response

from geogrid.errors import NotFoundError
from geogrid.local_time import local_zone
from geogrid.model import Permission
from geogrid.people.holders import group_by_holder
from geogrid.permissions import area_within_bounds, has_permission
from geogrid.services.counting_basis import require_restated
from geogrid.services.figure_tables import ComparisonPeriod, FigureRow, build_figure_table
from geogrid.services.incidents import list_incidents
from geogrid.services.people import list_people_of_area
from geogrid.services.provenance import incident_provenance
from geogrid_api.authentication import OPTIONAL_AUTH, MapViewerDep
from geogrid_api.map_requests import MapDep
from geogrid_api.people_masking import mask_post, may_see_people
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_maps.filter_panel import gap_words
from geogrid_maps.grid_drawer import DrawerFigures, drawer_part

if TYPE_CHECKING:
    from geogrid.incidents.query import IncidentQuery
    from geogrid.locate.locator import Owner
    from geogrid.model.synthetic_share import SyntheticShare
    from geogrid_api.generation_cache import Snapshot
    from geogrid_maps.map_data import MapSelection

router = APIRouter(tags=["maps 地图"])

_LATEST = 5


@dataclass(frozen=True, slots=True)
class SelectedGrid:
    """A grid that a user selected on a map, with the filter and the figures of its incidents."""

    snapshot: Snapshot
    selection: MapSelection
    owner: Owner
    query: IncidentQuery
    figures: FigureRow

    @property
    def share(self) -> SyntheticShare:
        """The synthetic part of the incidents and of the layers."""
        return self.figures.share(self.snapshot.generation)


def find_selected_grid(request: MapDep, code: Annotated[str, Path(max_length=40)]) -> SelectedGrid:
    """Return the grid of the request, from the generation that its map shows.

    Raises
    ------
    NotFoundError
        If the generation has no such grid.
    """
    view, state = request.view, request.state
    snapshot = request.snapshot(view)
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("The layers of the map have no grid with this code.", field="code")
    selection = request.select(view)
    query = replace(selection.query, grid=code)
    days = (view.first, view.last)
    compare = [ComparisonPeriod.BEFORE] if all(days) else []
    table = build_figure_table(state.store, state.formulas, query, days, compare=compare)
    return SelectedGrid(snapshot, selection, owner, query, table.total)


SelectedGridDep = Annotated[SelectedGrid, Depends(find_selected_grid)]


@router.get(
    "/maps/grids/{code}.geojson",  # noqa: FAST003 - a parameter of `find_selected_grid`
    response_class=Response,
    responses={
        200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}},
        **problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    },
    openapi_extra=OPTIONAL_AUTH,
)
def export_grid(request: MapDep, selected: SelectedGridDep) -> Response:
    """Return a grid as GeoJSON, with its figures under the filters of the map."""
    require_restated(selected.selection.shapes.gap, selected.query, by_area=True)
    grid, state, view = selected.owner.grid, request.state, request.view
    provenance = incident_provenance(
        state.store,
        selected.query,
        state.rules,
        days=(view.first, view.last),
        generation=selected.snapshot.generation,
        synthetic=selected.share,
        formulas=state.formulas.version,
        language=view.language,
    )
    frame = selected.snapshot.prepared.frame(grid.layer)
    shape = frame.geometry[frame["code"] == grid.code].iloc[0]
    figures = {figure.code: figure.rate.value for figure in selected.figures.figures}
    feature = {
        "type": "Feature",
        "id": grid.code,
        "properties": {
            **asdict(grid),
            "community": selected.owner.community.name if selected.owner.community else None,
            "street": selected.owner.street.name if selected.owner.street else None,
            **selected.figures.counts,
            **figures,
            "generation": selected.snapshot.generation.id,
            # Replaces the count of synthetic incidents, which has the same name.
            "synthetic": selected.snapshot.generation.synthetic,
        },
        "geometry": shape.__geo_interface__,
        "provenance": provenance.as_json(),
    }
    headers = {"Content-Disposition": f'attachment; filename="{grid.code}.geojson"'}
    content = json.dumps(feature, ensure_ascii=False)
    return Response(content, media_type="application/geo+json", headers=headers)


@router.get(
    "/maps/grids/{code}",  # noqa: FAST003 - as above
    response_class=HTMLResponse,
    responses=problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    openapi_extra=OPTIONAL_AUTH,
)
def show_drawer(request: MapDep, viewer: MapViewerDep, selected: SelectedGridDep) -> HTMLResponse:
    """Return the HTML drawer of a grid: names, people, figures, latest incidents and neighbours.

    Persons are masked for users who may not read people. Only users who may read incidents get the latest incidents.
    """
    state, grid = request.state, selected.owner.grid
    prepared = selected.snapshot.prepared
    profile = state.rules.profile
    posts = list_people_of_area(state.store, profile, grid.layer, grid.code, datetime.now(local_zone()).date())
    holders = [holder.posts for holder in group_by_holder(posts)]
    unmasked = may_see_people(viewer, selected.owner.lineage)
    may_read = (
        viewer is not None
        and has_permission(viewer, Permission.INCIDENTS_READ)
        and area_within_bounds(viewer.bounds, selected.owner.lineage)
    )
    figures = DrawerFigures(
        owner=selected.owner,
        km2=prepared.backdrop.km2[grid.code],
        synthetic=selected.share,
        figures=selected.figures,
        holders=holders if unmasked else [[mask_post(post, profile) for post in held] for held in holders],
        latest=list_incidents(state.store, selected.query, limit=_LATEST).items if may_read else None,
        neighbours=prepared.neighbours(grid.layer, grid.code),
        days=request.compared_days(request.view),
        gap=gap_words(selected.selection.shapes, request.view.language),
    )
    html = drawer_part(figures, request.view, state.rules)
    return HTMLResponse(html, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie"})
