"""Pages with maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from geogrid.errors import NotFoundError
from geogrid.incidents.filters import parse_moment
from geogrid.services.areal import areal_table
from geogrid.services.figures import newest_day
from geogrid.services.incidents import MAX_NUMBER
from geogrid.services.layers import list_versions
from geogrid.stats.areas import AreaLevel
from geogrid.stats.playback import Step
from geogrid_api.actors import ANYBODY, MapViewerDep
from geogrid_api.deps import Day, House, HouseDep, SnapshotDep, ViewDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.security import page_policy
from geogrid_maps.compare import draw_compare
from geogrid_maps.difference import difference_question, draw_difference
from geogrid_maps.explorer import draw_explorer
from geogrid_maps.frame import Drawing, as_file, as_page
from geogrid_maps.heatmap import draw_heatmap
from geogrid_maps.playback import draw_timeline
from geogrid_maps.view import Language, Show, View, compared

if TYPE_CHECKING:
    from geogrid.incidents.filters import IncidentFilter
    from geogrid.model import Actor
    from geogrid_api.snapshots import Snapshot
    from geogrid_maps.backdrop import Backdrop

STATIC = "/static"
AREAS = "/maps/areas"

Save = Annotated[bool, Query(description="As one file, which opens from disk with no network.")]

router = APIRouter(tags=["maps 地图"])


@router.get(
    "/maps/heatmap",
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def heatmap(
    house: HouseDep,
    current: SnapshotDep,
    asked: ViewDep,
    viewer: MapViewerDep,
    lang: Language = Language.ZH,
    *,
    save: Save = False,
) -> HTMLResponse:
    """Show where problems are dense, over the three layers of grids.

    Points are merged into cells of 0.001°, so the page shows no doorstep. Without a key or a login no cell has fewer
    than three incidents; with one the page counts what lies within its bounds. With `as_of` it draws the
    layers of that moment, and counts all incidents by them.
    """
    sight = look(house, current, asked, viewer, lang)
    found = house.overview.density(sight.chosen, coarse=viewer is None)
    return give(house, draw_heatmap(sight.backdrop, found, sight.view, house.rules.categories), save=save)


@router.get(
    "/maps/timeline",
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def timeline(
    house: HouseDep,
    current: SnapshotDep,
    asked: ViewDep,
    viewer: MapViewerDep,
    step: Step = Step.WEEK,
    lang: Language = Language.ZH,
    *,
    save: Save = False,
) -> HTMLResponse:
    """Show where problems are dense, picture by picture: by month, week, day, day of the week or hour of the day.

    As the heat map otherwise; for everybody's eyes no cell of any picture has fewer than three incidents.
    """
    sight = look(house, current, replace(asked, step=step), viewer, lang)
    found = house.overview.playback(sight.chosen, step, coarse=viewer is None)
    return give(house, draw_timeline(sight.backdrop, found, sight.view, house.rules.categories), save=save)


_OtherDay = Annotated[Day | None, Query(description="Of the period compared with; by default the one just before.")]
_OtherMoment = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Draw and count the other side by the layers of this moment.",
        examples=["2022-03-01"],
    ),
]


@router.get(
    "/maps/compare",
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def compare(
    house: HouseDep,
    current: SnapshotDep,
    asked: ViewDep,
    viewer: MapViewerDep,
    from2: _OtherDay = None,
    to2: _OtherDay = None,
    as_of2: _OtherMoment = None,
    show: Show = Show.SIDES,
    by: AreaLevel = AreaLevel.GRID,
    lang: Language = Language.ZH,
    *,
    save: Save = False,
) -> HTMLResponse:
    """Show two periods side by side, or how they differ; without a period, the newest month and that before it."""
    moment = parse_moment(as_of2) if as_of2 else None
    asked = replace(asked, other_first=from2, other_last=to2, other_as_of=moment, show=show, by=by)
    views = compared(asked, newest_day(house.store))
    before, later = (look(house, current, view, viewer, lang) for view in views)
    if show is Show.DIFFERENCE:
        return give(house, _difference(house, before, later, coarse=viewer is None), save=save)
    earlier, present = (house.overview.density(sight.chosen, coarse=viewer is None) for sight in (before, later))
    views = before.view, later.view
    backdrops = before.backdrop, later.backdrop
    return give(house, draw_compare(backdrops, (earlier, present), views, house.rules.categories), save=save)


def _difference(house: House, before: Sight, later: Sight, *, coarse: bool) -> Drawing:
    asked = difference_question(later.view)
    earlier, present = (
        areal_table(
            house.store,
            house.formulas,
            sight.snapshot.areas,
            sight.chosen,
            (sight.view.first, sight.view.last),
            asked,
            coarse=coarse,
        )
        for sight in (before, later)
    )
    kpi, _ = house.overview.count_by_grid(later.chosen)
    return draw_difference(later.backdrop, kpi, (earlier, present), (before.view, later.view), house.rules.categories)


@router.get(
    "/maps/explorer",
    response_class=HTMLResponse,
    responses=responses(*DOORS, *FIGURES_REFUSE),
    openapi_extra=ANYBODY,
)
def explorer(
    house: HouseDep,
    current: SnapshotDep,
    asked: ViewDep,
    viewer: MapViewerDep,
    lang: Language = Language.ZH,
    *,
    save: Save = False,
) -> HTMLResponse:
    """Show the layers, to be searched and clicked."""
    sight = look(house, current, asked, viewer, lang)
    found, counts = house.overview.count_by_grid(sight.chosen)
    return give(house, draw_explorer(sight.backdrop, found, counts, sight.view, house.rules.categories), save=save)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a request for a map is to see."""

    view: View
    chosen: IncidentFilter
    snapshot: Snapshot

    @property
    def backdrop(self) -> Backdrop:
        """What is drawn."""
        return self.snapshot.pages.backdrop


