"""What a request for a map asks for, and what it finds: the same for a page, a sheet and a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query

from geogrid.constants import Language
from geogrid.local_time import parse_timestamp
from geogrid.services.area_figures import areal_table
from geogrid.services.figure_tables import FOLDED, By, Earlier, figure_table
from geogrid.services.figures import newest_day
from geogrid.services.layers import list_versions
from geogrid.stats.animation import TimeStep
from geogrid.stats.area_sets import AreaLevel
from geogrid.stats.class_breaks import Method
from geogrid.stats.measures import Measure
from geogrid.stats.periods import period_before
from geogrid_api.authentication import MapViewerDep
from geogrid_api.dependencies import Day, HouseDep, SnapshotDep, ViewDep
from geogrid_maps.difference import difference_question
from geogrid_maps.map_query import Show, View, compared, days_of
from geogrid_maps.page_context import PageContext
from geogrid_maps.ui_texts import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geogrid.incidents.query import IncidentQuery
    from geogrid.model import Category
    from geogrid.rules.formulas import Formulas
    from geogrid.services.animation import Playback
    from geogrid.services.figure_tables import FigureTable
    from geogrid.services.figures import Density, Kpi
    from geogrid.stats.area_table import AreaQuestion, AreaTable
    from geogrid_api.snapshots import Snapshot
    from geogrid_maps.district_shapes import DistrictShapes

    Categories = Mapping[str, Category]

_OtherDay = Annotated[
    Day | None, Query(description="Of the comparison: of the period compared with; by default the one just before.")
]
_OtherMoment = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Of the comparison: draw and count the other side by the layers of this moment.",
        examples=["2022-03-01"],
    ),
]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a map is to show: a view, by whose layers and within which bounds it is counted, and whether for a file."""

    view: View
    chosen: IncidentQuery
    snapshot: Snapshot
    for_file: bool

    @property
    def backdrop(self) -> DistrictShapes:
        """What is drawn."""
        pages = self.snapshot.pages
        return pages.plain if self.for_file else pages.backdrop


