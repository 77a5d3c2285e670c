"""Map pages, and the files that they load: shapes and base map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.constants import MAX_ID, Language
from geogrid.errors import NotFoundError
from geogrid.layers.export import ExportFormat
from geogrid_api.app_state import StateDep
from geogrid_api.authentication import OPTIONAL_AUTH, MapViewerDep, OptionalActorDep
from geogrid_api.conditional_responses import RevalidatedFile
from geogrid_api.map_requests import MapDep, MapRequest
from geogrid_api.page_access import landing_path
from geogrid_api.page_cache import PackedPage, pack_page
from geogrid_api.prepared_layers import ARCHIVE_PATH
from geogrid_api.problem_details import AUTH_ERRORS, FIGURE_ERRORS, problem_responses
from geogrid_api.security_headers import make_page_headers
from geogrid_maps.map_page import Drawing, render_file, render_page
from geogrid_maps.map_query import MapKind
from geogrid_maps.map_registry import MAPS, MapEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid_maps.district_shapes import DistrictShapes

STATIC_PATH = "/static"
AREAS_PATH = "/maps/areas"

router = APIRouter(tags=["maps 地图"])

_PAGE: Final[dict[str, Any]] = {
    "response_class": HTMLResponse,
    "responses": problem_responses(*AUTH_ERRORS, *FIGURE_ERRORS),
    "openapi_extra": OPTIONAL_AUTH,
}


def _page_route(entry: MapEntry[Any]) -> Callable[[MapRequest, Request], Response]:
    def show_map(request: MapDep, http_request: Request) -> Response:
        def draw() -> Drawing:
            return entry.draw(entry.gather(request, request.view))

        if request.save:
            return _file_response(draw())
        page = request.state.pages.get(request.page_key(entry.kind), lambda: _pack_page(request, draw()))
        return page.respond(http_request.headers)

    return show_map


for map_entry in MAPS.values():
    router.get(f"/maps/{map_entry.kind}", name=map_entry.kind.value, description=map_entry.description, **_PAGE)(
        _page_route(map_entry)
    )


@router.get(AREAS_PATH + "/{generation:id}/{version}.js", include_in_schema=False)
def read_areas_script(
    state: StateDep, generation: Annotated[int, Path(le=MAX_ID)], version: str, *, other: bool = False
) -> Response:
    """Return the script with the shapes of the layers. Its URL has a version, so browsers cache it permanently."""
    shapes = state.snapshots.of(generation).prepared.backdrop
    if shapes.version != version:
        raise NotFoundError(
            "The layers have no shapes of this version.", code="areas_unknown", remedy="Reload the page."
        )
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = shapes.other_script if other else shapes.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.head(ARCHIVE_PATH, include_in_schema=False)
@router.get(ARCHIVE_PATH, include_in_schema=False, openapi_extra=OPTIONAL_AUTH)
def read_base_map(state: StateDep, _viewer: MapViewerDep) -> RevalidatedFile:
    """Return the configured PMTiles archive; browsers read it with Range requests."""
    path = state.settings.tiles_pmtiles
    if path is None or not path.is_file():
        raise NotFoundError("No base map is configured.", code="base_unknown", remedy="Set GEOGRID_TILES_PMTILES.")
    # Caches must revalidate, so that a client never mixes parts of two archives.
    return RevalidatedFile(path, media_type=ExportFormat.PMTILES.media_type)


@router.get("/", include_in_schema=False)
def redirect_to_landing_page(actor: OptionalActorDep, lang: Language = Language.ZH) -> RedirectResponse:
    """Redirect to the landing page of the account, or an anonymous user to the heat map."""
    path = landing_path(actor, lang) if actor else "/maps/heatmap"
    return RedirectResponse(path, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _file_response(drawing: Drawing) -> HTMLResponse:
    html, _ = render_file(drawing)
    name = f"{drawing.content.kind}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _pack_page(request: MapRequest, drawing: Drawing) -> PackedPage:
    content, other = drawing.content, drawing.other
    shapes = content.data.shapes
    html = render_page(
        drawing,
        context=request.context(),
        # The comparison shows its own change.
        change=None
        if content.kind is MapKind.COMPARE
        else request.change_from_before(content.data.view, content.kpi.received),
        static=STATIC_PATH,
        areas=_script_path(shapes),
        other_areas=f"{_script_path(other)}?other=true" if other else "",
    )
    # The content depends on the user, so shared caches must not keep it.
    policy = make_page_headers(html, shapes.base.origin if shapes.base else "")
    return pack_page(html, policy | {"Cache-Control": "private, no-cache"})


def _script_path(shapes: DistrictShapes) -> str:
    return f"{AREAS_PATH}/{shapes.generation.id}/{shapes.version}.js"
