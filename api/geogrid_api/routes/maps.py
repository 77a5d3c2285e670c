"""Map pages, and the files that they load: shapes and base map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import NotFoundError
from geogrid.layers.export import ExportFormat
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, MapViewerDep, OptionalActorDep
from geogrid_api.landing_pages import landing_path
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.page_data import ARCHIVE_PATH
from geogrid_api.problems import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.security_headers import make_page_headers
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

STATIC_PATH = "/static"
AREAS_PATH = "/maps/areas"

router = APIRouter(tags=["maps 地图"])

_PAGE: Final[dict[str, Any]] = {
    "response_class": HTMLResponse,
    "responses": problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    "openapi_extra": OPTIONAL_AUTH,
}


@router.get("/maps/heatmap", **_PAGE)
def show_heatmap(request: MapDep) -> HTMLResponse:
    """Show a heat map of the incidents over the three grid layers.

    Points are aggregated to 0.001° cells. Anonymous users see only cells with at least three incidents; other users see
    the incidents within their bounds. `as_of` selects the generation active at that time.
    """
    return _respond(request, draw_heatmap(*request.heatmap()))


@router.get("/maps/timeline", **_PAGE)
def show_timeline(request: MapDep) -> HTMLResponse:
    """Show an animated heat map by month, week, day, weekday or hour of the day.

    Anonymous users see only cells with at least three incidents in a frame.
    """
    return _respond(request, draw_timeline(*request.timeline()))


@router.get("/maps/compare", **_PAGE)
def show_comparison(request: MapDep) -> HTMLResponse:
    """Show two periods side by side or their difference; by default the newest month and the month before."""
    if request.view.show is Show.DIFFERENCE:
        return _respond(request, draw_difference(*request.difference()))
    return _respond(request, draw_compare(*request.sides()))


@router.get("/maps/explorer", **_PAGE)
def show_explorer(request: MapDep) -> HTMLResponse:
    """Show the layers, with search and details of grids."""
    return _respond(request, draw_explorer(*request.explorer()))


@router.get("/maps/density", **_PAGE)
def show_density(request: MapDep) -> HTMLResponse:
    """Show a choropleth map of grids, communities or streets; see `GET /v1/areas/figures`."""
    return _respond(request, DENSITY.draw(*request.areal(DENSITY.question)))


@router.get("/maps/hotspots", **_PAGE)
def show_hot_spots(request: MapDep) -> HTMLResponse:
    """Show the hot spots and cold spots among the grids, with a ranking; see `GET /v1/areas/hotspots`."""
    return _respond(request, HOTSPOTS.draw(*request.areal(HOTSPOTS.question)))


@router.get("/maps/rates", **_PAGE)
def show_rates(request: MapDep) -> HTMLResponse:
    """Show a choropleth map of smoothed rates; see `GET /v1/areas/rates`."""
    return _respond(request, RATES.draw(*request.areal(RATES.question)))


@router.get(AREAS_PATH + "/{generation:id}/{version}.js", include_in_schema=False)
def read_areas_script(
    state: StateDep, generation: Annotated[int, Path(le=MAX_ID)], version: str, *, other: bool = False
) -> Response:
    """Return the script with the shapes of the layers. Its URL has a version, so browsers cache it permanently."""
    backdrop = state.snapshots.of(generation).page_data.backdrop
    if backdrop.version != version:
        raise NotFoundError(
            "The layers have no shapes of this version.", code="areas_unknown", remedy="Reload the page."
        )
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = backdrop.other_script if other else backdrop.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get(ARCHIVE_PATH, include_in_schema=False, openapi_extra=OPTIONAL_AUTH)
def read_base_map(state: StateDep, _viewer: MapViewerDep) -> FileResponse:
    """Return the configured PMTiles archive; browsers read it with Range requests."""
    path = state.settings.tiles_pmtiles
    if path is None or not path.is_file():
        raise NotFoundError("No base map is configured.", code="base_unknown", remedy="Set GEOGRID_TILES_PMTILES.")
    # Caches must revalidate, so that a client never mixes parts of two archives.
    return FileResponse(path, media_type=ExportFormat.PMTILES.media_type, headers={"Cache-Control": "no-cache"})


@router.get("/", include_in_schema=False)
def redirect_to_landing_page(actor: OptionalActorDep, lang: Language = Language.ZH) -> RedirectResponse:
    """Redirect to the landing page of the account, or an anonymous user to the heat map."""
    path = landing_path(actor, lang) if actor else "/maps/heatmap"
    return RedirectResponse(path, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _respond(request: MapRequest, drawing: Drawing) -> HTMLResponse:
    """Return a map as a page of this service, or as a file for offline use."""
    return _file_response(drawing) if request.save else _page_response(request, drawing)


def _file_response(drawing: Drawing) -> HTMLResponse:
    html, _ = render_file(drawing)
    headers = {"Content-Disposition": f'attachment; filename="{drawing.scene.kind}.html"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _page_response(request: MapRequest, drawing: Drawing) -> HTMLResponse:
    backdrop = drawing.scene.backdrop
    html = render_page(
        drawing,
        offer=request.offer(),
        # The comparison map shows the change itself.
        before=None if drawing.scene.kind is MapKind.COMPARE else request.before(drawing.scene.view),
        static=STATIC_PATH,
        areas=_areas_path(backdrop),
        other_areas=f"{_areas_path(drawing.other)}?other=true" if drawing.other else "",
    )
    # The page depends on the user, so shared caches must not store it.
    policy = make_page_headers(html, backdrop.base.origin if backdrop.base else "")
    return HTMLResponse(html, headers=policy | {"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def _areas_path(backdrop: DistrictShapes) -> str:
    return f"{AREAS_PATH}/{backdrop.generation.id}/{backdrop.version}.js"
