"""Pages with maps."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.errors import NotFoundError
from geogrid.model import IncidentStatus, Layer, Source
from geogrid.services.figures import density, newest_day
from geogrid_api.deps import CODE, Day, GridLayer, HouseDep, SnapshotDep
from geogrid_api.problems import responses
from geogrid_api.security import page_policy
from geogrid_maps.heatmap import heatmap_page
from geogrid_maps.view import Language, View

STATIC = "/static"
AREAS = "/maps/areas"

router = APIRouter(tags=["maps 地图"])


def chosen_view(
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
    category: Annotated[str | None, Query(max_length=20)] = None,
    status: IncidentStatus | None = None,
    source: Source | None = None,
    layer: GridLayer | None = None,
    street: Annotated[str | None, Query(pattern=CODE)] = None,
    community: Annotated[str | None, Query(pattern=CODE)] = None,
    lang: Language = Language.ZH,
) -> View:
    """Read a view from an address."""
    return View(
        first=first,
        last=last,
        category=category,
        status=status,
        source=source,
        layer=Layer(layer) if layer else None,
        street=street,
        community=community,
        language=lang,
    )


@router.get("/maps/heatmap", response_class=HTMLResponse, responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY))
def heatmap(house: HouseDep, snapshot: SnapshotDep, view: Annotated[View, Depends(chosen_view)]) -> HTMLResponse:
    """Show where problems are dense, over the three layers of grids.

    Points are merged into cells of 0.001°, so the page shows no doorstep and needs no key.
    """
    found = density(house.store, view.filter())
    backdrop = snapshot.pages.backdrop
    html = heatmap_page(
        backdrop,
        found,
        view,
        house.categories,
        newest=newest_day(house.store),
        static=STATIC,
        areas=f"{AREAS}/{backdrop.version}.js",
    )
    return HTMLResponse(html, headers=page_policy(html))


@router.get(AREAS + "/{version}.js", include_in_schema=False)
def areas(house: HouseDep, version: str) -> Response:
    """Hand out the shapes that maps are drawn with; the address changes with them, so a browser keeps them for good."""
    found = (snapshot.pages.backdrop for snapshot in house.snapshots.recent)
    backdrop = next((backdrop for backdrop in found if backdrop.version == version), None)
    if backdrop is None:
        raise NotFoundError("These are not the layers in force.", code="areas_unknown", remedy="Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(backdrop.script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """Lead to the first page."""
    return RedirectResponse("/maps/heatmap")
