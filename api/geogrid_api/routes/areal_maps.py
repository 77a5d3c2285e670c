"""Maps that colour areas: density, hot spots, rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from geogrid.services.areal import areal_table
from geogrid.stats.areas import AreaLevel
from geogrid.stats.classes import Method
from geogrid.stats.measures import Measure
from geogrid_api.actors import ANYBODY, MapViewerDep
from geogrid_api.deps import HouseDep, SnapshotDep, ViewDep
from geogrid_api.problems import DOORS, FIGURES_REFUSE, responses
from geogrid_api.routes.maps import Save, give, look
from geogrid_maps.density import density_question, draw_density
from geogrid_maps.hotspots import draw_hotspots, hotspots_question
from geogrid_maps.rates import draw_rates, rates_question
from geogrid_maps.view import Language

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.services.figures import Kpi
    from geogrid.stats.areal import AreaQuestion, AreaTable
    from geogrid.stats.areas import AreaSet
    from geogrid_maps.backdrop import Backdrop
    from geogrid_maps.frame import Drawing
    from geogrid_maps.view import View

router = APIRouter(prefix="/maps", tags=["maps 地图"])

_REFUSE = responses(*DOORS, *FIGURES_REFUSE)


class Painter:
    """What all maps by area are made from; for everybody's eyes they are coarse, see `GET /v1/areas/figures`."""

    def __init__(
        self,
        house: HouseDep,
        current: SnapshotDep,
        asked: ViewDep,
        viewer: MapViewerDep,
        by: AreaLevel = AreaLevel.GRID,
        measure: Measure = Measure.PER_KM2,
        classes: Method = Method.QUANTILES,
        lang: Language = Language.ZH,
    ) -> None:
        # Of bounds that somebody gives, a page has no field.
        method = Method.QUANTILES if classes is Method.FIXED else classes
        view = replace(asked, by=by, measure=measure, classes=method)
        self._house = house
        self._sight = look(house, current, view, viewer, lang)
        self._coarse = viewer is None

    def paint(self, question: Callable[[View], AreaQuestion]) -> Painted:
        """Return what a map is drawn from."""
        house, sight = self._house, self._sight
        asked = question(sight.view)
        # The form shows what the map does.
        view = replace(sight.view, by=asked.by, measure=asked.measure)
        days = (view.first, view.last)
        areas = sight.snapshot.areas
        table = areal_table(
            house.store, house.formulas, areas, sight.chosen, days, asked, coarse=self._coarse, overview=house.overview
        )
        kpi, _ = house.overview.count_by_grid(sight.chosen)
        return Painted(sight.backdrop, areas.level(asked.by), kpi, table, view)

    def page(
        self, question: Callable[[View], AreaQuestion], draw: Callable[..., Drawing], *, save: bool
    ) -> HTMLResponse:
        """Return a map as a page, or as a file."""
        found = self.paint(question)
        drawing = draw(found.backdrop, found.kpi, found.table, found.view, self._house.rules.categories)
        return give(self._house, drawing, save=save)


@dataclass(frozen=True, slots=True)
class Painted:
    """What a map of areas is drawn from."""

    backdrop: Backdrop
    areas: AreaSet
    kpi: Kpi
    table: AreaTable
    view: View


PainterDep = Annotated[Painter, Depends()]


@router.get("/density", response_class=HTMLResponse, responses=_REFUSE, openapi_extra=ANYBODY)
def density(painter: PainterDep, *, save: Save = False) -> HTMLResponse:
    """Colour grids, communities or streets by how much there is in them."""
    return painter.page(density_question, draw_density, save=save)


@router.get("/hotspots", response_class=HTMLResponse, responses=_REFUSE, openapi_extra=ANYBODY)
def hotspots(painter: PainterDep, *, save: Save = False) -> HTMLResponse:
    """Colour the grids that have more or less than chance would give them, with a list of the foremost."""
    return painter.page(hotspots_question, draw_hotspots, save=save)


@router.get("/rates", response_class=HTMLResponse, responses=_REFUSE, openapi_extra=ANYBODY)
def rates(painter: PainterDep, *, save: Save = False) -> HTMLResponse:
    """Colour areas by rates that are smoothed where few cases are behind them."""
    return painter.page(rates_question, draw_rates, save=save)
