"""Details of a grid that a user selects on a map."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, Response

from geogrid.errors import NotFoundError
from geogrid.local_time import LOCAL_ZONE
from geogrid.model import Permission
from geogrid.permissions import covers_area, may
from geogrid.services.figure_tables import Earlier, FigureRow, figure_table
from geogrid.services.incidents import list_incidents
from geogrid.services.people import people_of
from geogrid_api.authentication import ANYBODY, MapViewerDep
from geogrid_api.map_requests import MapDep
from geogrid_api.people_masking import mask_post, sees_whole
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_maps.drawer import DrawerFigures, drawer_part

if TYPE_CHECKING:
    from geogrid.incidents.query import IncidentQuery
    from geogrid.locate.locator import Owner
    from geogrid_api.snapshots import Snapshot

router = APIRouter(tags=["maps 地图"])

_LATEST = 5


@dataclass(frozen=True, slots=True)
class SelectedGrid:
    """A grid that a user selected on a map, with the incidents that the map shows in it."""

    snapshot: Snapshot
    owner: Owner
    query: IncidentQuery
    figures: FigureRow


def selected_grid(request: MapDep, code: Annotated[str, Path(max_length=20)]) -> SelectedGrid:
    """Return the grid with this code in the generation that the map draws.

    Raises
    ------
    NotFoundError
        If no grid has this code.
    """
    view, house = request.view, request.house
    snapshot = request.snapshot(view)
    owner = snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("The generation of the map has no grid with this code.", field="code")
    query = replace(request.select(view).query, grid=code)
    days = (view.first, view.last)
    compare = [Earlier.BEFORE] if all(days) else []
    table = figure_table(house.store, house.formulas, query, days, compare=compare)
    return SelectedGrid(snapshot, owner, query, table.total)


SelectedGridDep = Annotated[SelectedGrid, Depends(selected_grid)]


@router.get(
    "/maps/grids/{code}.geojson",  # noqa: FAST003 - a parameter of `selected_grid`
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def download(selected: SelectedGridDep) -> Response:
    """Return a grid as GeoJSON with the figures of the filtered incidents."""
    grid = selected.owner.grid
    frame = selected.snapshot.pages.frame(grid.layer)
    shape = frame.geometry[frame["code"] == grid.code].iloc[0]
    figures = {figure.code: figure.rate.value for figure in selected.figures.figures}
    feature = {
        "type": "Feature",
        "id": grid.code,
        "properties": {
            **asdict(grid),
            "community": selected.owner.community.name,
            "street": selected.owner.street.name,
            **selected.figures.counts,
            **figures,
            "generation": selected.snapshot.generation.id,
            # Of the shape. It replaces the count of synthetic incidents, which has the same name.
            "synthetic": selected.snapshot.generation.synthetic,
        },
        "geometry": shape.__geo_interface__,
    }
    headers = {"Content-Disposition": f'attachment; filename="{grid.code}.geojson"'}
    content = json.dumps(feature, ensure_ascii=False)
    return Response(content, media_type="application/geo+json", headers=headers)


@router.get(
    "/maps/grids/{code}",  # noqa: FAST003 - a parameter of `selected_grid`
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def drawer(request: MapDep, viewer: MapViewerDep, selected: SelectedGridDep) -> HTMLResponse:
    """Return the details of a grid as HTML: names, people, figures, latest incidents, neighbours.

    Names of people are masked, and incidents left out, for users without the permission to read them.
    """
    house, grid = request.house, selected.owner.grid
    pages = selected.snapshot.pages
    posts = people_of(house.store, grid.layer, grid.code, datetime.now(LOCAL_ZONE).date())
    reads = viewer is not None and may(viewer, Permission.INCIDENTS_READ) and covers_area(viewer.bounds, grid.code)
    found = DrawerFigures(
        owner=selected.owner,
        km2=pages.backdrop.km2[grid.code],
        synthetic=selected.snapshot.generation.synthetic,
        figures=selected.figures,
        posts=posts if sees_whole(viewer, grid.code) else [mask_post(post) for post in posts],
        latest=list_incidents(house.store, selected.query, limit=_LATEST).items if reads else None,
        neighbours=pages.neighbours(grid.layer, grid.code),
    )
    html = drawer_part(found, request.view, house.rules.categories)
    return HTMLResponse(html, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie"})