class MapRequest:
    """What a request asks of any map. Each takes what is asked of the others too, and keeps it in its links.

    Its methods return what a map is made from, in the order in which `geogrid_maps` takes it. They count what lies
    within the bounds of who asks; for everybody's eyes all of it is coarse.
    """

    def __init__(
        self,
        house: HouseDep,
        current: SnapshotDep,
        asked: ViewDep,
        viewer: MapViewerDep,
        step: Annotated[TimeStep, Query(description="Of the timeline: what a picture stands for.")] = TimeStep.WEEK,
        from2: _OtherDay = None,
        to2: _OtherDay = None,
        as_of2: _OtherMoment = None,
        show: Annotated[Show, Query(description="Of the comparison.")] = Show.SIDES,
        by: Annotated[AreaLevel, Query(description="Of maps by area: which areas.")] = AreaLevel.GRID,
        measure: Annotated[Measure, Query(description="Of maps by area: what is measured.")] = Measure.PER_KM2,
        rows: Annotated[By, Query(description="Of the table of figures: what its rows are.")] = By.STREET,
        classes: Annotated[Method, Query(description="Of maps by area.")] = Method.QUANTILES,
        lang: Language = Language.ZH,
        *,
        save: Annotated[bool, Query(description="Of a page: as one file that opens with no network.")] = False,
    ) -> None:
        self.house = house
        self.view = replace(
            asked,
            step=step,
            other_first=from2,
            other_last=to2,
            other_as_of=parse_timestamp(as_of2) if as_of2 else None,
            show=show,
            by=by,
            measure=measure,
            rows=rows if rows in ROWS else By.STREET,
            # Of bounds that somebody gives, a page has no field.
            classes=Method.QUANTILES if classes is Method.FIXED else classes,
            language=lang,
        )
        self.save = save
        self._current: Snapshot = current
        self._within = viewer.bounds if viewer else None
        self._coarse = viewer is None
        self._who = viewer.name if viewer else ""

    @property
    def categories(self) -> Categories:
        """The names of the categories."""
        return self.house.rules.categories

    def sight(self, view: View | None = None) -> Sight:
        """Return what is to be seen by a view, by default by the one that was asked for."""
        view = view or self.view
        snapshot = self.house.snapshots.at(view.as_of) if view.as_of else self._current
        chosen = view.filter(snapshot.generation.id if view.as_of else None)
        return Sight(view, replace(chosen, within=self._within), snapshot, self.save)

    def heatmap(self) -> tuple[DistrictShapes, Density, View, Categories]:
        """Return what the heat map is made from."""
        sight = self.sight()
        return sight.backdrop, self._density(sight), sight.view, self.categories

    def timeline(self) -> tuple[DistrictShapes, Playback, View, Categories]:
        """Return what the timeline is made from."""
        sight = self.sight()
        found = self.house.overview.playback(sight.chosen, sight.view.step, coarse=self._coarse)
        return sight.backdrop, found, sight.view, self.categories

    def explorer(self) -> tuple[DistrictShapes, Kpi, Mapping[str, int], View, Categories]:
        """Return what the explorer is made from."""
        sight = self.sight()
        kpi, by_grid = self.house.overview.count_by_grid(sight.chosen)
        return sight.backdrop, kpi, by_grid, sight.view, self.categories

    def figures(self) -> tuple[DistrictShapes, FigureTable, Formulas, View, Categories]:
        """Return what the table of figures is made from; its period is compared with the one before."""
        house = self.house
        first, last = days_of(self.view, newest_day(house.store))
        sight = self.sight(replace(self.view, first=first, last=last))
        view, days = sight.view, (first, last)
        compare = [] if view.rows in FOLDED else [Earlier.BEFORE]
        table = figure_table(house.store, house.formulas, sight.chosen, days, by=view.rows, compare=compare)
        return sight.backdrop, table, house.formulas, view, self.categories

    def before(self, view: View) -> int | None:
        """Return how many incidents there were in the period just before that of a view, or None if it has none."""
        if view.first is None or view.last is None:
            return None
        first, last = period_before(view.first, view.last)
        kpi, _ = self.house.overview.count_by_grid(self.sight(replace(view, first=first, last=last)).chosen)
        return kpi.received

    def offer(self) -> PageContext:
        """Return what the filters of a page offer."""
        return PageContext(newest_day(self.house.store), list_versions(self.house.store), self._who)

    def areal(
        self, question: Callable[[View], AreaQuestion]
    ) -> tuple[DistrictShapes, Kpi, AreaTable, View, Categories]:
        """Return what a map by area is made from."""
        sight = self.sight()
        asked = question(sight.view)
        kpi, _ = self.house.overview.count_by_grid(sight.chosen)
        # The form shows what the map does.
        view = replace(sight.view, by=asked.by, measure=asked.measure)
        return sight.backdrop, kpi, self._table(sight, asked), view, self.categories

    def sides(
        self,
    ) -> tuple[tuple[DistrictShapes, DistrictShapes], tuple[Density, Density], tuple[View, View], Categories]:
        """Return what two periods side by side are made from, the earlier first."""
        before, later = self._compared()
        found = self._density(before), self._density(later)
        return (before.backdrop, later.backdrop), found, (before.view, later.view), self.categories

    def difference(
        self,
    ) -> tuple[DistrictShapes, Kpi, tuple[AreaTable, AreaTable], tuple[View, View], Categories]:
        """Return what the difference of two periods is made from, the earlier first."""
        before, later = self._compared()
        asked = difference_question(later.view)
        tables = self._table(before, asked), self._table(later, asked)
        kpi, _ = self.house.overview.count_by_grid(later.chosen)
        return later.backdrop, kpi, tables, (before.view, later.view), self.categories

    def _compared(self) -> tuple[Sight, Sight]:
        before, later = compared(self.view, newest_day(self.house.store))
        return self.sight(before), self.sight(later)

    def _density(self, sight: Sight) -> Density:
        return self.house.overview.density(sight.chosen, coarse=self._coarse)

    def _table(self, sight: Sight, asked: AreaQuestion) -> AreaTable:
        house = self.house
        return areal_table(
            house.store,
            house.formulas,
            sight.backdrop.areas,
            sight.chosen,
            (sight.view.first, sight.view.last),
            asked,
            coarse=self._coarse,
            overview=house.overview,
        )


MapDep = Annotated[MapRequest, Depends()]
