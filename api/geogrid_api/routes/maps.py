"""Pages with maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import NotFoundError
from geogrid_api.authentication import ANYBODY, MaybeActorDep
from geogrid_api.dependencies import HouseDep
from geogrid_api.landing import landing_of
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.security_headers import page_policy
from geogrid_maps.area_map import DENSITY, HOTSPOTS, RATES
from geogrid_maps.compare import draw_compare
from geogrid_maps.difference import draw_difference
from geogrid_maps.explorer import draw_explorer
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.page import Drawing, render_file, render_page
from geogrid_maps.timeline_map import draw_timeline

if TYPE_CHECKING:
    from geogrid_maps.district_shapes import DistrictShapes

STATIC = "/static"
AREAS = "/maps/areas"

router = APIRouter(tags=["maps 地图"])

_PAGE: Final[dict[str, Any]] = {
    "response_class": HTMLResponse,
    "responses": responses(*DOORS, *FIGURES_REFUSE),
    "openapi_extra": ANYBODY,
}


@router.get("/maps/heatmap", **_PAGE)
def heatmap(asked: MapDep) -> HTMLResponse:
    """Show where problems are dense, over the three layers of grids.

    Points are merged into cells of 0.001°, so the page shows no doorstep. Without a key or a login no cell has fewer
    than three incidents; with one the page counts what lies within its bounds. With `as_of` it draws the
    layers of that moment, and counts all incidents by them.
    """
    return _give(asked, draw_heatmap(*asked.heatmap()))


@router.get("/maps/timeline", **_PAGE)
def timeline(asked: MapDep) -> HTMLResponse:
    """Show where problems are dense, picture by picture: by month, week, day, day of the week or hour of the day.

    As the heat map otherwise; for everybody's eyes no cell of any picture has fewer than three incidents.
    """
    return _give(asked, draw_timeline(*asked.timeline()))


@router.get("/maps/compare", **_PAGE)
def compare(asked: MapDep) -> HTMLResponse:
    """Show two periods side by side, or how they differ; without a period, the newest month and that before it."""
    if asked.view.show is Show.DIFFERENCE:
        return _give(asked, draw_difference(*asked.difference()))
    return _give(asked, draw_compare(*asked.sides()))


@router.get("/maps/explorer", **_PAGE)
def explorer(asked: MapDep) -> HTMLResponse:
    """Show the layers, to be searched and clicked."""
    return _give(asked, draw_explorer(*asked.explorer()))


@router.get("/maps/density", **_PAGE)
def density(asked: MapDep) -> HTMLResponse:
    """Colour grids, communities or streets by how much there is in them; see `GET /v1/areas/figures`."""
    return _give(asked, DENSITY.draw(*asked.areal(DENSITY.question)))


@router.get("/maps/hotspots", **_PAGE)
def hotspots(asked: MapDep) -> HTMLResponse:
    """Colour the grids that have more or less than chance would give them, with a list of the foremost."""
    return _give(asked, HOTSPOTS.draw(*asked.areal(HOTSPOTS.question)))


@router.get("/maps/rates", **_PAGE)
def rates(asked: MapDep) -> HTMLResponse:
    """Colour areas by rates that are smoothed where few cases are behind them."""
    return _give(asked, RATES.draw(*asked.areal(RATES.question)))


@router.get(AREAS + "/{generation:number}/{version}.js", include_in_schema=False)
def areas(
    house: HouseDep, generation: Annotated[int, Path(le=MAX_ID)], version: str, *, other: bool = False
) -> Response:
    """Hand out the shapes that maps are drawn with; the address changes with them, so a browser keeps them for good."""
    backdrop = house.snapshots.of(generation).pages.backdrop
    if backdrop.version != version:
        raise NotFoundError("These are not the layers' shapes.", code="areas_unknown", remedy="Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = backdrop.other_script if other else backdrop.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
def home(actor: MaybeActorDep, lang: Language = Language.ZH) -> RedirectResponse:
    """Lead to the landing page of the account that is logged in, and anonymous users to the heat map."""
    path = landing_of(actor, lang) if actor else "/maps/heatmap"
    return RedirectResponse(path, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _give(asked: MapRequest, drawing: Drawing) -> HTMLResponse:
    """Answer with a map: as a page of this service, or as a file that needs none."""
    return _file(drawing) if asked.save else _page(asked, drawing)


def _file(drawing: Drawing) -> HTMLResponse:
    html, _ = render_file(drawing)
    headers = {"Content-Disposition": f'attachment; filename="{drawing.scene.kind}.html"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _page(asked: MapRequest, drawing: Drawing) -> HTMLResponse:
    backdrop = drawing.scene.backdrop
    html = render_page(
        drawing,
        offer=asked.offer(),
        # A comparison tells its own change.
        before=None if drawing.scene.kind is MapKind.COMPARE else asked.before(drawing.scene.view),
        static=STATIC,
        areas=_address(backdrop),
        other_areas=f"{_address(drawing.other)}?other=true" if drawing.other else "",
    )
    # The same address shows more to some: what is kept of it is for the one who asked.
    policy = page_policy(html, backdrop.base.origin if backdrop.base else "")
    return HTMLResponse(html, headers=policy | {"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def _address(backdrop: DistrictShapes) -> str:
    return f"{AREAS}/{backdrop.generation.id}/{backdrop.version}.js"
