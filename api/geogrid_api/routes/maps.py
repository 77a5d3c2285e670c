"""Pages with maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import NotFoundError
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, OptionalActorDep
from geogrid_api.landing_pages import landing_path
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.compare import draw_compare
from geogrid_maps.density import density_question, draw_density
from geogrid_maps.difference import draw_difference
from geogrid_maps.explorer import draw_explorer
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.hotspots import draw_hotspots, hotspots_question
from geogrid_maps.map_query import MapKind, Show
from geogrid_maps.page import Drawing, as_file, as_page
from geogrid_maps.rates import draw_rates, rates_question
from geogrid_maps.timeline_map import draw_timeline

if TYPE_CHECKING:
    from geogrid_maps.district_shapes import Backdrop

STATIC_PATH = "/static"
AREAS_PATH = "/maps/areas"

router = APIRouter(tags=["maps 地图"])

_PAGE: Final[dict[str, Any]] = {
    "response_class": HTMLResponse,
    "responses": problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    "openapi_extra": OPTIONAL_AUTH,
}


@router.get("/maps/heatmap", **_PAGE)
def show_heatmap(asked: MapDep) -> HTMLResponse:
    """Show where problems are dense, over the three layers of grids.

    Points are merged into cells of 0.001°, so the page shows no doorstep. Without a key or a login no cell has fewer
    than three incidents; with one the page counts what lies within its bounds. With `as_of` it draws the
    layers of that moment, and counts all incidents by them.
    """
    return _give(asked, draw_heatmap(*asked.heatmap()))


@router.get("/maps/timeline", **_PAGE)
def show_timeline(asked: MapDep) -> HTMLResponse:
    """Show where problems are dense, picture by picture: by month, week, day, day of the week or hour of the day.

    As the heat map otherwise; for everybody's eyes no cell of any picture has fewer than three incidents.
    """
    return _give(asked, draw_timeline(*asked.timeline()))


@router.get("/maps/compare", **_PAGE)
def show_comparison(asked: MapDep) -> HTMLResponse:
    """Show two periods side by side, or how they differ; without a period, the newest month and that before it."""
    if asked.view.show is Show.DIFFERENCE:
        return _give(asked, draw_difference(*asked.difference()))
    return _give(asked, draw_compare(*asked.sides()))


@router.get("/maps/explorer", **_PAGE)
def show_explorer(asked: MapDep) -> HTMLResponse:
    """Show the layers, to be searched and clicked."""
    return _give(asked, draw_explorer(*asked.explorer()))


@router.get("/maps/density", **_PAGE)
def show_density(asked: MapDep) -> HTMLResponse:
    """Colour grids, communities or streets by how much there is in them; see `GET /v1/areas/figures`."""
    return _give(asked, draw_density(*asked.areal(density_question)))


@router.get("/maps/hotspots", **_PAGE)
def show_hot_spots(asked: MapDep) -> HTMLResponse:
    """Colour the grids that have more or less than chance would give them, with a list of the foremost."""
    return _give(asked, draw_hotspots(*asked.areal(hotspots_question)))


@router.get("/maps/rates", **_PAGE)
def show_rates(asked: MapDep) -> HTMLResponse:
    """Colour areas by rates that are smoothed where few cases are behind them."""
    return _give(asked, draw_rates(*asked.areal(rates_question)))


@router.get(AREAS_PATH + "/{generation:number}/{version}.js", include_in_schema=False)
def read_areas_script(
    state: StateDep, generation: Annotated[int, Path(le=MAX_ID)], version: str, *, other: bool = False
) -> Response:
    """Hand out the shapes that maps are drawn with; the address changes with them, so a browser keeps them for good."""
    backdrop = state.snapshots.of(generation).page_data.backdrop
    if backdrop.version != version:
        raise NotFoundError("These are not the layers' shapes.", code="areas_unknown", remedy="Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = backdrop.other_script if other else backdrop.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
def redirect_to_landing_page(actor: OptionalActorDep, lang: Language = Language.ZH) -> RedirectResponse:
    """Lead to the landing page of the account that is logged in, and anonymous users to the heat map."""
    path = landing_path(actor, lang) if actor else "/maps/heatmap"
    return RedirectResponse(path, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _give(asked: MapRequest, drawing: Drawing) -> HTMLResponse:
    """Answer with a map: as a page of this service, or as a file that needs none."""
    return _file(drawing) if asked.save else _page(asked, drawing)


def _file(drawing: Drawing) -> HTMLResponse:
    html, _ = as_file(drawing)
    headers = {"Content-Disposition": f'attachment; filename="{drawing.scene.kind}.html"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _page(asked: MapRequest, drawing: Drawing) -> HTMLResponse:
    backdrop = drawing.scene.backdrop
    html = as_page(
        drawing,
        offer=asked.offer(),
        # A comparison tells its own change.
        before=None if drawing.scene.kind is MapKind.COMPARE else asked.before(drawing.scene.view),
        static=STATIC_PATH,
        areas=_address(backdrop),
        other_areas=f"{_address(drawing.other)}?other=true" if drawing.other else "",
    )
    # The same address shows more to some: what is kept of it is for the one who asked.
    policy = make_page_headers(html, backdrop.base.origin if backdrop.base else "")
    return HTMLResponse(html, headers=policy | {"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def _address(backdrop: Backdrop) -> str:
    return f"{AREAS_PATH}/{backdrop.generation.id}/{backdrop.version}.js"
