"""What the maps tell of a grid that is clicked."""

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
from geogrid.permissions import area_within_bounds, has_permission
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
class Clicked:
    """A grid of a map, with the incidents that the map shows in it."""

    snapshot: Snapshot
    owner: Owner
    chosen: IncidentQuery
    figures: FigureRow


def clicked(asked: MapDep, code: Annotated[str, Path(max_length=20)]) -> Clicked:
    """Find the grid that a request names, in the layers that its map draws.

    Raises
    ------
    NotFoundError
        If there is none of this code.
    """
    sight, house = asked.sight(), asked.house
    owner = sight.snapshot.locator.owners.get(code)
    if owner is None:
        raise NotFoundError("There is no grid of this code in the layers of the map.", field="code")
    chosen = replace(sight.chosen, grid=code)
    days = (sight.view.first, sight.view.last)
    compare = [Earlier.BEFORE] if all(days) else []
    table = figure_table(house.store, house.formulas, chosen, days, compare=compare)
    return Clicked(sight.snapshot, owner, chosen, table.total)


ClickedDep = Annotated[Clicked, Depends(clicked)]


@router.get(
    "/maps/grids/{code}.geojson",  # noqa: FAST003 - `clicked` takes it
    response_class=Response,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def download(clicked: ClickedDep) -> Response:
    """Give a grid as GeoJSON with its figures by the filters."""
    grid = clicked.owner.grid
    frame = clicked.snapshot.pages.frame(grid.layer)
    shape = frame.geometry[frame["code"] == grid.code].iloc[0]
    figures = {figure.code: figure.rate.value for figure in clicked.figures.figures}
    feature = {
        "type": "Feature",
        "id": grid.code,
        "properties": {
            **asdict(grid),
            "community": clicked.owner.community.name,
            "street": clicked.owner.street.name,
            **clicked.figures.counts,
            **figures,
            "generation": clicked.snapshot.generation.id,
            # Of the shape; how many of its incidents are made up has the same name.
            "synthetic": clicked.snapshot.generation.synthetic,
        },
        "geometry": shape.__geo_interface__,
    }
    headers = {"Content-Disposition": f'attachment; filename="{grid.code}.geojson"'}
    content = json.dumps(feature, ensure_ascii=False)
    return Response(content, media_type="application/geo+json", headers=headers)


@router.get(
    "/maps/grids/{code}",  # noqa: FAST003 - as above
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def drawer(asked: MapDep, viewer: MapViewerDep, clicked: ClickedDep) -> HTMLResponse:
    """Tell what the maps' drawer shows of a grid: names, people, figures by the filters, last incidents, neighbours.

    Persons are masked to those who may not read people; incidents are for those who may read them.
    """
    house, grid = asked.house, clicked.owner.grid
    pages = clicked.snapshot.pages
    posts = people_of(house.store, grid.layer, grid.code, datetime.now(LOCAL_ZONE).date())
    reads = (
        viewer is not None
        and has_permission(viewer, Permission.INCIDENTS_READ)
        and area_within_bounds(viewer.bounds, grid.code)
    )
    found = DrawerFigures(
        owner=clicked.owner,
        km2=pages.backdrop.km2[grid.code],
        synthetic=clicked.snapshot.generation.synthetic,
        figures=clicked.figures,
        posts=posts if sees_whole(viewer, grid.code) else [mask_post(post) for post in posts],
        latest=list_incidents(house.store, clicked.chosen, limit=_LATEST).items if reads else None,
        neighbours=pages.neighbours(grid.layer, grid.code),
    )
    html = drawer_part(found, asked.view, house.rules.categories)
    return HTMLResponse(html, headers={"Cache-Control": "private, no-cache", "Vary": "Cookie"})