def look(house: House, current: Snapshot, asked: View, viewer: Actor | None, language: Language) -> Sight:
    """Return what somebody is to see: by the layers in force or those asked for, within their bounds."""
    view = replace(asked, language=language)
    snapshot = house.snapshots.at(view.as_of) if view.as_of else current
    chosen = view.filter(snapshot.generation.id if view.as_of else None)
    return Sight(view, replace(chosen, within=viewer.bounds if viewer else None), snapshot)


@router.get(AREAS + "/{generation:number}/{version}.js", include_in_schema=False)
def areas(
    house: HouseDep, generation: Annotated[int, Path(le=MAX_NUMBER)], version: str, *, other: bool = False
) -> Response:
    """Hand out the shapes that maps are drawn with; the address changes with them, so a browser keeps them for good."""
    backdrop = house.snapshots.of(generation).pages.backdrop
    if backdrop.version != version:
        raise NotFoundError("These are not the layers' shapes.", code="areas_unknown", remedy="Load the page again.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    script = backdrop.other_script if other else backdrop.script
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
def home() -> RedirectResponse:
    """Lead to the first page."""
    return RedirectResponse("/maps/heatmap")


def give(house: House, drawing: Drawing, *, save: bool) -> HTMLResponse:
    """Answer with a map: as a page of this service, or as a file that needs none."""
    return _file(drawing) if save else _page(house, drawing)


def _file(drawing: Drawing) -> HTMLResponse:
    html, _ = as_file(drawing)
    headers = {"Content-Disposition": f'attachment; filename="{drawing.scene.kind}.html"', "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _page(house: House, drawing: Drawing) -> HTMLResponse:
    backdrop = drawing.scene.backdrop
    html = as_page(
        drawing,
        newest=newest_day(house.store),
        versions=list_versions(house.store),
        static=STATIC,
        areas=_address(backdrop),
        other_areas=f"{_address(drawing.other)}?other=true" if drawing.other else "",
    )
    # The same address shows more to some: what is kept of it is for the one who asked.
    policy = page_policy(html, backdrop.base.origin if backdrop.base else "")
    return HTMLResponse(html, headers=policy | {"Cache-Control": "private, no-cache", "Vary": "Cookie"})


def _address(backdrop: Backdrop) -> str:
    return f"{AREAS}/{backdrop.generation.id}/{backdrop.version}.js"
