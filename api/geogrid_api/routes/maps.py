"""Map pages, and the script with the shapes of a generation."""

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
from geogrid_maps.map_query import MapKind
from geogrid_maps.map_registry import MAPS, MapEntry
from geogrid_maps.page import Drawing, render_file, render_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid_maps.district_shapes import DistrictShapes

STATIC = "/static"
AREAS = "/maps/areas"

router = APIRouter(tags=["maps 地图"])

_PAGE: Final[dict[str, Any]] = {
    "response_class": HTMLResponse,
    "responses": responses(*DOORS, *FIGURES_REFUSE),
    "openapi_extra": ANYBODY,
}


def _page_route(entry: MapEntry[Any]) -> Callable[[MapRequest], HTMLResponse]:
    def show_map(request: MapDep) -> HTMLResponse:
        drawing = entry.draw(entry.gather(request, request.view))
        return _file_response(drawing) if request.save else _page_response(request, drawing)

    return show_map


for map_entry in MAPS.values():
    router.get(f"/maps/{map_entry.kind}", name=map_entry.kind.value, description=map_entry.description, **_PAGE)(
        _page_route(map_entry)
    )


@router.get(AREAS + "/{generation:number}/{version}.js", include_in_schema=False)
def areas(
    house: HouseDep, generation: Annotated[int, Path(le=MAX_ID)], version: str, *, other: bool = False
) -> Response:
    """Return the shapes of a generation as a script. Its URL changes with them, so browsers cache it for a year."""
    shapes = house.snapshots.of(generation).pages.backdrop
    if shapes.version != version:
        raise NotFoundError("There are no shapes of this version.", code="areas_unknown", remedy="Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = shapes.other_script if other else shapes.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
def home(actor: MaybeActorDep, lang: Language = Language.ZH) -> RedirectResponse:
    """Redirect users to their landing page, and anonymous users to the heat map."""
    path = landing_of(actor, lang) if actor else "/maps/heatmap"
    return RedirectResponse(path, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _file_response(drawing: Drawing) -> HTMLResponse:
    html, _ = render_file(drawing)
    name = f"{drawing.content.kind}.html"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _page_response(request: MapRequest, drawing: Drawing) -> HTMLResponse:
    content, other = drawing.content, drawing.other
    shapes = content.data.shapes
    html = render_page(
        drawing,
        context=request.context(),
        # The comparison shows its own change.
        before=None if content.kind is MapKind.COMPARE else request.received_before(content.data.view),
        static=STATIC,
        areas=_script_path(shapes),
        other_areas=f"{_script_path(other)}?other=true" if other else "",
    )
    # The content depends on the user, so shared caches must not keep it.
    policy = page_policy(html, shapes.base.origin if shapes.base else "")
    return HTMLResponse(html, headers=policy | {"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def _script_path(shapes: DistrictShapes) -> str:
    return f"{AREAS}/{shapes.generation.id}/{shapes.version}.js"
