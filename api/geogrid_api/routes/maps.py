"""Pages with maps."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from geogrid.model import IncidentStatus, Layer, Source
from geogrid.services.figures import density
from geogrid_api.deps import CODE, Day, GridLayer, HouseDep
from geogrid_api.problems import responses
from geogrid_api.security import page_policy
from geogrid_maps.heatmap import heatmap_page
from geogrid_maps.view import Language, View

STATIC = "/static"

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
def heatmap(house: HouseDep, view: Annotated[View, Depends(chosen_view)]) -> HTMLResponse:
    """Show where problems are dense, over the three layers of grids.

    Points are merged into cells of 0.001°, so the page shows no doorstep and needs no key.
    """
    found = density(house.store, view.filter())
    html = heatmap_page(house.pages.backdrop, found, view, house.categories, static=STATIC)
    return HTMLResponse(html, headers=page_policy(html))


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """Lead to the first page."""
    return RedirectResponse("/maps/heatmap")
